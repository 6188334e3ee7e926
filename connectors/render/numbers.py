"""Arithmetic. Each result is cast to DuckDB's type for it, so that value and overflow are DuckDB's."""

from collections.abc import Callable, Sequence

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
    left, right = (converted(value, "DOUBLE").sql for value in values)
    return _made(f"({left} {name} {right})", to, "double precision", values)


def _check_numbers(values: Values, of: Family) -> None:
    """REAL is not among them: Postgres would compute in another width."""
    known = (Family.INTEGER, Family.DECIMAL, Family.DOUBLE)
    if of not in known or not all(value.family in known for value in values):
        raise ValueError("arithmetic is rendered only over numbers that are computed alike everywhere")


def _quotient(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    """Division by zero is raised, and DuckDB then computes the fragment: it has infinities for an answer."""
    _check_numbers(values, family(to))
    if to != "DOUBLE":
        raise ValueError("division is rendered only where it gives DOUBLE")
    left, right = (converted(value, to).sql for value in values)
    return _made(f"({left} / {right})", to, "double precision", values)


def _whole_quotient(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    if {family(to), *(value.family for value in values)} != {Family.INTEGER}:
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
        raise ValueError("remainders of DOUBLE are not alike everywhere")
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
    if family(to) is Family.INTEGER and value.family is Family.INTEGER:
        return converted(value, to)
    if family(to) is Family.DECIMAL and value.family is Family.DECIMAL:
        return _decimal(f"round({value.sql}, {settings[0] if settings else 0})", to, values)
    raise ValueError(f"{value.family} is not rounded alike everywhere")


def _stepped(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    """CEIL and FLOOR."""
    (value,) = values
    _check_numbers(values, family(to))
    if family(to) is Family.DECIMAL:
        return _decimal(f"{name.lower()}({value.sql})", to, values)
    if to != "DOUBLE":
        return converted(value, to)
    return _made(f"{name.lower()}({converted(value, to).sql})", to, "double precision", values)


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
}
