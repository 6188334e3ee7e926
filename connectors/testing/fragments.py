"""Fragments from DuckDB text, for tests only: in the gateway the planner makes them from trees."""

from collections.abc import Mapping

import duckdb
import sqlglot
from sqlglot import exp

from connectors.spi import Column, Fragment, Table


def fragment(sql: str, tables: Mapping[str, Table], con: duckdb.DuckDBPyConnection | None = None) -> Fragment:
    """The fragment of one SELECT in DuckDB's dialect, typed by DuckDB itself.

    Every name in FROM must be a key of ``tables`` and have an alias; every column must be qualified by an alias.
    ``con`` may be a database that has the tables already. Raises ValueError for any other text.
    """
    query = sqlglot.parse_one(sql, read="duckdb")  # noqa: TID251  (the kit is the other place where text is parsed)
    if not isinstance(query, exp.Select):
        raise ValueError("a fragment is one SELECT")
    for kind in query.find_all(exp.DataType):
        if kind.this is exp.DType.TIMESTAMPNTZ:  # how sqlglot reads DuckDB's TIMESTAMP; fragments call it TIMESTAMP
            kind.set("this", exp.DType.TIMESTAMP)
    used: list[tuple[str, Table]] = []
    for node in query.find_all(exp.Table):
        table = tables[node.name]
        used.append((node.alias, table))
        node.set("this", exp.to_identifier(table.name, quoted=True))
    if not all(alias for alias, _ in used) or not all(column.table for column in query.find_all(exp.Column)):
        raise ValueError("every table needs an alias, and every column needs to be qualified by one")
    outputs = [exp.alias_(node.unalias(), node.alias_or_name, quoted=True) for node in query.expressions]
    query.set("expressions", outputs)
    text = query.sql("duckdb", identify=True, comments=False)
    columns = _described(text, con) if con else _declared_and_described(text, dict(used))
    return Fragment(query, text, tuple(used), columns)


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _described(text: str, con: duckdb.DuckDBPyConnection) -> tuple[Column, ...]:
    return tuple(Column(name, type_name) for name, type_name, *_ in con.execute(f"DESCRIBE {text}").fetchall())


def _declared_and_described(text: str, tables: Mapping[str, Table]) -> tuple[Column, ...]:
    with duckdb.connect() as con:
        for table in {table.name: table for table in tables.values()}.values():
            declared = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
            con.execute(f"CREATE TABLE {quoted(table.name)} ({declared})")
        return _described(text, con)
