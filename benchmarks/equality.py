"""Whether two systems gave the same answer, as far as their types allow to say."""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Row = tuple[Any, ...]
_RELATIVE = 1e-9


def difference(left: Sequence[Row], right: Sequence[Row]) -> str:
    """The first difference in one sentence, or nothing. Rows are compared as a multiset.

    Whole numbers, texts and dates must be equal. A sum or an average may be a decimal in one system and a double in
    another: such numbers may differ by a unit of the last digit that the coarser one has.
    """
    if len(left) != len(right):
        return f"{len(left)} rows and {len(right)} rows"
    for number, (first, second) in enumerate(zip(_ranked(left), _ranked(right), strict=True)):
        if len(first) != len(second):
            return f"{len(first)} columns and {len(second)} columns"
        for column, (one, other) in enumerate(zip(first, second, strict=True)):
            if not same(one, other):
                return f"row {number}, column {column}: {one!r} and {other!r}"
    return ""


def same(one: Any, other: Any) -> bool:
    """Whether two values stand for the same."""
    if _inexact(one) and _inexact(other):
        return _close(one, other)
    if _inexact(one) or _inexact(other):
        return (
            isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal) and _close(one, other)
        )
    return bool(_day(one) == _day(other))


def _ranked(rows: Sequence[Row]) -> list[Row]:
    # What is exact decides first, so that a last digit more or less does not change who is compared with whom.
    return sorted(rows, key=lambda row: (_texts(row, inexact=False), _numbers(row)))


def _texts(row: Row, *, inexact: bool) -> list[str]:
    return [repr(_day(value)) for value in row if _inexact(value) is inexact]


def _numbers(row: Row) -> list[float]:
    return [float(value) for value in row if _inexact(value)]


def _inexact(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, Decimal) and value.as_tuple().exponent != 0)


def _day(value: Any) -> Any:
    """Dates without a time are the same as days; whole decimals are whole numbers."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return int(value) if isinstance(value, Decimal) and not _inexact(value) else value


def _close(one: float | Decimal, other: float | Decimal) -> bool:
    first, second = float(one), float(other)
    if math.isnan(first) or math.isnan(second):
        return math.isnan(first) and math.isnan(second)
    return math.isclose(first, second, rel_tol=_RELATIVE, abs_tol=max(_unit(one, other), _unit(other, one)))


def _unit(value: float | Decimal, other: float | Decimal) -> float:
    """A unit of the last digit of a decimal, when what it stands beside is not as coarse."""
    if not isinstance(value, Decimal) or (isinstance(other, Decimal) and value.as_tuple() == other.as_tuple()):
        return 0.0
    exponent, finer = (int(_exponent(number)) for number in (value, other))
    return 0.0 if exponent <= finer else float(Decimal(1).scaleb(exponent)) * 1.0000001


def _exponent(number: float | Decimal) -> int:
    exponent = number.as_tuple().exponent if isinstance(number, Decimal) else -99
    return exponent if isinstance(exponent, int) else 0
