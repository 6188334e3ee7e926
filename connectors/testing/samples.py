"""Expressions of every operation of the vocabulary over a type, and the rows over which they have an answer."""

from dataclasses import dataclass

from connectors.testing import samples_of_times
from connectors.testing.awkward import constants
from connectors.testing.samples_of_numbers import BITS, CALLS, QUESTIONS, of_bits, of_calls
from connectors.testing.samples_of_texts import BYTES, TEXTS, TRUTHS
from connectors.types import Family, family

_INFIX = ("+", "-", "*", "/", "//", "%", "||")
_DIVIDING = ("/", "//", "%")
_FLOATS = (Family.REAL, Family.DOUBLE)
_NUMBERS = (Family.INTEGER, Family.DECIMAL, *_FLOATS)
_CASTS = {
    "INTEGER": ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT"),
    "DECIMAL": ("DECIMAL(38,2)", "DECIMAL(18,1)", "DECIMAL(5,1)"),
    "TEXT": ("VARCHAR",),
    "TIMESTAMPTZ": ("TIMESTAMP WITH TIME ZONE",),
}
_SAME_EVERYWHERE = "(t.{0} BETWEEN -100 AND 100 OR t.{0} IS NULL)"
_NO_DUST = "(t.{0} > 0.001 OR t.{0} <= 0.0 OR t.{0} IS NULL)"


@dataclass(frozen=True)
class Samples:
    """``texts`` in DuckDB's dialect. ``safely`` is the WHERE under which neither engine raises, where one is needed."""

    texts: tuple[str, ...] = ()
    safely: str = ""
    raising: bool = False
    truth: bool = False
    grouped: bool = False

    @property
    def further(self) -> str:
        """WHERE, so that a further condition can follow."""
        return f"{self.safely} AND" if self.safely else " WHERE"


def samples(operator: str, types: tuple[str, str]) -> Samples:
    """The expressions for an operator over ``t.a`` and ``t.b`` of these types; none for one that is not known."""
    of = family(types[0])
    if of in _NUMBERS and (operator in _INFIX or operator in CALLS):
        return Samples(
            _arithmetic(operator, types), _safe(operator, types), raising=True, grouped=_is_exact(operator, types)
        )
    if operator in BITS:
        return Samples(of_bits(operator), raising=True, grouped=True)
    if operator in QUESTIONS:
        return Samples(tuple(f"{operator.lower()}(t.{name})" for name in "abn"), truth=True)
    if operator.startswith("CAST TO "):
        texts = tuple(f"CAST(t.a AS {name})" for name in _targets(operator.removeprefix("CAST TO ")))
        return Samples(texts, _safe(operator, types[:1]), raising=of in _NUMBERS)
    if samples_of_times.is_of_times(operator, of):
        safely = samples_of_times.where(operator, types[0])
        texts = samples_of_times.texts(operator, types[0])
        grouped = samples_of_times.is_grouped(operator, of)
        return Samples(texts, f" WHERE {safely}" if safely else "", raising=bool(safely), grouped=grouped)
    known = BYTES if of is Family.BLOB else TEXTS
    if operator in known:
        return Samples(known[operator], truth=operator in TRUTHS, grouped=operator not in TRUTHS)
    return Samples(_chosen(operator, types))


def _is_exact(operator: str, types: tuple[str, str]) -> bool:
    """Whether the values are exact numbers; quotients, roots and the steps of integers are DOUBLE."""
    families = set(map(family, types))
    stepped = Family.INTEGER in families and operator in ("CEIL", "FLOOR")
    divided = operator == "/" or (operator == "//" and families != {Family.INTEGER})
    return _exact(types) and not stepped and not divided and operator != "SQRT"


def _exact(types: tuple[str, ...]) -> bool:
    return all(family(name) in (Family.INTEGER, Family.DECIMAL) for name in types)


def _arithmetic(operator: str, types: tuple[str, str]) -> tuple[str, ...]:
    if operator in _INFIX:
        fraction = ("t.a {0} 1.5", "0.5 {0} t.a") if operator != "//" and _exact(types) else ()
        fraction = () if (operator, family(types[0])) == ("%", Family.INTEGER) else fraction
        texts = ("t.a {0} t.b", "t.a {0} 7", "7 {0} t.a", "t.a {0} (-1)", "t.a {0} t.n", *fraction)
        return tuple(text.format(operator) for text in texts)
    return of_calls(operator)


def _safe(operator: str, types: tuple[str, ...]) -> str:
    parts: list[str] = []
    for name, type_name in zip("ab", types, strict=False):
        if family(type_name) not in _NUMBERS:
            continue
        parts.append(_SAME_EVERYWHERE.format(name))
        if family(type_name) in _FLOATS:
            parts.append(_NO_DUST.format(name))
        if operator in _DIVIDING:
            parts.append(f"(t.{name} <> 0 OR t.{name} IS NULL)")
        if operator == "SQRT":
            parts.append(f"(t.{name} >= 0 OR t.{name} IS NULL)")
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def _targets(name: str) -> tuple[str, ...]:
    return _CASTS.get(name, (name,))


def _chosen(operator: str, types: tuple[str, str]) -> tuple[str, ...]:
    """CASE, COALESCE, NULLIF, GREATEST and LEAST: of columns, of NULL, and of constants where they have a spelling."""
    value = next(iter(constants(types[0])[-2:]), "t.b")
    if operator == "CASE":
        return (
            "CASE WHEN t.g = 1 THEN t.a WHEN t.g IS NULL THEN t.b END",
            "CASE WHEN t.a = t.b THEN t.a WHEN t.a IS NULL THEN t.b ELSE NULL END",
            "CASE t.a WHEN t.b THEN t.n ELSE t.b END",
            f"CASE WHEN t.g = 0 OR t.a = {value} THEN {value} ELSE t.a END",
        )
    if operator not in ("COALESCE", "NULLIF", "GREATEST", "LEAST"):
        return ()
    pairs = ("t.a, t.b", "t.n, t.a", f"t.a, {value}")
    return tuple(
        f"{operator.lower()}({pair})" for pair in (*pairs, *(() if operator == "NULLIF" else ("t.n, t.b, t.a",)))
    )
