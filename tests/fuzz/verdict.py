"""Whether two answers to one question are the same, as far as the question decides them."""

import re

import pyarrow as pa

from tests.fuzz.grammar import Question

# Zeros of both signs are equal to GROUP BY, DISTINCT, min() and the like, and either may stand for both.
_REPRESENTED = re.compile(r"\b(GROUP|DISTINCT|min|max|UNION|INTERSECT|EXCEPT|greatest|least|ORDER)\b")


def difference(question: Question, found: pa.Table, expected: pa.Table) -> str:
    """What differs, in a few words; empty when nothing does."""
    if found.schema.types != expected.schema.types:
        return f"types {found.schema.types} instead of {expected.schema.types}"
    if found.num_rows != expected.num_rows:
        return f"{found.num_rows} rows instead of {expected.num_rows}"
    if found.equals(expected) and not any(map(pa.types.is_floating, found.schema.types)):
        return ""  # to Arrow, zeros of both signs are equal
    left, right = _rows(question, found), _rows(question, expected)
    if question.keys and _keys(question, left) != _keys(question, right):
        return "the order"
    if not (question.limited and len(question.keys) < found.num_columns) and sorted(left) != sorted(right):
        return "the rows"
    return ""


def _rows(question: Question, table: pa.Table) -> list[list[str]]:
    columns = [list(map(repr, _values(column))) for column in table.columns]
    if _REPRESENTED.search(question.sql):
        columns = [["0.0" if value == "-0.0" else value for value in column] for column in columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[object]:
    """Dates and times as numbers: Python has no infinite ones."""
    kind = column.type
    if pa.types.is_date32(kind):
        return column.cast(pa.int32()).to_pylist()
    return column.cast(pa.int64()).to_pylist() if pa.types.is_timestamp(kind) else column.to_pylist()


def _keys(question: Question, rows: list[list[str]]) -> list[list[str]]:
    return [[row[key] for key in question.keys] for row in rows]
