"""What a packed row must look like, without a server."""

import struct

import pyarrow as pa
import pytest

from connectors.errors import StoreDataCorrupt
from connectors.postgres.packed import packing
from connectors.spi import Column, Fragment, Table
from tests.services.fragments import fragment

COLUMNS = (
    Column("id", "INTEGER", native="integer"),
    Column("word", "VARCHAR", native="text"),
    Column("amount", "DECIMAL(9,2)", native="numeric(9,2)"),
)
WHOLE = "SELECT t.id, t.word, t.amount FROM large AS t"


def selecting(text: str = WHOLE, *more: Column) -> Fragment:
    return fragment(text, {"t": Table("large", (*COLUMNS, *more))})


def sent(count: int, ids: bytes | None, words: bytes | None, amounts: str | None) -> pa.RecordBatch:
    """A row as a table without NULL is packed."""
    arrays = [pa.array([count]), pa.array([ids], pa.binary()), pa.array([words], pa.binary()), pa.array([amounts])]
    return pa.record_batch([*arrays[:3], arrays[3].cast(pa.utf8())], names=["n", "a", "b", "c"])


def unpacked(batch: pa.RecordBatch) -> list[dict[str, object]]:
    made = packing(selecting(), {"id", "word", "amount"})
    assert made is not None
    return [
        dict(zip(("id", "word", "amount"), row.values(), strict=True))
        for part in made.unpack(batch)
        for row in part.to_pylist()
    ]


def test_values_stand_end_to_end() -> None:
    found = unpacked(sent(2, struct.pack(">ii", -1, 7), b"\0b", "0.10,-3.00"))
    assert found == [{"id": -1, "word": "", "amount": "0.10"}, {"id": 7, "word": "b", "amount": "-3.00"}]


def test_a_packed_row_of_no_rows_is_none() -> None:
    assert unpacked(sent(0, None, None, None)) == []


@pytest.mark.parametrize(
    "batch",
    [
        sent(2, struct.pack(">i", 1), b"a\0b", "1.00,2.00"),
        sent(2, struct.pack(">iii", 1, 2, 3), b"a\0b", "1.00,2.00"),
        sent(2, struct.pack(">ii", 1, 2), b"a", "1.00,2.00"),
        sent(2, struct.pack(">ii", 1, 2), b"a\0b\0c", "1.00,2.00"),
        sent(2, struct.pack(">ii", 1, 2), b"a\0b", "1.00"),
        sent(2, struct.pack(">ii", 1, 2), None, "1.00,2.00"),
        sent(2, None, b"a\0b", "1.00,2.00"),
    ],
)
def test_columns_of_different_lengths_are_refused(batch: pa.RecordBatch) -> None:
    with pytest.raises(StoreDataCorrupt):
        unpacked(batch)


def test_a_column_is_marked_only_where_it_may_hold_null() -> None:
    bare, marked = packing(selecting(), {"id", "word", "amount"}), packing(selecting(), set())
    assert bare is not None
    assert marked is not None
    assert "coalesce" not in bare.outputs
    assert marked.outputs.count("coalesce") == 3


def test_what_is_computed_may_hold_null() -> None:
    made = packing(fragment("SELECT t.id + 1 AS n FROM large AS t", {"t": Table("large", COLUMNS)}, COLUMNS[0]), {"id"})
    assert made is not None
    assert "coalesce" in made.outputs


@pytest.mark.parametrize("kind", ["BLOB", "INTERVAL", "INTEGER[]"])
def test_other_types_are_not_packed(kind: str) -> None:
    assert packing(selecting("SELECT t.id, t.x FROM large AS t", Column("x", kind)), {"id"}) is None
