"""Writes, cuts and joins the Parquet files of a topic. Files are written once and never changed."""

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.errors import StoreChanged
from connectors.files import PinnedFile
from connectors.kafka.manifest import Segment

ROW_GROUP = 122_880
SMALL_BYTES = 2 * 1024 * 1024
LONGEST_INTEGER = 18
"""Digits of a decimal that Parquet can hold in an integer."""


def write(directory: Path, table: pa.Table, partition: int, start: int, end: int) -> Segment:
    """A new segment of rows that are in order of offset, durable when this returns."""
    path = directory / f"p{partition}-{start}-{end}-{uuid4().hex[:12]}.parquet"
    with path.open("wb") as file:
        pq.write_table(table, file, row_group_size=ROW_GROUP, **_encodings(table.schema))
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    return Segment(path.name, partition, start, end, table.num_rows, size)


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    """How values are laid out: numbers as differences, which are quicker to write and to scan than they are plain."""
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "store_decimal_as_integer": True,
        "column_encoding": {field.name: "DELTA_BINARY_PACKED" for field in schema if _is_stored_as_integer(field.type)},
    }


def _is_stored_as_integer(kind: pa.DataType) -> bool:
    if pa.types.is_decimal(kind):
        return bool(kind.precision <= LONGEST_INTEGER)
    return bool(pa.types.is_integer(kind) or pa.types.is_temporal(kind))


def read(directory: Path, segment: Segment) -> pa.Table:
    """All rows of a segment."""
    return pq.read_table(directory / segment.file, partitioning=None)


def append(
    directory: Path, held: tuple[Segment, ...], table: pa.Table, partition: int, start: int, end: int
) -> tuple[Segment, ...]:
    """The segments of a partition with new rows of [start, end) behind them.

    Small segments at the tail are rewritten together with the new rows, so that many small queries leave few files:
    a segment is taken in only when it is at most twice as large, and so each row is rewritten a few times at most.
    """
    kept = list(held)
    while kept and _is_small(kept[-1]) and kept[-1].rows <= 2 * table.num_rows:
        last = kept.pop()
        table, start = pa.concat_tables([read(directory, last), table]), last.start
    return (*kept, write(directory, table, partition, start, end))


def _is_small(segment: Segment) -> bool:
    return segment.rows < ROW_GROUP and segment.bytes < SMALL_BYTES


def cut(directory: Path, held: tuple[Segment, ...], low: int) -> tuple[Segment, ...]:
    """The segments of a partition without the records below ``low``."""
    kept = []
    for segment in held:
        if segment.start >= low:
            kept.append(segment)
        elif segment.end > low:
            table = read(directory, segment)
            table = table.filter(pc.greater_equal(table.column("_offset"), low))
            if table.num_rows:
                kept.append(write(directory, table, segment.partition, low, segment.end))
    return tuple(kept)


def pinned(store: str, directory: Path, place: str, segment: Segment) -> PinnedFile:
    """A segment as the private filesystem serves it; ``place`` is its folder's path relative to the store."""
    path = directory / segment.file

    def read_at(offset: int, length: int) -> bytes:
        try:
            with path.open("rb", buffering=0) as file:
                data = os.pread(file.fileno(), length, offset)
        except OSError as error:
            raise _gone(store) from error
        if len(data) != min(length, max(0, segment.bytes - offset)):
            raise _gone(store)
        return data

    return PinnedFile(store, f"{place}/{segment.file}", segment.file, segment.bytes, read_at)


def _gone(store: str) -> StoreChanged:
    return StoreChanged("A segment of a topic was removed from the gateway's state.", hint="Try again.", store=store)
