"""Operations over texts, in characters as DuckDB counts them, code points; and over bytes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connectors.render.conversions import cast
from connectors.render.native import native_type, text
from connectors.render.numbers import Compute, Values
from connectors.render.operands import BINARY, MIXED, Operand
from connectors.types import Family, family

_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What DuckDB trims; Postgres by itself would trim the first only."""


def collation_of(values: Iterable[Operand]) -> str:
    """The collation that Postgres derives for a text made of these."""
    known = {value.collation for value in values if value.collation}
    if BINARY in known:
        return BINARY
    return known.pop() if len(known) == 1 else MIXED if known else ""


def met(values: Values) -> list[Operand]:
    """Texts that are looked for in one another, which Postgres does under a collation that it can name."""
    known = {value.collation for value in values if value.collation}
    if len(known) < 2 and MIXED not in known:
        return list(values)
    at = next(number for number, value in enumerate(values) if value.collation not in ("", BINARY))
    return [value.binary() if number == at else value for number, value in enumerate(values)]


def only_texts(values: Values) -> Values:
    """The operands. Raises ValueError where one is no text."""
    if any(value.family is not Family.TEXT for value in values):
        raise ValueError("an operation over texts is rendered only over texts")
    return values


def made(sql: str, type_name: str, values: Values, *, total: bool | None = None) -> Operand:
    """What is computed of texts; unless it is said, it is NULL where one of them is."""
    known = all(value.total for value in values) if total is None else total
    collation = collation_of(values) if type_name == "VARCHAR" else ""
    return Operand(sql, family(type_name), native_type(type_name), collation, total=known, type=type_name)


@dataclass(frozen=True)
class _Form:
    """SQL over the operands and then the settings. ``meeting`` where texts are looked for within others."""

    sql: str
    type: str = "VARCHAR"
    meeting: bool = False


_FORMS = {
    "LENGTH": _Form("length({0})::bigint", "BIGINT"),
    "STRLEN": _Form("octet_length({0})::bigint", "BIGINT"),
    "BIT_LENGTH": _Form("bit_length({0})::bigint", "BIGINT"),
    "ASCII": _Form("ascii({0})", "INTEGER"),
    "LEFT": _Form("left({0}, {1})"),
    "RIGHT": _Form("right({0}, {1})"),
    "REPLACE": _Form("replace({0}, {1}, {2})", meeting=True),
    "TRANSLATE": _Form("translate({0}, {1}, {2})"),
    "LPAD": _Form("lpad({0}, {2}, {1})"),
    "RPAD": _Form("rpad({0}, {2}, {1})"),
    "REPEAT": _Form("repeat({0}, {1})"),
    "SPLIT_PART": _Form("split_part({0}, {1}, {2})", meeting=True),
    "STRPOS": _Form("strpos({0}, {1})::bigint", "BIGINT", meeting=True),
    "STARTS WITH": _Form("starts_with({0}, {1})", "BOOLEAN", meeting=True),
    "CONTAINS": _Form("(strpos({0}, {1}) > 0)", "BOOLEAN", meeting=True),
}
_TRIMMED = {"TRIM": "btrim", "LTRIM": "ltrim", "RTRIM": "rtrim"}
_OF_BYTES = {
    "ENCODE": _Form("{0}", "BLOB"),
    "OCTET_LENGTH": _Form("octet_length({0})::bigint", "BIGINT"),
    "MD5": _Form("md5({0})"),
    "SHA256": _Form("encode(sha256({0}), 'hex')"),
    "HEX": _Form("upper(encode({0}, 'hex'))"),
    "BASE64": _Form("replace(encode({0}, 'base64'), chr(10), '')"),
}


def _formed(name: str, values: Values, settings: tuple[str, ...], _: str) -> Operand:
    form = _FORMS[name]
    if form.sql.count("{") != len(values) + len(settings):
        raise ValueError(f"{name} is rendered only with all that belongs to it")
    found = met(only_texts(values)) if form.meeting else only_texts(values)
    return made(form.sql.format(*(value.sql for value in found), *settings), form.type, found)


def _of_bytes(name: str, values: Values, _: tuple[str, ...], __: str) -> Operand:
    (value,) = values
    if value.family not in (Family.TEXT, Family.BLOB):
        raise ValueError(f"{name} is rendered only over texts and bytes")
    form = _OF_BYTES[name]
    sql = f"convert_to({value.sql}, 'UTF8')" if value.family is Family.TEXT else value.sql
    return replace(made(form.sql.format(sql), form.type, [value]), collation=MIXED if form.type == "VARCHAR" else "")


