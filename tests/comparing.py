"""Comparing two answers as DuckDB's rules allow: rows as a multiset, unless the question orders them."""

import pyarrow as pa


def bag(table: pa.Table) -> list[str]:
    """The rows in an order of their own, each as text that tells 1 from 1.0 and NULL from 'None'."""
    return sorted(repr(tuple(row)) for row in zip(*(column.to_pylist() for column in table.columns), strict=True))


def assert_same(left: pa.Table, right: pa.Table, *, ordered: bool, told: str) -> None:
    """The same types, and the same rows, in the same order where ``ordered``."""
    assert left.schema.equals(right.schema), f"{told}\n{left.schema}\n{right.schema}"
    if ordered:
        assert [column.to_pylist() for column in left.columns] == [column.to_pylist() for column in right.columns], told
    assert bag(left) == bag(right), told
