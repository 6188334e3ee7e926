"""Fragments from DuckDB text, for tests only: in the gateway the planner makes them from trees."""

from collections.abc import Mapping

import duckdb
import sqlglot
from sqlglot import exp

from connectors.spi import Column, Fragment, Table
from connectors.testing.typing import annotate
from connectors.vocabulary.dialect import COUNTED


def fragment(sql: str, tables: Mapping[str, Table], con: duckdb.DuckDBPyConnection | None = None) -> Fragment:
    """The fragment of one query in DuckDB's dialect, typed by DuckDB itself.

    Every table in it must be a key of ``tables``; every source needs an alias of its own, and every column must be
    qualified by one. ``con`` may be a database that has the tables already. Raises ValueError for any other text.
    """
    query = sqlglot.parse_one(sql, read=COUNTED)  # noqa: TID251  (the kit is the other place where text is parsed)
    if not isinstance(query, exp.Query):
        raise ValueError("a fragment is one query")
    for kind in query.find_all(exp.DataType):
        if kind.this is exp.DType.TIMESTAMPNTZ:  # how sqlglot reads DuckDB's TIMESTAMP; fragments call it TIMESTAMP
            kind.set("this", exp.DType.TIMESTAMP)
    for node in list(query.find_all(exp.Like, exp.ILike)):
        if node.args.get("negate"):  # sqlglot's spelling of NOT LIKE; fragments say it in two words
            node.set("negate", None)
            node.replace(exp.Not(this=exp.Paren(this=node.copy())))
    used = _named(query, tables)
    if isinstance(query, exp.Select):
        outputs = [exp.alias_(node.unalias(), node.alias_or_name, quoted=True) for node in query.expressions]
        query.set("expressions", outputs)
    if con is not None:
        return _made(query, used, con)
    with duckdb.connect() as own:
        declare(dict(used), own)
        return _made(query, used, own)


def _named(query: exp.Query, tables: Mapping[str, Table]) -> list[tuple[str, Table]]:
    """The tables by alias; in the query they then have the names the store knows."""
    used: list[tuple[str, Table]] = []
    for node in query.find_all(exp.Table):
        table = tables[node.name]
        used.append((node.alias, table))
        node.set("this", exp.to_identifier(table.name, quoted=True))
    sources = [node.alias for node in query.find_all(exp.Subquery) if isinstance(node.parent, (exp.From, exp.Join))]
    aliases = [alias.lower() for alias in [*(alias for alias, _ in used), *sources]]
    if not all(aliases) or len(set(aliases)) < len(aliases):
        raise ValueError("every source needs an alias of its own")
    ordering = {id(column) for order in query.find_all(exp.Order) for column in order.find_all(exp.Column)}
    if not all(column.table or id(column) in ordering for column in query.find_all(exp.Column)):
        raise ValueError("every column needs to be qualified by an alias")
    return used


def _made(query: exp.Query, used: list[tuple[str, Table]], con: duckdb.DuckDBPyConnection) -> Fragment:
    text = query.sql(COUNTED, identify=True, comments=False)
    try:
        told = con.execute(f"DESCRIBE {text}").fetchall()
        annotate(query, dict(used), con)
    except duckdb.Error as problem:
        raise ValueError("DuckDB does not accept the query") from problem
    return Fragment(query, text, tuple(used), tuple(Column(name, type_name) for name, type_name, *_ in told))


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def declare(tables: Mapping[str, Table], con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables, empty, under the store's names for them."""
    for table in {table.name: table for table in tables.values()}.values():
        declared = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
        con.execute(f"CREATE TABLE {quoted(table.name)} ({declared})")
