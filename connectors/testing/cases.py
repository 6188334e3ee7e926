"""From each claim and each clause to the fragments that put it to the test."""

from collections.abc import Iterator

from connectors.spi import Capabilities, Claim, Clause, Fidelity
from connectors.testing.awkward import MIXED, VALUES
from connectors.testing.case import ROWS, Case, together, where
from connectors.testing.clauses import CLAUSES, groups, orders
from connectors.testing.gathering import AGGREGATES, gathered
from connectors.testing.predicates import COMPARISONS, WITH_CONSTANTS, filters
from connectors.testing.samples import Samples, samples
from connectors.testing.windowed import WINDOWED, windowed
from connectors.types import Family, family

_CLAUSE_TYPES = ("INTEGER", "VARCHAR", "DECIMAL(9,2)")


def cases(claim: Claim, capabilities: Capabilities) -> Iterator[Case]:
    """Every fragment for one claim, its clauses taken from ``capabilities``; none for an operator nobody knows."""
    for type_name in VALUES:
        if family(type_name) is claim.family:
            yield from _of_type(claim, type_name, capabilities)
    for left, right in MIXED:
        families = {family(left), family(right)}
        claimed = all(capabilities.fidelity(claim.operator, of) is not Fidelity.NONE for of in families)
        if claim.family in families and claimed:
            yield from _mixed(claim, (left, right), capabilities)


def _of_type(claim: Claim, type_name: str, capabilities: Capabilities) -> Iterator[Case]:
    types = (type_name, type_name)
    if claim.operator in AGGREGATES:
        yield from gathered(claim.operator, types, capabilities)
    elif claim.operator in WINDOWED:
        yield from windowed(claim.operator, types, capabilities)
    elif claim.operator == "GROUP BY":
        yield from (Case(sql, types) for sql in groups(capabilities))
    elif claim.operator == "ORDER BY":
        yield from (Case(sql, types, ordered=True) for sql in orders(capabilities))
    elif claim.operator in (*COMPARISONS, *WITH_CONSTANTS, "IS NULL", "NULL"):
        yield from filters(claim, types, capabilities)
    else:
        yield from _values(claim, samples(claim.operator, types), types, capabilities)


def _values(claim: Claim, made: Samples, types: tuple[str, str], capabilities: Capabilities) -> Iterator[Case]:
    """An operation where it is given out, where rows are chosen by it, and where they are put together by it."""
    if claim.fidelity is Fidelity.SUPERSET:
        yield from (Case(where(text), types) for text in made.texts)
        return
    if not made.texts or Clause.PROJECT not in capabilities.clauses:
        return
    yield together([(text, f"SELECT t.id, {text} AS v {ROWS}{made.safely}") for text in made.texts], types, made.safely)
    if made.raising:
        yield from (Case(f"SELECT t.id, {text} AS v {ROWS}", types) for text in made.texts[:2])
    if made.truth:
        yield from (Case(where(f"{word}({made.texts[0]})"), types) for word in ("", "NOT "))
    else:
        yield Case(f"SELECT t.id {ROWS}{made.further} NOT ({made.texts[0]} = {made.texts[-1]})", types)
    if made.grouped and Clause.GROUP_BY in capabilities.clauses:
        key = made.texts[0]
        yield Case(f"SELECT {key} AS k, COUNT(*) AS v {ROWS}{made.safely} GROUP BY {key} HAVING COUNT(*) > 2", types)


def _mixed(claim: Claim, types: tuple[str, str], capabilities: Capabilities) -> Iterator[Case]:
    if claim.operator in COMPARISONS:
        yield Case(where(f"t.a {claim.operator} t.b"), types)
        if claim.fidelity is Fidelity.EXACT:
            yield Case(where(f"NOT (t.b {claim.operator} t.a)"), types)
    elif Family.DATE not in map(family, types) and "HUGEINT" not in types:
        yield from _values(claim, samples(claim.operator, types), types, capabilities)


def clause_cases(clause: Clause, capabilities: Capabilities) -> Iterator[Case]:
    """Every fragment for one clause."""
    for type_name in _CLAUSE_TYPES:
        of = family(type_name)
        known = all(capabilities.fidelity(name, of) is Fidelity.EXACT for name in ("=", "IS NULL"))
        if known or clause in (Clause.PROJECT, Clause.WHERE):
            yield from (Case(sql, (type_name, type_name)) for sql in CLAUSES[clause](capabilities, of))
