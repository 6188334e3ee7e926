"""Operations over texts, in characters as DuckDB counts them: code points."""

from collections.abc import Iterable
from dataclasses import replace

from connectors.render.native import text
from connectors.render.numbers import Compute, Values
from connectors.render.operands import BINARY, MIXED, Operand
from connectors.types import Family

_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What DuckDB trims; Postgres by itself would trim the first only."""


def collation_of(values: Iterable[Operand]) -> str:
    """The collation that Postgres derives for a text made of these."""
    known = {value.collation for value in values if value.collation}
    if BINARY in known:
        return BINARY
    return known.pop() if len(known) == 1 else MIXED if known else ""


def _texts(values: Values) -> Values:
    if any(value.family is not Family.TEXT for value in values):
        raise ValueError("an operation over texts is rendered only over texts")
    return values


def _text(sql: str, values: Values, *, total: bool | None = None) -> Operand:
    known = all(value.total for value in values) if total is None else total
    return Operand(sql, Family.TEXT, "text", collation_of(values), total=known, type="VARCHAR")


def _number(sql: str, values: Values) -> Operand:
    known = all(value.total for value in values)
    return Operand(f"{sql}::bigint", Family.INTEGER, "bigint", total=known, type="BIGINT")


def _truth(sql: str, values: Values) -> Operand:
    return Operand(sql, Family.BOOLEAN, "boolean", total=all(value.total for value in values), type="BOOLEAN")


def _joined(_: str, values: Values, __: tuple[str, ...], ___: str) -> Operand:
    typed = [f"{value.sql}::text" if value.native == "" else value.sql for value in _texts(values)]
    return _text(f"({' || '.join(typed)})", values)


def _concatenated(_: str, values: Values, __: tuple[str, ...], ___: str) -> Operand:
    return _text(f"concat({', '.join(value.sql for value in _texts(values))})", values, total=True)


def _length(_: str, values: Values, __: tuple[str, ...], ___: str) -> Operand:
    return _number(f"length({_texts(values)[0].sql})", values)


def _trimmed(_: str, values: Values, __: tuple[str, ...], ___: str) -> Operand:
    return _text(f"btrim({_texts(values)[0].sql}, {text(_BLANKS)})", values)


def _part(name: str, values: Values, settings: tuple[str, ...], _: str) -> Operand:
    """SUBSTR, LEFT and RIGHT."""
    if not settings:
        raise ValueError(f"{name} is rendered only with plain numbers")
    return _text(f"{name.lower()}({_texts(values)[0].sql}, {', '.join(settings)})", values)


def _replaced(_: str, values: Values, settings: tuple[str, ...], __: str) -> Operand:
    (value,) = (found.settled() for found in _texts(values))
    if len(settings) != 2:
        raise ValueError("REPLACE is rendered only with what to put in the place")
    return _text(f"replace({value.sql}, {text(settings[0])}, {text(settings[1])})", [value])


def _position(_: str, values: Values, settings: tuple[str, ...], __: str) -> Operand:
    (value,) = (found.settled() for found in _texts(values))
    return _number(f"strpos({value.sql}, {text(settings[0])})", [value])


def _matches(name: str, values: Values, settings: tuple[str, ...], _: str) -> Operand:
    """LIKE with a pattern, and the three that look for a text as it stands."""
    (value,) = (found.settled() for found in _texts(values))
    if not settings:
        raise ValueError(f"{name} is rendered only with a constant")
    known = text(settings[0])
    written = {
        "LIKE": f"({value.sql} LIKE {known})",
        "STARTS WITH": f"starts_with({value.sql}, {known})",
        "ENDS WITH": f"(right({value.sql}, {len(settings[0])}) = {known})",
        "CONTAINS": f"(strpos({value.sql}, {known}) > 0)",
    }
    return _truth(written[name], [value])


TEXTS: dict[str, Compute] = {
    "||": _joined,
    "CONCAT": _concatenated,
    "LENGTH": _length,
    "TRIM": _trimmed,
    "SUBSTR": _part,
    "LEFT": _part,
    "RIGHT": _part,
    "REPLACE": _replaced,
    "STRPOS": _position,
    "LIKE": _matches,
    "STARTS WITH": _matches,
    "ENDS WITH": _matches,
    "CONTAINS": _matches,
}

WEAK = frozenset({"LOWER", "UPPER", "ILIKE"})
"""Alike for ASCII only, since what is the other case of a letter depends on the server and its version."""


def weak(name: str, values: Values, settings: tuple[str, ...]) -> tuple[Operand, str]:
    """An operation that is DuckDB's for ASCII, and the guard that is true wherever it may not be."""
    (value,) = (found.binary() for found in _texts(values))
    guard = f"octet_length({value.sql}) <> char_length({value.sql})"
    if name != "ILIKE":
        made = _text(f"{name.lower()}({value.sql})", [value])
        return replace(made, collation=BINARY), guard
    # A letter beyond ASCII may have its other case within: the Kelvin sign is a K.
    return _truth(f"({value.sql} ILIKE {text(settings[0])})", [value]), guard if settings[0].isascii() else "TRUE"
