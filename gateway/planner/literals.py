"""Constants beside a column, in the one spelling that means the same in every store."""

import re
from datetime import date, datetime

from sqlglot import exp

from connectors.types import Family, family
from gateway.planner.digits import EXACT_NUMBERS, fit_one_decimal, holds, literal_type
from gateway.planner.refusal import Refused

_INTEGER = re.compile(r"\d{1,18}")
_DECIMAL = re.compile(r"(?=.{2,19}$)\d*\.\d*\d|\d+\.")
_EXPONENT = re.compile(r"\d{1,17}(\.\d{1,17})?[eE][+-]?\d{1,2}")
_NUMBER_TEXT = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
_FLOAT_TEXT = re.compile(r"-?\d{1,17}(\.\d{1,17})?([eE][+-]?\d{1,3})?|nan|-?inf(inity)?", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(\+00(?::00)?)?)?")
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})(?: 00:00:00(?:\.0+)?)?")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?")
_HOURS = r"-?\d{2,6}:[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
_INTERVAL = re.compile(rf"(?=.)(?:(?:^| )-?\d{{1,9}} (?:year|month|day)s?){{0,3}}(?:(?:^| ){_HOURS})?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BLOB = re.compile(r"(\\x[0-9A-Fa-f]{2}|[\x20-\x5b\x5d-\x7e])*")

_FLOATS = frozenset({Family.REAL, Family.DOUBLE})
_NUMBERS = EXACT_NUMBERS | _FLOATS
_CAST_FAMILIES = {
    exp.DType.DATE: Family.DATE,
    exp.DType.TIME: Family.TIME,
    exp.DType.INTERVAL: Family.INTERVAL,
    exp.DType.TIMESTAMP: Family.TIMESTAMP,
    exp.DType.TIMESTAMPNTZ: Family.TIMESTAMP,  # how sqlglot reads DuckDB's TIMESTAMP
    exp.DType.TIMESTAMPTZ: Family.TIMESTAMPTZ,
    exp.DType.DECIMAL: Family.DECIMAL,
    exp.DType.FLOAT: Family.REAL,
    exp.DType.DOUBLE: Family.DOUBLE,
    exp.DType.UUID: Family.UUID,
    exp.DType.VARBINARY: Family.BLOB,
}
_KINDS = {of: kind for kind, of in _CAST_FAMILIES.items() if kind is not exp.DType.TIMESTAMPNTZ}
# The family of a constant, and that of the column beside it → the family that the constant is written in.
_WRITTEN = {
    (Family.DATE, Family.TIMESTAMP): Family.DATE,
    (Family.TIMESTAMP, Family.DATE): Family.TIMESTAMP,
    (Family.TIMESTAMPTZ, Family.TIMESTAMP): Family.TIMESTAMP,
    (Family.TIMESTAMP, Family.TIMESTAMPTZ): Family.TIMESTAMPTZ,
    (Family.DATE, Family.TIMESTAMPTZ): Family.TIMESTAMPTZ,
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
    return bool(_INTEGER.fullmatch(digits) or _DECIMAL.fullmatch(digits) or _EXPONENT.fullmatch(digits))


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
        return _exact(constant.this, of) if kind in EXACT_NUMBERS else _from_text(constant.this, kind)
    return _number(constant, of)


def default_beside(constant: exp.Expr, of: str) -> exp.Expr:
    """``constant`` where it stands for a value of the DuckDB type ``of``, which it is without being rounded."""
    decimal = family(of) is Family.DECIMAL
    if isinstance(constant, exp.Cast) and (decimal or _CAST_FAMILIES.get(constant.to.this) is not family(of)):
        raise Refused(f"a constant of another type stands for {family(of)}")
    made = beside(constant, of)
    plain = _NUMBER_TEXT.fullmatch(_digits(made)) is not None
    if family(of) in EXACT_NUMBERS and not (plain and holds(of, _digits(made))):
        raise Refused(f"the number is not a plain {of}")
    return made


def _digits(number: exp.Expr) -> str:
    return f"-{number.this.this}" if isinstance(number, exp.Neg) else str(number.this)


def floating(constant: exp.Expr) -> Family | None:
    """REAL or DOUBLE, where that is the type of a constant by itself: DuckDB compares in it then."""
    if isinstance(constant, exp.Cast):
        kind = _CAST_FAMILIES.get(constant.to.this)
        return kind if kind in _FLOATS else None
    number = constant.this if isinstance(constant, exp.Neg) else constant
    plain = isinstance(number, exp.Literal) and not number.is_string
    return Family.DOUBLE if plain and _EXPONENT.fullmatch(number.this) else None


def _exact(text: str, of: str) -> exp.Expr:
    """A text beside an exact number: DuckDB reads it as one of that type, and would round or raise where it is not."""
    if not _NUMBER_TEXT.fullmatch(text) or not holds(of, text):
        raise Refused(f"the constant is not in the one spelling of {family(of)} that every store reads alike")
    number = exp.Literal.number(text.lstrip("-"))
    return exp.Neg(this=number) if text.startswith("-") else number


def _number(constant: exp.Expr, of: str) -> exp.Expr:
    digits = constant.this.this if isinstance(constant, exp.Neg) else constant.this
    if family(of) in _NUMBERS and _is_plain(constant):
        _check_digits(digits, of)
        return constant.copy()
    raise Refused(f"a number is not compared with {family(of)} alike everywhere")


def _check_digits(digits: str, of: str) -> None:
    exact = family(of) in EXACT_NUMBERS and not _EXPONENT.fullmatch(digits)
    if exact and not fit_one_decimal(literal_type(digits), of):
        raise Refused(f"no DECIMAL of DuckDB holds both the number and {of}")


def _typed(constant: exp.Cast, of: str) -> exp.Expr:
    kind, beside_of = _CAST_FAMILIES.get(constant.to.this), family(of)
    text = constant.this.this
    if (kind, beside_of) == (Family.TIMESTAMP, Family.DATE) and (midnight := _MIDNIGHT.fullmatch(text)):
        # As DuckDB does it, so that an index on the days is of use.
        return _from_text(midnight[1], Family.DATE)
    if kind is Family.DECIMAL and beside_of in EXACT_NUMBERS:
        if _NUMBER_TEXT.fullmatch(text):
            _check_digits(text, of)
            return constant.copy()
        raise Refused("the number is not spelled plainly")
    numbers = kind in _FLOATS and beside_of in _NUMBERS
    written = kind if kind is None or kind is beside_of or numbers else _WRITTEN.get((kind, beside_of))
    if written is None:
        raise Refused(f"a constant of another type is compared with {beside_of}")
    return _from_text(_moment(text) if kind is Family.TIMESTAMPTZ is not written else text, written)


def _moment(text: str) -> str:
    """What a clock shows at an instant; the only time zone is UTC."""
    match = _TIMESTAMP.fullmatch(text)
    return text.removesuffix(match[3] or "") if match else text


def _from_text(text: str, of: Family) -> exp.Expr:
    """A string that stands beside a column takes the column's type in DuckDB; only canonical spellings are sent on."""
    if of is Family.TEXT:
        return exp.Literal.string(text)
    if of is Family.BOOLEAN and text in ("true", "false"):
        return exp.Boolean(this=text == "true")
    written = _canonical(text, of)
    if written is None:
        raise Refused(f"the constant is not in the one spelling of {of} that every store reads alike")
    return exp.cast(exp.Literal.string(written), exp.DataType(this=_KINDS[of]))


def _canonical(text: str, of: Family) -> str | None:
    if of in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        return _canonical_moment(text, of)
    if of is Family.DATE:
        return text if _DATE.fullmatch(text) and _exists(text) else None
    if of is Family.TIME:
        return text if _TIME.fullmatch(text) else None
    if of is Family.INTERVAL:
        return text if _INTERVAL.fullmatch(text) else None
    if of is Family.UUID:
        return text.lower() if _UUID.fullmatch(text.lower()) else None
    if of is Family.BLOB:
        return text if _BLOB.fullmatch(text) else None
    return text if of in _FLOATS and _is_float(text, of) else None


def _canonical_moment(text: str, of: Family) -> str | None:
    match = _TIMESTAMP.fullmatch(text)
    if match is None or not _exists(text) or (match[3] and of is Family.TIMESTAMP):
        return None
    return f"{match[1]} {match[2] or '00:00:00'}{'+00' if of is Family.TIMESTAMPTZ else ''}"


def _is_float(text: str, of: Family) -> bool:
    """Whether both engines read the text, and as the same value; what is too large or too small may be an error."""
    if not _FLOAT_TEXT.fullmatch(text):
        return False
    least, most = (1e-37, 3e38) if of is Family.REAL else (1e-307, 1e308)
    return not text[-1].isdigit() or float(text) == 0 or least < abs(float(text)) < most


def _exists(text: str) -> bool:
    """Whether the calendar has this day; DuckDB's own complaint about one that does not exist must be kept."""
    try:
        date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
