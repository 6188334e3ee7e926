"""One fragment over the table ``t`` of awkward values, and many of them in one."""

from collections.abc import Sequence
from dataclasses import dataclass

ROWS = "FROM t AS t"


@dataclass(frozen=True)
class Case:
    """One fragment over ``t``: id and g are INTEGER, a and n of the first type, b of the second; n is all NULL.

    ``parts`` are what it was put together from: they are tried one by one where the whole shows anything.
    """

    sql: str
    types: tuple[str, str]
    ordered: bool = False
    parts: tuple["Case", ...] = ()


def where(predicate: str) -> str:
    """The rows that satisfy a condition."""
    return f"SELECT t.id {ROWS} WHERE {predicate}"


def together(samples: Sequence[tuple[str, str]], types: tuple[str, str], rows: str = "") -> Case:
    """Expressions in one fragment that gives them all out; each comes with the fragment that shows it alone."""
    outputs = ", ".join(f"{text} AS v{number}" for number, (text, _) in enumerate(samples))
    return Case(f"SELECT t.id, {outputs} {ROWS}{rows}", types, parts=tuple(Case(sql, types) for _, sql in samples))
