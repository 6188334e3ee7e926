"""Keys are sent whole or not at all: of a part of them, a store would leave out rows that belong to the answer."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from gateway.keying import collect
from gateway.planner.plan import Keys


@pytest.fixture
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def wanted(*values: str, limit: int = 3) -> Keys:
    listed = ", ".join(f"(TRY_CAST({value} AS INTEGER))" for value in values)
    return Keys("f0", "k", "f1", "n", f"SELECT * FROM (VALUES {listed}) AS t(k)", limit=limit)


def test_as_many_as_are_allowed_are_sent(cursor: duckdb.DuckDBPyConnection) -> None:
    hints, told = collect(cursor, [wanted("7", "8", "9")])
    assert hints.keys == {"k": pa.array([7, 8, 9], pa.int32())}
    assert told == ("k: 3 keys of f1.n",)


@pytest.mark.parametrize("values", [("6", "7", "8", "9"), ("5000000000", "6", "7", "8", "9")])
def test_more_are_not_cut_off(cursor: duckdb.DuckDBPyConnection, values: tuple[str, ...]) -> None:
    """What the other column's type cannot hold has become NULL: it stands in for one that was cut off."""
    hints, told = collect(cursor, [wanted(*values)])
    assert hints.keys == {}
    assert told == ("k: f1.n has more than 3 keys",)


def test_what_the_other_column_cannot_hold_is_no_key(cursor: duckdb.DuckDBPyConnection) -> None:
    hints, told = collect(cursor, [wanted("5000000000", "7")])
    assert hints.keys == {"k": pa.array([7], pa.int32())}
    assert told == ("k: 1 keys of f1.n",)


def test_what_cannot_be_told_beforehand_is_not_sent(cursor: duckdb.DuckDBPyConnection) -> None:
    hints, told = collect(cursor, [Keys("f0", "k", "f1", "n", "SELECT n FROM f1", limit=3)])
    assert hints.keys == {}
    assert told == ("k: the keys of f1.n cannot be told beforehand",)
