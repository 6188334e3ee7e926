"""Every computed node of a fragment gets the DuckDB type of its value, as the planner would write it down."""

from collections.abc import Callable, Hashable, Mapping

import duckdb
from sqlglot import exp

from connectors.spi import Table
from connectors.typed import Types
from connectors.vocabulary import aggregate, operation
from connectors.vocabulary.dialect import COUNTED


def annotate(query: exp.Query, tables: Mapping[str, Table], con: duckdb.DuckDBPyConnection) -> None:
    """Write ``meta["type"]`` throughout. ``con`` has the tables under the store's names for them."""
    sources = _Sources(query, tables, con)
    types = Types(sources.column, sources.ask, lambda node: node.sql(COUNTED))
    for node in query.walk():
        if _is_computed(node):
            node.meta["type"] = types.of(node)


def _is_computed(node: exp.Expr) -> bool:
    if isinstance(node, (exp.Case, exp.Filter, exp.Window)):
        return True
    if isinstance(node, exp.Cast):
        return not isinstance(node.this, (exp.Literal, exp.Neg, exp.Null))
    return operation(node) is not None or aggregate(node) is not None


_KNOWN: dict[tuple[Hashable, tuple[str, ...]], str] = {}


class _Sources:
    """What an alias gives out, asked of DuckDB."""

    def __init__(self, query: exp.Query, tables: Mapping[str, Table], con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.tables = {alias.lower(): table for alias, table in tables.items()}
        read = [node for node in query.find_all(exp.Subquery) if isinstance(node.parent, (exp.From, exp.Join))]
        self.derived = {node.alias.lower(): node.this for node in read}
        self._columns: dict[str, dict[str, str]] = {}

    def column(self, node: exp.Column) -> str:
        """The type of a column. Raises ValueError for an alias or a name nobody knows."""
        alias = node.table.lower()
        if alias not in self._columns:
            self._columns[alias] = self._given(alias)
        if node.name.lower() not in self._columns[alias]:
            raise ValueError("a column that no source gives out")
        return self._columns[alias][node.name.lower()]

    def _given(self, alias: str) -> dict[str, str]:
        if alias in self.tables:
            return {column.name.lower(): column.type for column in self.tables[alias].columns}
        if alias not in self.derived:
            raise ValueError("a column of an unknown source")
        text = self.derived[alias].sql(COUNTED, identify=True, comments=False)
        return {name.lower(): type_name for name, type_name, *_ in self.con.execute(f"DESCRIBE {text}").fetchall()}

    def ask(self, key: Hashable, text: Callable[[], str], types: tuple[str, ...]) -> str:
        """See :data:`connectors.typed.Ask`."""
        if (key, types) not in _KNOWN:
            _KNOWN[key, types] = self._asked(text(), types)
        return _KNOWN[key, types]

    def _asked(self, text: str, types: tuple[str, ...]) -> str:
        given = ", ".join(f"CAST(NULL AS {name}) AS x{number}" for number, name in enumerate(types)) or "1 AS x"
        try:
            told = self.con.execute(f"DESCRIBE SELECT {text} AS it FROM (SELECT {given})").fetchall()
        except duckdb.Error as problem:
            raise ValueError("DuckDB does not accept an operation") from problem
        return str(told[0][1])
