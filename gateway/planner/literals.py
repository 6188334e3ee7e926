"""Constants beside a column, in the one spelling that means the same in every store."""

import re
from datetime import date, datetime

from sqlglot import exp

from connectors.types import Family, family
from gateway.planner.digits import EXACT_NUMBERS, fit_one_decimal, holds, literal_type
from gateway.planner.refusal import Refused

_INTEGER = re.compile(r"\d{1,18}")
_DECIMAL = re.compile(r"(?=.{2,19}$)\d*\.\d*\d|\d+\.")
_NUMBER_TEXT = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(\+00(?::00)?)?)?")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})(?: 00:00:00(?:\.0+)?)?")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?")
_HOURS = r"-?\d{2,6}:[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
_INTERVAL = re.compile(rf"(?=.)(?:(?:^| )-?\d{{1,9}} (?:year|month|day)s?){{0,3}}(?:(?:^| ){_HOURS})?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.DOUBLE})
_CAST_FAMILIES = {
    exp.DType.DATE: Family.DATE,
    exp.DType.TIME: Family.TIME,
    exp.DType.INTERVAL: Family.INTERVAL,
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


def is_one_step(constant: exp.Expr) -> bool:
    """Whether an INTERVAL in its one spelling has not both months and a time of day."""
    text = str(constant.this.this)
    return ":" not in text or not ("year" in text or "month" in text)


def spelled(constant: exp.Expr) -> exp.Expr:
    """A constant that stands for itself, in its one spelling; refuses what DuckDB reads in its own way."""
    if isinstance(constant, exp.Cast):
        kind = _CAST_FAMILIES.get(constant.to.this)
        if kind is None or kind is Family.DECIMAL:
            raise Refused("a constant of this type has no spelling that every store reads alike")
        return _from_text(constant.this.this, kind)
    if isinstance(constant, exp.Boolean) or constant.is_string or _is_plain(constant):
        return constant.copy()
    raise Refused("the number is not spelled plainly")


def _is_plain(constant: exp.Expr) -> bool:
    digits = constant.this.this if isinstance(constant, exp.Neg) else constant.this
    return bool(_INTEGER.fullmatch(digits) or _DECIMAL.fullmatch(digits))


def beside(constant: exp.Expr, of: str) -> exp.Expr:
    """``constant`` as it must be written when compared with a value of the DuckDB type ``of``.

    Refuses what DuckDB reads in its own way.
    """
    kind = family(of)
    if isinstance(constant, exp.Boolean):
        if kind is not Family.BOOLEAN:
            raise Refused(f"a truth value is compared with {kind}")
        return constant.copy()
    if isinstance(constant, exp.Cast):
        return _typed(constant, of)
    if isinstance(constant, exp.Literal) and constant.is_string:
        return _from_text(constant.this, kind)
    return _number(constant, of)


def default_beside(constant: exp.Expr, of: str) -> exp.Expr:
    """``constant`` where it stands for a value of the DuckDB type ``of``, which it is without being rounded."""
    decimal = family(of) is Family.DECIMAL
    if isinstance(constant, exp.Cast) and (decimal or _CAST_FAMILIES.get(constant.to.this) is not family(of)):
        raise Refused(f"a constant of another type stands for {family(of)}")
    made = beside(constant, of)
    if family(of) in EXACT_NUMBERS and not holds(of, _unsigned(made)):
        raise Refused(f"the number is not a plain {of}")
    return made


def _unsigned(number: exp.Expr) -> str:
    return str(number.this.this if isinstance(number, exp.Neg) else number.this).lstrip("-")


def _number(constant: exp.Expr, of: str) -> exp.Expr:
    digits = constant.this.this if isinstance(constant, exp.Neg) else constant.this
    if family(of) in _NUMBERS and _is_plain(constant):
        _check_digits(digits, of)
        return constant.copy()
    raise Refused(f"a number is not compared with {family(of)} alike everywhere")


def _check_digits(digits: str, of: str) -> None:
    if family(of) in EXACT_NUMBERS and not fit_one_decimal(literal_type(digits), of):
        raise Refused(f"no DECIMAL of DuckDB holds both the number and {of}")


def _typed(constant: exp.Cast, of: str) -> exp.Expr:
    kind, beside_of = _CAST_FAMILIES.get(constant.to.this), family(of)
    text = constant.this.this
    if (kind, beside_of) == (Family.TIMESTAMP, Family.DATE) and (midnight := _MIDNIGHT.fullmatch(text)):
        # As DuckDB does it, so that an index on the days is of use. Any other time of day is left to DuckDB.
        return _from_text(midnight[1], Family.DATE)
    widened = (kind, beside_of) == (Family.DATE, Family.TIMESTAMP)
    comparable = kind is beside_of or widened or {kind, beside_of} <= EXACT_NUMBERS
    if kind is None or not comparable:
        raise Refused(f"a constant of another type is compared with {beside_of}")
    if kind is Family.DECIMAL:
        if _NUMBER_TEXT.fullmatch(text):
            _check_digits(text, of)
            return constant.copy()
        raise Refused("the number is not spelled plainly")
    return _from_text(text, kind)


def _from_text(text: str, of: Family) -> exp.Expr:
    """A string that stands beside a column takes the column's type in DuckDB; only canonical spellings are sent on."""
    if of is Family.TEXT:
        return exp.Literal.string(text)
    if of is Family.DATE and _DATE.fullmatch(text) and _exists(text):
        return _cast(text, exp.DType.DATE)
    if of in (Family.TIMESTAMP, Family.TIMESTAMPTZ) and (match := _TIMESTAMP.fullmatch(text)) and _exists(text):
        moment = f"{match[1]} {match[2] or '00:00:00'}"
        if of is Family.TIMESTAMP and not match[3]:
            return _cast(moment, exp.DType.TIMESTAMP)
        if of is Family.TIMESTAMPTZ:
            return _cast(f"{moment}+00", exp.DType.TIMESTAMPTZ)
    if of is Family.TIME and _TIME.fullmatch(text):
        return _cast(text, exp.DType.TIME)
    if of is Family.INTERVAL and _INTERVAL.fullmatch(text):
        return _cast(text, exp.DType.INTERVAL)
    if of is Family.UUID and _UUID.fullmatch(text):
        return _cast(text, exp.DType.UUID)
    raise Refused(f"the constant is not in the one spelling of {of} that every store reads alike")


def _cast(text: str, kind: exp.DType) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), exp.DataType(this=kind))


def _exists(text: str) -> bool:
    """Whether the calendar has this day; DuckDB's own complaint about one that does not exist must be kept."""
    try:
        date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