def _trimmed(name: str, values: Values, _: tuple[str, ...], __: str) -> Operand:
    value, *given = only_texts(values)
    blanks = given[0].sql if given else text(_BLANKS)
    return made(f"{_TRIMMED[name]}({value.sql}, {blanks})", "VARCHAR", values)


def _part(_: str, values: Values, settings: tuple[str, ...], __: str) -> Operand:
    (value,) = values
    if value.family not in (Family.TEXT, Family.BLOB) or not settings:
        raise ValueError("SUBSTR is rendered only over texts and bytes, and with plain numbers")
    to = "BLOB" if value.family is Family.BLOB else "VARCHAR"
    return made(f"substr({value.sql}, {', '.join(settings)})", to, values)


def _split(name: str, values: Values, settings: tuple[str, ...], to: str) -> Operand:
    """DuckDB has nothing at 0, where Postgres raises."""
    return _formed(*(("LEFT", values[:1]) if settings == ("0",) else (name, values)), settings, to)


def _ends(_: str, values: Values, __: tuple[str, ...], ___: str) -> Operand:
    """A column is written down once, since it may be a long expression."""
    value, end = met(only_texts(values))
    plain = f"(right({value.sql}, length({end.sql})) = {end.sql})"
    return made(plain if end.constant else f"starts_with(reverse({value.sql}), reverse({end.sql}))", "BOOLEAN", values)


def _like(_: str, values: Values, settings: tuple[str, ...], __: str) -> Operand:
    value, pattern = met(only_texts(values))
    escape = f" ESCAPE {text(settings[0])}" if settings else _unescaped(pattern.sql, known=pattern.constant)
    return made(f"({value.sql} LIKE {pattern.sql}{escape})", "BOOLEAN", values)


def _unescaped(pattern: str, *, known: bool = True) -> str:
    """To Postgres the backslash is an escape unless another is named, to DuckDB nothing is."""
    return "" if known and "\\" not in pattern else " ESCAPE ''"


def _glob(name: str, values: Values, settings: tuple[str, ...], to: str) -> Operand:
    """What is left of it is what the text starts with."""
    if len(settings) != 1:
        raise ValueError(f"{name} is rendered only with a constant")
    return _formed("STARTS WITH", [*values, Operand(text(settings[0]), Family.TEXT, constant=True, total=True)], (), to)


def _spelled(values: Values) -> Values:
    return [value if value.family is Family.TEXT else cast(value, "VARCHAR") for value in values]


def _joined(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    if family(to) is Family.BLOB:
        if any(value.family is not Family.BLOB for value in values):
            raise ValueError("bytes are put together only with bytes")
        return made(f"({' || '.join(value.sql for value in values)})", to, values)
    found = _spelled(values)
    typed = [f"{value.sql}::text" if value.native == "" else value.sql for value in found]
    return made(f"({' || '.join(typed)})", "VARCHAR", found)


def _concatenated(_: str, values: Values, __: tuple[str, ...], ___: str) -> Operand:
    found = _spelled(values)
    return made(f"concat({', '.join(value.sql for value in found)})", "VARCHAR", found, total=True)


def _separated(_: str, values: Values, __: tuple[str, ...], ___: str) -> Operand:
    found = _spelled(values)
    return made(f"concat_ws({', '.join(value.sql for value in found)})", "VARCHAR", found, total=found[0].total)


TEXTS: dict[str, Compute] = {
    **dict.fromkeys(_FORMS, _formed),
    **dict.fromkeys(_OF_BYTES, _of_bytes),
    **dict.fromkeys(_TRIMMED, _trimmed),
    "SUBSTR": _part,
    "SPLIT_PART": _split,
    "ENDS WITH": _ends,
    "LIKE": _like,
    "GLOB": _glob,
    "||": _joined,
    "CONCAT": _concatenated,
    "CONCAT_WS": _separated,
}

WEAK = frozenset({"LOWER", "UPPER", "ILIKE"})
"""Alike for ASCII only, since what is the other case of a letter depends on the server and its version."""


def weak(name: str, values: Values, settings: tuple[str, ...]) -> tuple[Operand, str]:
    """An operation that is DuckDB's for ASCII, and the guard that is true wherever it may not be."""
    (value,) = (found.binary() for found in only_texts(values))
    guard = f"octet_length({value.sql}) <> char_length({value.sql})"
    if name != "ILIKE":
        return replace(made(f"{name.lower()}({value.sql})", "VARCHAR", [value]), collation=BINARY), guard
    # A letter beyond ASCII may have its other case within: the Kelvin sign is a K.
    pattern = text(settings[0])
    matched = made(f"({value.sql} ILIKE {pattern}{_unescaped(pattern)})", "BOOLEAN", [value])
    return matched, guard if settings[0].isascii() else "TRUE"
