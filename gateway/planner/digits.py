"""Whole numbers beside decimals: DuckDB brings both to one DECIMAL and raises where 38 digits are too few."""

import re

from connectors.types import Family

EXACT_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL})
_DIGITS = {
    "TINYINT": 3,
    "UTINYINT": 3,
    "SMALLINT": 5,
    "USMALLINT": 5,
    "INTEGER": 10,
    "UINTEGER": 10,
    "BIGINT": 19,
    "UBIGINT": 20,
    "HUGEINT": 39,
}
_BITS = {"TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63, "HUGEINT": 127}
_UNSIGNED_BITS = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64}
_SIZES = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def fit_one_decimal(left: str, right: str) -> bool:
    """Whether one DECIMAL holds every value of two DuckDB types, or both are whole numbers."""
    if left in _DIGITS and right in _DIGITS:
        return True
    (left_whole, left_scale), (right_whole, right_scale) = _sizes(left), _sizes(right)
    return max(left_whole, right_whole) + max(left_scale, right_scale) <= 38


def one_decimal(left: str, right: str) -> str | None:
    """The DECIMAL to which DuckDB casts two decimals that no DECIMAL holds without loss; None for all others."""
    if not (_SIZES.fullmatch(left) and _SIZES.fullmatch(right)) or fit_one_decimal(left, right):
        return None
    return f"DECIMAL(38,{max(_sizes(left)[1], _sizes(right)[1])})"


def sums_fit(type_name: str) -> bool:
    """Whether the sum of ten thousand million values of an exact type has at most 38 digits; DuckDB's ``avg``
    needs no such sum, and so does not raise where it has more."""
    return (type_name in _DIGITS or _SIZES.fullmatch(type_name) is not None) and sum(_sizes(type_name)) <= 28


def _sizes(type_name: str) -> tuple[int, int]:
    """Digits before and after the point."""
    if match := _SIZES.fullmatch(type_name):
        return int(match[1]) - int(match[2]), int(match[2])
    return _DIGITS[type_name], 0


def literal_type(digits: str) -> str:
    """The DuckDB type of a plain number as it is written: ``2.50`` is DECIMAL(3,2)."""
    whole, _, fraction = digits.lstrip("-").partition(".")
    if not fraction:
        return "BIGINT"
    return f"DECIMAL({len(whole) + len(fraction)},{len(fraction)})"


def holds(type_name: str, digits: str) -> bool:
    """Whether a plain number, signed or not, is a value of an exact type as it is written."""
    whole, _, fraction = digits.lstrip("-").partition(".")
    if _SIZES.fullmatch(type_name):
        most, scale = _sizes(type_name)
        return len(whole) <= most and len(fraction) <= scale
    if type_name in _UNSIGNED_BITS:
        return not fraction and not digits.startswith("-") and int(whole) < 1 << _UNSIGNED_BITS[type_name]
    return not fraction and int(whole) < 1 << _BITS[type_name]
