"""From what ADBC delivers to exactly the declared Arrow schema, touching only the columns that need it."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import StoreSchemaMismatch, StoreValueError


@dataclass(frozen=True)
class _Infinity:
    """How infinities arrive and how DuckDB writes them, as integers, positive first.

    Postgres counts from 2000 and Arrow from 1970: ADBC adds the difference to infinity too, which wraps around.
    ``floor`` is the least finite value Postgres has; anything else below it is a value that wrapped around.
    """

    storage: pa.DataType
    wrapped: tuple[int, int]
    meant: tuple[int, int]
    floor: int


_DAYS = _Infinity(pa.int32(), (-2147472692, -2147472691), (2147483647, -2147483647), -2440588)
_MOMENTS = _Infinity(
    pa.int64(),
    (-9222425352054775809, -9222425352054775808),
    (9223372036854775807, -9223372036854775807),
    -210866803200000000,
)


def to_schema(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with exactly ``schema``, by position.

    Raises :class:`StoreSchemaMismatch` when a column cannot have the declared type, :class:`StoreValueError` when
    one of its values cannot be held there (NaN in a DECIMAL, a timestamp after the year 294247).
    """
    if batch.num_columns != len(schema):
        raise StoreSchemaMismatch("The database sent another number of columns than was asked for.")
    arrays = [_column(array, field) for array, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _column(array: pa.Array, field: pa.Field) -> pa.Array:
    array = array.storage if isinstance(array, pa.ExtensionArray) else array
    if array.type != field.type:
        array = _cast(array, field)
    if pa.types.is_date32(field.type):
        return _with_infinities(array, field, _DAYS)
    if pa.types.is_timestamp(field.type):
        return _with_infinities(array, field, _MOMENTS)
    return array


def _cast(array: pa.Array, field: pa.Field) -> pa.Array:
    from_text = pa.types.is_string(array.type) and (pa.types.is_decimal(field.type) or pa.types.is_integer(field.type))
    from_integer = pa.types.is_integer(array.type) and pa.types.is_integer(field.type)
    # A list whose items only carry other names or metadata; a decoder may also deliver large or view forms.
    if not (from_text or from_integer or pa.types.is_list(field.type) or pa.types.is_string(field.type)):
        raise StoreSchemaMismatch(f"The column {field.name!r} was declared as {field.type}, the database has another.")
    try:
        return pc.cast(array, field.type)
    except pa.ArrowInvalid as problem:
        hint = "Look for values that are not numbers, or have more digits than the contract declares."
        raise StoreValueError(f"A value of the column {field.name!r} is no {field.type}.", hint=hint) from problem
    except pa.ArrowNotImplementedError as problem:
        raise StoreSchemaMismatch(f"The column {field.name!r} cannot be read as {field.type}.") from problem


def _with_infinities(array: pa.Array, field: pa.Field, infinity: _Infinity) -> pa.Array:
    raw = array.view(infinity.storage)
    span = pc.min_max(raw).as_py()
    if span["min"] is None or (span["min"] >= infinity.floor and span["max"] < infinity.meant[0]):
        return array
    repaired = raw
    for wrapped, meant in zip(infinity.wrapped, infinity.meant, strict=True):
        here = pc.equal(raw, pa.scalar(wrapped, infinity.storage))
        repaired = pc.if_else(here, pa.scalar(meant, infinity.storage), repaired)
    lost = pc.and_(pc.less(raw, infinity.floor), pc.equal(raw, repaired))
    if span["max"] == infinity.meant[0] or pc.any(lost).as_py():
        raise StoreValueError(f"The column {field.name!r} holds a moment that no {field.type} can hold.")
    return repaired.view(field.type)
