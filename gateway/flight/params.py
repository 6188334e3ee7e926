"""Bound parameters: from a client's Arrow stream to Python values, with nothing believed before it is checked.

Arrow's reader accepts batches whose offsets point outside their buffers; using such a batch ends the process.
So every batch is validated in full before a single value of it is touched.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from gateway.errors import ParametersInvalid, RequestMalformed, Unsupported
from gateway.flight.types import presented_arrow

MAX_BYTES = 1 << 20
MAX_PARAMETERS = 1_000

_PLAIN = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_timestamp,
    pa.types.is_duration,
)


def parameter_schema(types: Sequence[str], profile: str) -> pa.Schema:
    """What a client is told of a statement's parameters: one nullable field for each DuckDB type name."""
    kinds = (presented_arrow(name, profile) for name in types)
    told = (kind if profile == "full" else _in_milliseconds(kind) for kind in kinds)
    return pa.schema([pa.field(f"${at}", kind) for at, kind in enumerate(told, start=1)])


def _in_milliseconds(kind: pa.DataType) -> pa.DataType:
    """JDBC binds times as milliseconds, whatever the unit it was told: a microsecond column gets them wrong."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("ms", tz=kind.tz)
    return pa.time32("ms") if pa.types.is_time(kind) else kind


def read_bound(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> bytes | None:
    """Check what a client binds to a query; the one row as an Arrow IPC stream, None for no parameters at all.

    Raises :class:`ParametersInvalid` for unreadable, too many or too large values, :class:`Unsupported` for
    more than one row.
    """
    if len(schema) > MAX_PARAMETERS:
        raise ParametersInvalid(f"A statement takes at most {MAX_PARAMETERS} parameters.")
    rows: list[pa.RecordBatch] = []
    for batch in _received(batches):
        _check(batch)
        rows += [batch] if batch.num_rows else []
        if sum(row.num_rows for row in rows) > 1:
            raise Unsupported(
                "A query takes one row of parameters at a time.", hint="Execute it once for each row of parameters."
            )
    if not len(schema) or not rows:
        return None
    values(_serialized(rows[0]))
    return _serialized(rows[0])


def values(bound: bytes) -> list[Any]:
    """The Python values of a row that :func:`read_bound` accepted; raises :class:`ParametersInvalid`."""
    with pa.ipc.open_stream(bound) as reader:
        batch = reader.read_next_batch()
    return [_value(column, at) for at, column in enumerate(batch.columns, start=1)]


def _received(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except (pa.ArrowException, OSError):  # Arrow's name for a damaged message is that of a failing disk
        raise RequestMalformed("The bound parameters are not a readable Arrow stream.") from None


def _check(batch: pa.RecordBatch) -> None:
    # The size of the buffers is all that may be asked of a batch before it is validated.
    if batch.get_total_buffer_size() > MAX_BYTES:
        raise ParametersInvalid(f"The bound parameters are larger than {MAX_BYTES:,} bytes.")
    for at, field in enumerate(batch.schema, start=1):
        if not all(any(known(kind) for known in _PLAIN) for kind in _kinds(field.type)):
            raise ParametersInvalid(f"Parameter ${at} has a type that cannot be bound.", hint="Bind a plain value.")
    try:
        batch.validate(full=True)
        # Names are not validated with the rest, and any later look at a column would meet one that is no text.
        list(batch.schema.names)
    except (pa.ArrowException, UnicodeDecodeError):
        raise ParametersInvalid("The bound parameters are not valid Arrow data.") from None


def _kinds(kind: pa.DataType) -> list[pa.DataType]:
    """What a value of this type may be: flightsql-dbapi wraps every value in a dense union of plain types."""
    if not pa.types.is_union(kind) or kind.mode != "dense":
        return [kind]
    return [kind.field(at).type for at in range(kind.num_fields)]


def _value(column: pa.Array, at: int) -> Any:
    try:
        if pa.types.is_union(column.type):
            kind = column.type.type_codes.index(column.type_codes[0].as_py())
            column = column.field(kind)[column.offsets[0].as_py() :]
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", tz=column.type.tz))
        elif pa.types.is_time(column.type):
            column = column.cast(pa.time64("us"))
        elif pa.types.is_duration(column.type):
            column = column.cast(pa.duration("us"))
        return column[0].as_py()
    except (pa.ArrowException, ValueError, ArithmeticError, LookupError, OSError):
        raise ParametersInvalid(f"The value of parameter ${at} is outside the range that can be bound.") from None


def _serialized(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema.remove_metadata()) as writer:
        writer.write_batch(batch.replace_schema_metadata(None))
    return bytes(sink.getvalue())
