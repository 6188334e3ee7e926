"""Arithmetic. Each result is cast to DuckDB's type for it, so that value and overflow are DuckDB's."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from connectors.render.conversions import bounded, converted
from connectors.render.native import native_type
from connectors.render.operands import Operand
from connectors.types import Family, family

Values = Sequence[Operand]
Compute = Callable[[str, Values, tuple[str, ...], str], Operand]
"""From the name of an operation, its operands, its settings and its DuckDB type to the operand it makes."""


def _made(sql: str, to: str, native: str, values: Values) -> Operand:
    return Operand(sql, family(to), native, total=all(value.total for value in values), type=to)


def _integer(sql: str, to: str, values: Values) -> Operand:
    """Postgres raises by itself at the ends of its own types; at those of others it is made to."""
    own = to in ("SMALLINT", "INTEGER", "BIGINT")
    return _made(sql if own else bounded(sql, to), to, native_type(to), values)


def _decimal(sql: str, to: str, values: Values) -> Operand:
    return _made(f"{sql}::{native_type(to)}", to, native_type(to), values)


def _same_width(values: Values, to: str) -> list[str]:
    """Integers in the native form of ``to``, which is where DuckDB takes them before it computes."""
    native = native_type(to)
    return [value.sql if value.native == native else f"{value.sql}::{native}" for value in values]


def _sum(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    one, other = values
    of = family(to)
    _check_numbers(values, of)
    if of is Family.INTEGER:
        left, right = _same_width(values, to)
        return _integer(f"({left} {name} {right})", to, values)
    if of is Family.DECIMAL:
        return _decimal(f"({one.sql} {name} {other.sql})", to, values)
    return _floating(name, values, to)


def _floating(name: str, values: Values, to: str) -> Operand:
    """In the width of ``to``, which is where DuckDB takes both sides before it computes."""
    left, right = (converted(value, to).sql for value in values)
    return _made(f"({left} {name} {right})", to, native_type(to), values)


def _check_numbers(values: Values, of: Family) -> None:
    known = (Family.INTEGER, Family.DECIMAL, Family.REAL, Family.DOUBLE)
    if of not in known or not all(value.family in known for value in values):
        raise ValueError("arithmetic is rendered only over numbers that are computed alike everywhere")


def _quotient(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    """Division by zero is raised, and DuckDB then computes the fragment: it has infinities for an answer."""
    _check_numbers(values, family(to))
    if to not in ("FLOAT", "DOUBLE"):
        raise ValueError("division is rendered only where it gives FLOAT or DOUBLE")
    return _floating("/", values, to)


def _whole_quotient(name: str, values: Values, settings: tuple[str, ...], to: str) -> Operand:
    """Only between integers is anything cut off."""
    if family(to) is not Family.INTEGER:
        return _quotient(name, values, settings, to)
    if {value.family for value in values} != {Family.INTEGER}:
        raise ValueError("// is rendered only over integers")
    left, right = _same_width(values, to)
    return _integer(_divided(left, right, to), to, values)


def _divided(left: str, right: str, to: str) -> str:
    return f"div({left}, {right})" if native_type(to).startswith("numeric") else f"({left} / {right})"


def _remainder(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    _check_numbers(values, family(to))
    one, other = values
    if family(to) is Family.DECIMAL:
        return _decimal(f"({one.sql} % {other.sql})", to, values)
    if family(to) is not Family.INTEGER:
        raise ValueError("remainders of floats are not alike everywhere")
    left, right = _same_width(values, to)
    if other.constant and other.sql.isdigit():
        return _integer(f"({left} % {right})", to, values)
    # The least integer % -1 is 0 to Postgres, and an overflow to DuckDB as it is to this division.
    return _integer(f"({left} - {_divided(left, right, to)} * {right})", to, values)


def _signed(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    _check_numbers(values, family(to))
    whole = _same_width(values, to)[0] if family(to) is Family.INTEGER else value.sql
    sql = f"(-{whole})" if name == "NEG" else f"abs({whole})"
    if family(to) is Family.INTEGER:
        return _integer(sql, to, values)
    return _decimal(sql, to, values) if family(to) is Family.DECIMAL else _made(sql, to, value.native, values)


def _rounded(_: str, values: Values, settings: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    digits = settings[0] if settings else "0"
    if family(to) is Family.INTEGER and value.family is Family.INTEGER:
        return converted(_tens(value, digits) if digits.startswith("-") else value, to)
    if family(to) is Family.DECIMAL and value.family is Family.DECIMAL:
        return _decimal("0" if _is_nothing(value.type, digits) else f"round({value.sql}, {digits})", to, values)
    raise ValueError(f"{value.family} is not rounded alike everywhere")


def _is_nothing(type_name: str, digits: str) -> bool:
    """Whether a decimal has no such digit: DuckDB takes that for zero then, even where there is no number at all."""
    most, scale = map(int, type_name.removeprefix("DECIMAL(").rstrip(")").split(","))
    return int(digits) < scale - most


def _tens(value: Operand, digits: str) -> Operand:
    """A whole number rounded before its point; only of numeric is it rounded there."""
    return replace(value, sql=f"round({value.sql}::numeric, {digits})", native="numeric", type="HUGEINT")


def _stepped(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    """CEIL, FLOOR and TRUNC."""
    (value,) = values
    _check_numbers(values, family(to))
    if family(to) is Family.DECIMAL:
        return _decimal(f"{name.lower()}({value.sql})", to, values)
    if value.family in (Family.INTEGER, Family.DECIMAL) and to not in ("FLOAT", "DOUBLE"):
        return converted(value, to)
    # Postgres computes it in double precision always, but the steps of a real are reals.
    stepped = f"{name.lower()}({converted(value, 'DOUBLE').sql})"
    return _made(stepped if to == "DOUBLE" else f"{stepped}::real", to, native_type(to), values)


def _sign(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    _check_numbers(values, family(to))
    return _made(f"sign({values[0].sql})::smallint", to, "smallint", values)


def _root(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    """The one function beyond arithmetic that every machine rounds alike; of less than nothing it is raised."""
    _check_numbers(values, family(to))
    return _made(f"sqrt({converted(values[0], 'DOUBLE').sql})", to, "double precision", values)


def _bits(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    """Bit by bit, which Postgres does in its own types only: where more of them are needed it raises."""
    if {family(to), *(value.family for value in values)} != {Family.INTEGER}:
        raise ValueError(f"{name} is rendered only over integers")
    of = "BIGINT" if native_type(to).startswith("numeric") else to
    left, right = _same_width(values, of)
    sql = f"({left} {'#' if name == 'XOR' else name} {right})"
    return converted(_made(sql, of, native_type(of), values), to)


def _divisor(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    """GCD and LCM."""
    if {family(to), *(value.family for value in values)} != {Family.INTEGER}:
        raise ValueError(f"{name} is rendered only over integers")
    left, right = _same_width(values, to)
    return _integer(f"{name.lower()}({left}, {right})", to, values)


_ENDLESS_FAMILIES = frozenset({Family.REAL, Family.DOUBLE, Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ})
_ASKED = {
    "ISNAN": "({0} = 'NaN')",
    "ISINF": "({0} IN ('Infinity', '-Infinity'))",
    "ISFINITE": "({0} NOT IN ('NaN', 'Infinity', '-Infinity'))",
}
_ASKED_OF_DAYS = {"ISINF": "(NOT isfinite({0}))", "ISFINITE": "isfinite({0})"}


def _asked(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    """Whether a value is a number, or a day, among all the others."""
    (value,) = values
    known = _ASKED if value.family in (Family.REAL, Family.DOUBLE) else _ASKED_OF_DAYS
    if to != "BOOLEAN" or value.family not in _ENDLESS_FAMILIES or name not in known:
        raise ValueError(f"{name} of {value.family} is not rendered")
    return _made(known[name].format(value.sql), to, "boolean", values)


NUMBERS: dict[str, Compute] = {
    "+": _sum,
    "-": _sum,
    "*": _sum,
    "/": _quotient,
    "//": _whole_quotient,
    "%": _remainder,
    "NEG": _signed,
    "ABS": _signed,
    "ROUND": _rounded,
    "CEIL": _stepped,
    "FLOOR": _stepped,
    "TRUNC": _stepped,
    "SIGN": _sign,
    "SQRT": _root,
    "&": _bits,
    "|": _bits,
    "XOR": _bits,
    "GCD": _divisor,
    "LCM": _divisor,
    "ISNAN": _asked,
    "ISINF": _asked,
    "ISFINITE": _asked,
}
