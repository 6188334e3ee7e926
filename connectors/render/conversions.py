"""One value in another type: as DuckDB casts it, or as it crosses the border."""

from dataclasses import replace

from connectors.render.native import native_type
from connectors.render.operands import MIXED, Operand
from connectors.types import Family, family

_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL})
_FLOATS = frozenset({Family.REAL, Family.DOUBLE})
_DAYS = frozenset({Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ})
# What DuckDB rounds as Postgres does; all that is within one family besides.
_CASTS = {
    Family.INTEGER: _NUMBERS | _FLOATS | {Family.BOOLEAN},
    Family.DECIMAL: _NUMBERS | {Family.BOOLEAN},
    Family.REAL: _NUMBERS | {Family.DOUBLE, Family.BOOLEAN},
    Family.DOUBLE: _NUMBERS | {Family.REAL, Family.BOOLEAN},
    Family.BOOLEAN: _NUMBERS | _FLOATS,
    Family.TEXT: _NUMBERS | {Family.BOOLEAN, Family.UUID},
    Family.DATE: _DAYS,
    Family.TIMESTAMP: _DAYS,
    Family.TIMESTAMPTZ: _DAYS,
}
_KEPT = frozenset({Family.INTERVAL, Family.JSON, Family.OTHER})
_MOMENTS = frozenset({Family.TIMESTAMP, Family.TIMESTAMPTZ})
# From the last moment that DuckDB has to the last one of Postgres, and from the day of it to the last day of Postgres.
_PAST = "interval '10948 days 19:59:05.224193'"
_DAYS_PAST = 2038290914
# Integers that Postgres has not → moved to where a type of its own ends at the same places, which then raises.
_BOUNDED = {
    "TINYINT": "((({0}) * 256)::smallint / 256)::smallint",
    "UTINYINT": "(((({0}) - 128) * 256)::smallint / 256 + 128)::smallint",
    "USMALLINT": "((({0}) - 32768)::smallint + 32768)",
    "UINTEGER": "((({0}) - 2147483648)::integer + 2147483648)",
    "UBIGINT": "((({0})::numeric - 9223372036854775808)::bigint + 9223372036854775808)",
}
# Beyond 2^53 DuckDB does not round HUGEINT correctly; there bigint overflows, and DuckDB computes it instead.
_HUGE_TO_DOUBLE = "(({0} * 1024)::bigint / 1024)::double precision"
# And so it is beyond 2^24 where it becomes a FLOAT.
_HUGE_TO_FLOAT = "(({0} * 549755813888)::bigint / 549755813888)::real"
_FROM_HUGE = {Family.DOUBLE: _HUGE_TO_DOUBLE, Family.REAL: _HUGE_TO_FLOAT}


def cast(value: Operand, to: str) -> Operand:
    """CAST to the DuckDB type ``to``. Raises ValueError for pairs that are not cast alike everywhere."""
    of = family(to)
    if value.type == "" or (value.family is of and of not in _KEPT) or value.family in _CASTS.get(of, ()):
        return _boolean_cast(value, to) or converted(value, to)
    raise ValueError(f"{value.family} is not cast to {of} alike everywhere")


def _boolean_cast(value: Operand, to: str) -> Operand | None:
    of = family(to)
    if of is Family.BOOLEAN and value.family in _NUMBERS | _FLOATS:
        return Operand(f"({value.sql} <> 0)", of, "boolean", total=value.total, type=to)
    if of in _NUMBERS | _FLOATS and value.family is Family.BOOLEAN:
        number = replace(value, sql=f"{value.sql}::integer", native="integer", family=Family.INTEGER, type="INTEGER")
        return converted(number, to)
    if of is Family.TEXT and value.family is Family.DECIMAL:
        exact = converted(value, value.type)
        return replace(exact, sql=f"{exact.sql}::text", native="text", family=of, type=to, collation=MIXED)
    return None


def converted(value: Operand, to: str) -> Operand:
    """The value in the DuckDB type ``to``, which it fits or Postgres raises; families are not checked."""
    native, of = native_type(to), family(to)
    if value.native == native and (value.type == to or of is not Family.INTEGER):
        return replace(value, family=of, type=to)
    if of is Family.TEXT and value.family is Family.TEXT:
        return replace(value, type=to)
    made = replace(value, family=of, native=native, type=to)
    if of is Family.TEXT:
        return replace(made, sql=f"{value.sql}::text", collation=MIXED)
    if of is Family.INTEGER and value.type != to:
        return replace(made, sql=bounded(_whole(value, to), to))
    if of in _FROM_HUGE and value.type == "HUGEINT" and not value.constant:
        return replace(made, sql=_FROM_HUGE[of].format(value.sql))
    if value.family is Family.DATE and of in _MOMENTS and not value.constant:
        return replace(made, sql=f"({value.sql} + {_DAYS_PAST} - {_DAYS_PAST})::{native}")
    return replace(made, sql=f"{value.sql}::{native}")


def within(sql: str) -> str:
    """A moment; Postgres raises for one that DuckDB has no number for, as it does for those beyond its own last."""
    return f"({sql} + {_PAST} - {_PAST})"


def _whole(value: Operand, to: str) -> str:
    """A number before it becomes an integer: rounded, and never by way of the fifteen digits of a numeric."""
    if value.family in _FLOATS:
        return f"{value.sql}::bigint"
    return f"{value.sql}::numeric(38,0)" if value.family is Family.DECIMAL and to in _BOUNDED else value.sql


def bounded(sql: str, to: str) -> str:
    """An integer in the native form of the DuckDB type ``to``; Postgres raises where it does not fit."""
    return _BOUNDED[to].format(sql) if to in _BOUNDED else f"{sql}::{native_type(to)}"


_AS_TEXT = frozenset({Family.DECIMAL, Family.UUID, Family.JSON, Family.OTHER})
_WIDE = frozenset({"HUGEINT", "UBIGINT"})


def delivered(operand: Operand, to: str) -> str:
    """The output expression of an operand that is to cross the border as the DuckDB type ``to``.

    numeric goes as text, since ADBC reads that exactly and four times faster; so do HUGEINT, UUID and JSON.
    """
    of = family(to)
    if of is not operand.family:
        raise ValueError(f"a value of {operand.family} is declared as {to}")
    if of is Family.TEXT:
        return operand.sql
    if to.endswith("[]"):
        return _array(operand.sql, to)
    native = "text" if of in _AS_TEXT or to in _WIDE else native_type(to)
    return operand.sql if operand.native == native else f"{operand.sql}::{native}"


def _array(sql: str, to: str) -> str:
    """A one-dimensional array; a deeper one would arrive flattened, so Postgres is made to raise 22P02 for it."""
    native = "text" if to in ("VARCHAR[]", "UUID[]") else native_type(to[:-2])
    complaint = f"('multidimensional' || left({sql}::text, 0))::{native}[]"
    return f"CASE WHEN array_ndims({sql}) > 1 THEN {complaint} ELSE {sql}::{native}[] END"
