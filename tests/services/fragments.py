"""Fragments written as DuckDB text, for tests of connectors that compute."""

from collections.abc import Mapping

import sqlglot

from connectors.spi import Column, Fragment, Table


def fragment(sql: str, tables: Mapping[str, Table], *columns: Column) -> Fragment:
    """A fragment of ``sql``; ``tables`` maps its aliases. Without ``columns`` every output must be a plain column."""
    query = sqlglot.parse_one(sql, dialect="duckdb")
    assert isinstance(query, sqlglot.exp.Select)
    outputs = columns or tuple(_output(node, tables) for node in query.expressions)
    return Fragment(query, query.sql("duckdb"), tuple(tables.items()), outputs)


def _output(node: sqlglot.exp.Expr, tables: Mapping[str, Table]) -> Column:
    source = node.unalias()
    column = tables[source.table].column(source.name)
    assert column is not None
    return Column(node.alias_or_name, column.type, column.nullable)
