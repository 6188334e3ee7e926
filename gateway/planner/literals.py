"""Constants beside a column, in the one spelling that means the same in every store."""

import re
from datetime import date, datetime

from sqlglot import exp

from connectors.spi import Column
from connectors.types import Family
from gateway.planner.digits import EXACT_NUMBERS, fit_one_decimal, literal_type
from gateway.planner.refusal import Refused

_INTEGER = re.compile(r"\d{1,18}")
_DECIMAL = re.compile(r"(?=.{2,19}$)\d*\.\d*\d|\d+\.")
_NUMBER_TEXT = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(\+00(?::00)?)?)?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.DOUBLE})
_CAST_FAMILIES = {
    exp.DType.DATE: Family.DATE,
    exp.DType.TIMESTAMP: Family.TIMESTAMP,
    exp.DType.TIMESTAMPNTZ: Family.TIMESTAMP,  # how sqlglot reads DuckDB's TIMESTAMP
    exp.DType.TIMESTAMPTZ: Family.TIMESTAMPTZ,
    exp.DType.DECIMAL: Family.DECIMAL,
    exp.DType.UUID: Family.UUID,
}


def is_constant(node: exp.Expr) -> bool:
    """Whether a node is a literal, a negative number, a boolean, or a cast of a string literal."""
    if isinstance(node, exp.Neg):
        node = node.this
        return isinstance(node, exp.Literal) and not node.is_string
    if isinstance(node, exp.Cast):
        return not isinstance(node, exp.TryCast) and isinstance(node.this, exp.Literal) and node.this.is_string
    return isinstance(node, (exp.Literal, exp.Boolean))


def beside(constant: exp.Expr, column: Column) -> exp.Expr:
    """``constant`` as it must be written when compared with ``column``; refuses what DuckDB reads in its own way."""
    family = column.family
    if isinstance(constant, exp.Boolean) and family is Family.BOOLEAN:
        return constant.copy()
    if isinstance(constant, exp.Cast):
        return _typed(constant, column)
    if isinstance(constant, exp.Literal) and constant.is_string:
        return _from_text(constant.this, family)
    return _number(constant, column)


def _number(constant: exp.Expr, column: Column) -> exp.Expr:
    family = column.family
    digits = constant.this.this if isinstance(constant, exp.Neg) else constant.this
    if family in _NUMBERS and (_INTEGER.fullmatch(digits) or _DECIMAL.fullmatch(digits)):
        _check_digits(digits, column)
        return constant.copy()
    raise Refused(f"a number is not compared with {family} alike everywhere")


def _check_digits(digits: str, column: Column) -> None:
    if column.family in EXACT_NUMBERS and not fit_one_decimal(literal_type(digits), column.type):
        raise Refused(f"no DECIMAL of DuckDB holds both the number and {column.type}")


def _typed(constant: exp.Cast, column: Column) -> exp.Expr:
    family = column.family
    kind = _CAST_FAMILIES.get(constant.to.this)
    text = constant.this.this
    # A DATE column beside a TIMESTAMP is not here: DuckDB raises for days that no TIMESTAMP reaches.
    widened = (kind, family) == (Family.DATE, Family.TIMESTAMP)
    comparable = kind is family or widened or {kind, family} <= EXACT_NUMBERS
    if kind is None or not comparable:
        raise Refused(f"a constant of another type is compared with {family}")
    if kind is Family.DECIMAL:
        if _NUMBER_TEXT.fullmatch(text):
            _check_digits(text, column)
            return constant.copy()
        raise Refused("the number is not spelled plainly")
    return _from_text(text, kind)


def _from_text(text: str, family: Family) -> exp.Expr:
    """A string that stands beside a column takes the column's type in DuckDB; only canonical spellings are sent on."""
    if family is Family.TEXT:
        return exp.Literal.string(text)
    if family is Family.DATE and _DATE.fullmatch(text) and _exists(text):
        return _cast(text, exp.DType.DATE)
    if family in (Family.TIMESTAMP, Family.TIMESTAMPTZ) and (match := _TIMESTAMP.fullmatch(text)) and _exists(text):
        moment = f"{match[1]} {match[2] or '00:00:00'}"
        if family is Family.TIMESTAMP and not match[3]:
            return _cast(moment, exp.DType.TIMESTAMP)
        if family is Family.TIMESTAMPTZ:
            return _cast(f"{moment}+00", exp.DType.TIMESTAMPTZ)
    if family is Family.UUID and _UUID.fullmatch(text):
        return _cast(text, exp.DType.UUID)
    raise Refused(f"the constant is not in the one spelling of {family} that every store reads alike")


def _cast(text: str, kind: exp.DType) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), exp.DataType(this=kind))


def _exists(text: str) -> bool:
    """Whether the calendar has this day; DuckDB's own complaint about one that does not exist must be kept."""
    try:
        date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
