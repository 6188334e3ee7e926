"""Parameters: counted, numbered, and replaced by typed literals as trees, never by text."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlglot import exp

from gateway.errors import ParametersInvalid

MAX_PARAMETERS = 1_000
_HINT = "Give one value for each ? or $n."


def parameters(query: exp.Expr) -> int:
    """How many values the query takes: the highest number among its placeholders."""
    return max((number(node) for node in query.find_all(exp.Placeholder)), default=0)


def number(placeholder: exp.Placeholder) -> int:
    """The number of a placeholder, counted from 1."""
    return int(placeholder.name)


def check_numbering(query: exp.Expr) -> None:
    """Raise ParametersInvalid unless the placeholders are numbered from 1 without a gap."""
    used = {node.name for node in query.find_all(exp.Placeholder)}
    if not all(name.isdigit() for name in used):
        raise ParametersInvalid("Named parameters are not supported.", hint="Use ? or $1, $2 ….")
    if len(used) > MAX_PARAMETERS:
        raise ParametersInvalid(f"There are more than {MAX_PARAMETERS} parameters.", hint="Join against a product.")
    missing = {str(n) for n in range(1, len(used) + 1)} - used
    if missing:
        raise ParametersInvalid(f"The parameter ${min(missing, key=int)} is missing.", hint="Number them from $1.")


def bind(query: exp.Query, values: Sequence[Any]) -> exp.Query:
    """A copy of ``query`` with every placeholder replaced by its value; the query itself where it has none.

    Takes None, bool, int, float, Decimal, str, bytes, date, datetime (with a zone: TIMESTAMPTZ in UTC), time,
    timedelta, UUID, and lists of these. Raises ParametersInvalid for a wrong count or another type.
    """
    expected = parameters(query)
    if len(values) != expected:
        raise ParametersInvalid(f"The query takes {expected} parameters and {len(values)} were given.", hint=_HINT)
    if not values:
        return query
    literals = [literal(value, position) for position, value in enumerate(values, 1)]
    bound = query.copy()
    for node in list(bound.find_all(exp.Placeholder)):
        node.replace(literals[number(node) - 1].copy())
    return bound


def literal(value: Any, position: int = 1) -> exp.Expr:
    """A value as a typed constant that DuckDB reads back equal; ``position`` is for the message only."""
    match value:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case int():
            return _integer(value, position)
        case float():
            return exp.cast(exp.Literal.string(_float(value)), "DOUBLE")
        case Decimal():
            return _decimal(value, position)
        case str():
            return _string(value, position)
        case bytes() | bytearray() | memoryview():
            return exp.Unhex(this=exp.Literal.string(bytes(value).hex()))
        case list() | tuple():
            return exp.Array(expressions=[literal(item, position) for item in value])
        case UUID():
            return exp.cast(exp.Literal.string(str(value)), "UUID")
        case _:
            return _temporal(value, position)


def _integer(value: int, position: int) -> exp.Expr:
    if not -(2**127) <= value < 2**127:
        raise _refused(position, "is a whole number of more than 128 bits")
    if value == -(2**127):  # a minus sign in front of 2**127 would not fit on its own
        return exp.cast(exp.Literal.string(str(value)), exp.DataType.build("HUGEINT", dialect="duckdb"))
    digits = exp.Literal.number(str(abs(value)))
    return exp.Paren(this=exp.Neg(this=digits)) if value < 0 else digits


def _float(value: float) -> str:
    if math.isnan(value):
        return "nan"
    return repr(value)


def _decimal(value: Decimal, position: int) -> exp.Expr:
    if not value.is_finite():
        raise _refused(position, "is a decimal that is no number")
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    width = max(len(digits) + max(0, int(exponent)), scale, 1)
    if width > 38:
        raise _refused(position, "is a decimal of more than 38 digits")
    return exp.cast(exp.Literal.string(format(value, "f")), f"DECIMAL({width}, {scale})")


def _string(value: str, position: int) -> exp.Expr:
    if "\0" in value:
        raise _refused(position, "contains a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _refused(position, "is not valid Unicode")
    return exp.Literal.string(value)


def _temporal(value: Any, position: int) -> exp.Expr:
    match value:
        case datetime() if value.tzinfo is not None:
            moment = value.astimezone(UTC)
            return exp.cast(exp.Literal.string(moment.isoformat(" ")), "TIMESTAMPTZ")
        case datetime():
            return exp.cast(exp.Literal.string(value.isoformat(" ")), "TIMESTAMP")
        case date():
            return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
        case time() if value.tzinfo is None:
            return exp.cast(exp.Literal.string(value.isoformat()), "TIME")
        case timedelta():
            microseconds = value.seconds * 1_000_000 + value.microseconds
            return exp.cast(exp.Literal.string(f"{value.days} days {microseconds} microseconds"), "INTERVAL")
        case _:
            raise _refused(position, f"has the type {type(value).__name__}, which cannot be bound")


def _refused(position: int, why: str) -> ParametersInvalid:
    return ParametersInvalid(f"Parameter {position} {why}.", hint="docs/sql.md lists the types of parameters.")
