"""Rows sent as columns: one row of the answer holds, for many rows of a table, each column's values end to end.

Row by row, the driver takes a message apart for every row and a length for every value, which costs it more than the
server spends on sending them. An aggregate that appends what COPY would have sent costs the server no more than
COPY, and leaves the reader a few large values whose bytes are nearly what Arrow wants.
"""

import sys
from array import array
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from connectors.errors import StoreDataCorrupt
from connectors.render.native import native_type
from connectors.spi import Column, Fragment
from connectors.types import Family

_MOST_VALUES = 1_000
"""A query of Postgres has room for 1,664 outputs."""
_IN_DIGITS = frozenset({"HUGEINT", "UBIGINT"})
_IN_LETTERS = frozenset({Family.TEXT, Family.UUID, Family.JSON})
_NULL = b"\xff"
"""No text in UTF-8 holds this byte; nor does one in Postgres hold NUL, which stands between texts."""


@dataclass(frozen=True)
class _Fixed:
    """Values of ``size`` bytes as the function ``send`` writes them, counted from ``epoch`` where Arrow's is 0."""

    send: str
    code: str
    arrow: pa.DataType
    epoch: int = 0

    @property
    def size(self) -> int:
        """Bytes of a value."""
        return array(self.code).itemsize

    def unpacked(self, sent: pa.Array, count: int, held: pa.Buffer | None = None) -> pa.Array:
        """The values, in this machine's order of bytes; ``held`` is the bitmap of those that are not NULL."""
        values = array(self.code)
        values.frombytes(_bytes(sent, count * self.size))
        if sys.byteorder == "little":
            values.byteswap()
        storage = _STORAGE[self.size]
        made = pa.Array.from_buffers(storage, count, [held, pa.py_buffer(values)])
        if pa.types.is_boolean(self.arrow):
            return made.cast(self.arrow)
        return (pc.add(made, pa.scalar(self.epoch, storage)) if self.epoch else made).view(self.arrow)


_STORAGE = {1: pa.uint8(), 2: pa.int16(), 4: pa.int32(), 8: pa.int64()}
_DAYS, _MICROSECONDS = 10_957, 946_684_800_000_000  # from 1970, where Arrow counts from, to 2000
_FIXED = {
    "boolean": _Fixed("boolsend", "B", pa.bool_()),
    "smallint": _Fixed("int2send", "h", pa.int16()),
    "integer": _Fixed("int4send", "i", pa.int32()),
    "bigint": _Fixed("int8send", "q", pa.int64()),
    "real": _Fixed("float4send", "i", pa.float32()),
    "double precision": _Fixed("float8send", "q", pa.float64()),
    "date": _Fixed("date_send", "i", pa.date32(), _DAYS),
    "time without time zone": _Fixed("time_send", "q", pa.time64("us")),
    "timestamp without time zone": _Fixed("timestamp_send", "q", pa.timestamp("us"), _MICROSECONDS),
    "timestamp with time zone": _Fixed("timestamptz_send", "q", pa.timestamp("us", "UTC"), _MICROSECONDS),
}


@dataclass(frozen=True)
class _Packed:
    """One column: the aggregates over its values, and what makes an array of what each gave for ``count`` rows."""

    aggregates: tuple[str, ...]
    unpack: Callable[[list[pa.Array], int], pa.Array]


