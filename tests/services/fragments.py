"""Fragments written as DuckDB text, for tests of connectors that compute."""

from collections.abc import Mapping

import duckdb
import sqlglot
from sqlglot import exp

from connectors.spi import Column, Fragment, Table
from connectors.testing.fragments import declare
from connectors.testing.typing import annotate


def fragment(sql: str, tables: Mapping[str, Table], *columns: Column) -> Fragment:
    """A fragment of ``sql``; ``tables`` maps its aliases. Without ``columns`` every output must be a plain column."""
    query = sqlglot.parse_one(sql, dialect="duckdb")
    assert isinstance(query, exp.Query)
    with duckdb.connect() as con:
        declare(tables, con)
        annotate(query, tables, con)
    outputs = columns or tuple(_output(node, tables) for node in query.selects)
    return Fragment(query, query.sql("duckdb"), tuple(tables.items()), outputs)


def _output(node: exp.Expr, tables: Mapping[str, Table]) -> Column:
    source = node.unalias()
    column = tables[source.table].column(source.name)
    assert column is not None
    return Column(node.alias_or_name, column.type, column.nullable)
