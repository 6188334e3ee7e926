"""The rules of ``rules/*.txt``, and a table of awkward values for each native type that they speak of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).parent / "rules"
GROUPS = {
    "whole": ("smallint", "integer", "bigint"),
    "decimals": ("numeric(12,2)", "numeric(15,2)", "numeric(18,0)", "numeric(38,10)"),
    "floats": ("real", "double"),
    "texts": ("text", "varchar(10)", "char(5)"),
    "moments": ("date", "timestamp", "timestamptz"),
}


class Verdict(StrEnum):
    """What has to become of an expression.

    ``PUSHED`` goes down, and so does ``RAISING``, though PostgreSQL gives up over values that DuckDB computes with.
    ``WEAKER`` goes down as a condition that keeps more, and is looked at again. ``OPEN`` stays, though it could be
    computed alike. ``NEVER`` stays, because it could not. ``REFUSED`` is no question at all.
    """

    PUSHED = "pushed"
    RAISING = "raising"
    WEAKER = "weaker"
    OPEN = "open"
    NEVER = "never"
    REFUSED = "refused"


@dataclass(frozen=True, order=True)
class Rule:
    """An expression of DuckDB over the columns ``a`` and ``b`` of a table of one native type."""

    native: str
    expression: str
    verdict: Verdict


def rules() -> tuple[Rule, ...]:
    """Every line, once for each type it names. Raises ValueError for a line that says what another says too."""
    found: dict[tuple[str, str], Rule] = {}
    for path in sorted(FOLDER.glob("*.txt")):
        for line in path.read_text().splitlines():
            if not line or line.startswith("#"):
                continue
            verdict, types, expression = line.split(" | ", 2)
            for native in (one for word in types.split(" ") for one in GROUPS.get(word, (word,))):
                if (native, expression) in found:
                    raise ValueError(f"there are two rules for {expression} over {native}")
                found[native, expression] = Rule(native, expression, Verdict(verdict))
    return tuple(found.values())


_SMALL = ("-42", "-1", "0", "1", "2", "7")
_WORDS = ("", "a", "A", "B", "ä", "Z", "ß", "É", "a%", "a_", "it's", "日本", "😀", "e\u0301", "\u212a", "13", "ok")
_WORDS_OF_TEXT = (" ", "a ", "ab", "a\\", "a\\%", "naïve", "\u00a0a\u3000", "a\nb", "sS", "a-b", "ab   ")
_DAYS = ("0044-03-15 (BC)", "0001-01-01", "1998-09-02", "2000-02-29", "2024-12-30", "9999-12-31")
_HOURS = ("00:00:00", "23:59:59.999999", "10:00:00")
_MOMENTS = tuple(f"{day} {hour}" for day, hour in zip(_DAYS, _HOURS * 2, strict=True))
VALUES: dict[str, tuple[str | None, ...]] = {
    "smallint": (*_SMALL, "-32768", "32767", None),
    "integer": (*_SMALL, "-2147483648", "2147483647", None),
    "bigint": (*_SMALL, "-9223372036854775808", "9007199254740993", "9223372036854775807", None),
    "posint": ("1", "2", "7", "42", "2147483647", None),
    "numeric(12,2)": ("-9999999999.99", "-2.50", "-0.05", "0.00", "0.06", "1.00", "2.50", "9999999999.99", None),
    "numeric(15,2)": ("-9999999999999.99", "-2.50", "-0.05", "0.00", "0.06", "12.35", "9999999999999.99", None),
    "numeric(18,0)": (*_SMALL, "-999999999999999999", "999999999999999999", None),
    "numeric(38,10)": (
        "-9999999999999999999999999999.9999999999",
        "-2.5000000000",
        "-0.0050000000",
        "0.0000000000",
        "0.1000000000",
        "1.0000000001",
        "2.5000000000",
        "9999999999999999999999999999.9999999999",
        None,
    ),
    "real": ("-inf", "-2.5", "-0.0", "0.0", "0.1", "0.3", "1", "16777216", "3.4028235e38", "1e-45", "inf", "nan", None),
    "double": (
        "-inf",
        "-2.5",
        "-0.0",
        "0.0",
        "0.1",
        "0.5",
        "1",
        "9007199254740993",
        "1e308",
        "5e-324",
        "inf",
        "nan",
        None,
    ),
    "boolean": ("true", "false", None),
    "text": (*_WORDS, *_WORDS_OF_TEXT, None),
    "varchar(10)": (*_WORDS, *_WORDS_OF_TEXT, None),
    "char(5)": (*_WORDS, "ab", "a\\", "\u00a0a\u3000", "sS", None),
    "mood": ("sad", "ok", "Sad", "angry", None),
    "bytea": ("", r"\x00", r"\x61\x62", r"\x80\xFF", r"\x61\x00\x62", None),
    "date": ("-infinity", *_DAYS, "infinity", None),
    "timestamp": ("-infinity", *_MOMENTS, "infinity", None),
    "timestamptz": ("-infinity", *(f"{moment}+00" for moment in _MOMENTS), "2024-03-10 07:00:00+00", "infinity", None),
    "time": ("00:00:00", "00:00:00.000001", "12:34:56.789", "23:59:59.999999", "24:00:00", None),
    "interval": ("0 days", "1 month", "30 days", "24 hours", "-1 microsecond", "14 months 3 days 04:05:06.789", None),
    "uuid": (
        "00000000-0000-0000-0000-000000000000",
        "7fffffff-ffff-ffff-ffff-ffffffffffff",
        "80000000-0000-0000-0000-000000000000",
        "a0ffffff-ffff-ffff-ffff-ffffffffffff",
        None,
    ),
    "json": ("null", "{}", '{"a": 1, "b": [1, null]}', '{"a": 1, "a": 2}', '"text"', "[1, 2]", "1.0", None),
    "jsonb": ("null", "{}", '{"a": 1, "b": [1, null]}', '"text"', "[1, 2]", "1.0", None),
    "integer[]": ("[]", "[1, 2]", "[2, 1, 2]", "[NULL]", "[-2147483648, NULL]", None),
}
"""DuckDB's own texts for the values, by native type."""