@dataclass(frozen=True)
class Packing:
    """How the rows of a fragment are packed: ``outputs`` over a query named ``q`` with the columns ``names``."""

    columns: tuple[_Packed, ...]

    @property
    def names(self) -> str:
        """What the columns of the packed query are called."""
        return ", ".join(f"c{position}" for position in range(len(self.columns)))

    @property
    def outputs(self) -> str:
        """The outputs of the packing query: the number of rows, then the values."""
        return ", ".join(["count(*)", *(part for column in self.columns for part in column.aggregates)])

    def unpack(self, packed: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """What ADBC would have delivered row by row. Raises :class:`StoreDataCorrupt` where columns are not as long."""
        for number in range(packed.num_rows):
            count, *sent = (column.slice(number, 1) for column in packed.columns)
            if rows := count[0].as_py():
                arrays = list(self._arrays(sent, rows))
                yield pa.RecordBatch.from_arrays(arrays, names=[str(position) for position in range(len(arrays))])

    def _arrays(self, sent: list[pa.Array], count: int) -> Iterator[pa.Array]:
        at = 0
        for column in self.columns:
            parts = sent[at : at + len(column.aggregates)]
            made = column.unpack(parts, count)
            _expect(len(made) == count)
            yield made
            at += len(parts)


def packing(fragment: Fragment, total: Collection[str]) -> Packing | None:
    """How to pack the rows of a divisible fragment, whose table has no NULL in its columns ``total``; None if not."""
    made = [
        _column(f"q.c{position}", column, nullable=not _is_total(fragment, position, total))
        for position, column in enumerate(fragment.columns)
    ]
    columns = tuple(column for column in made if column is not None)
    fits = sum(len(column.aggregates) for column in columns) < _MOST_VALUES
    return Packing(columns) if len(columns) == len(made) and fits else None


def _is_total(fragment: Fragment, position: int, total: Collection[str]) -> bool:
    node = fragment.query.expressions[position].unalias()
    column = fragment.tables[0][1].column(node.name) if isinstance(node, exp.Column) else None
    return column is not None and column.physical in total


def _column(value: str, column: Column, *, nullable: bool) -> _Packed | None:
    """How values of this type are packed, given as they are delivered row by row."""
    if column.family is Family.DECIMAL or column.type in _IN_DIGITS:
        given = f"coalesce({value}, '')" if nullable else value
        return _Packed((f"string_agg({given}, ',')",), lambda sent, _: _split(sent[0], ",", "" if nullable else None))
    if column.family in _IN_LETTERS:
        given = f"coalesce(textsend({value}), '\\xff')" if nullable else f"textsend({value})"
        aggregate = f"string_agg({given}, '\\x00'::bytea)"
        return _Packed((aggregate,), lambda sent, _: _split(sent[0], b"\0", _NULL if nullable else None))
    if column.family in (Family.BLOB, Family.INTERVAL, Family.OTHER):
        return None
    return _fixed(value, _FIXED[native_type(column.type)], nullable=nullable)


def _fixed(value: str, kind: _Fixed, *, nullable: bool) -> _Packed:
    given = f"{kind.send}({value})"
    if not nullable:
        return _Packed((f"string_agg({given}, ''::bytea)",), lambda sent, count: kind.unpacked(sent[0], count))
    zero = f"'\\x{'00' * kind.size}'::bytea"
    held = f"CASE WHEN {value} IS NULL THEN '\\x00'::bytea ELSE '\\x01' END"
    aggregates = (f"string_agg(coalesce({given}, {zero}), ''::bytea)", f"string_agg({held}, ''::bytea)")
    return _Packed(aggregates, lambda sent, count: kind.unpacked(sent[0], count, _bits(sent[1], count)))


def _bits(held: pa.Array, count: int) -> pa.Buffer:
    """A byte for each value, 0 or 1, as Arrow's bitmap of those that are not NULL."""
    return pa.Array.from_buffers(pa.uint8(), count, [None, _bytes(held, count)]).cast(pa.bool_()).buffers()[1]


def _bytes(sent: pa.Array, size: int) -> pa.Buffer:
    _expect(sent.null_count == 0)
    held = sent[0].as_buffer()
    _expect(held.size == size)
    return held


def _split(sent: pa.Array, between: str | bytes, null: str | bytes | None) -> pa.Array:
    """The values between the separators as texts; what equals ``null`` is NULL."""
    _expect(sent.null_count == 0)
    values = pc.split_pattern(sent, between).values
    if null is not None:
        values = pc.if_else(pc.equal(values, pa.scalar(null, values.type)), pa.scalar(None, values.type), values)
    return values.view(pa.utf8())


def _expect(true: bool) -> None:
    if not true:
        raise StoreDataCorrupt("The database sent columns of different lengths.")