SETUP = (
    "CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'angry', 'Sad')",
    "CREATE DOMAIN public.posint AS integer CHECK (VALUE > 0)",
)
NATIVE = {"double": "double precision", "mood": "public.mood", "posint": "public.posint"}


def table(native: str) -> str:
    """The name of the table whose rows are all pairs of the values of a type."""
    return f"rule_{list(VALUES).index(native)}"


def filled(native: str) -> Iterator[str]:
    """The statements that make it in PostgreSQL."""
    kind = NATIVE.get(native, native)
    yield f"CREATE TABLE {table(native)} (id integer PRIMARY KEY, a {kind}, b {kind})"
    yield f"INSERT INTO {table(native)} {pairs([f'{_spelled(native, value)}::{kind}' for value in VALUES[native]])}"
    yield f"ANALYZE {table(native)}"


def pairs(values: Sequence[str]) -> str:
    """A query for all pairs of some values, given as SQL, numbered in one order everywhere."""
    listed = ", ".join(f"({number}, {value})" for number, value in enumerate(values))
    numbered = f"x.n * {len(values)} + y.n"
    return f"SELECT {numbered}, x.v, y.v FROM (VALUES {listed}) AS x(n, v), (VALUES {listed}) AS y(n, v)"


def _spelled(native: str, value: str | None) -> str:
    """PostgreSQL's spelling of a value."""
    if value is None:
        return "NULL"
    if native == "bytea":
        value = "\\x" + value.replace("\\x", "")
    if native == "integer[]":
        value = value.replace("[", "{").replace("]", "}")
    return "'" + value.replace("'", "''").replace(" (BC)", " BC") + "'"
