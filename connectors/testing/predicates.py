"""Conditions over every type: comparisons, lists, NULLs, each in both directions of three-valued logic."""

from collections.abc import Iterator
from itertools import pairwise

from connectors.spi import Capabilities, Claim, Clause, Fidelity
from connectors.testing.awkward import FOREIGN, WIDE, constants
from connectors.testing.case import Case, together, where
from connectors.types import Family

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM")
WITH_CONSTANTS = ("IN", "BETWEEN")
_AT_ONCE = 80


def filters(claim: Claim, types: tuple[str, str], capabilities: Capabilities) -> Iterator[Case]:
    """Every condition; given out as a value where the store can do that, so that one fragment shows many."""
    foreign = FOREIGN.get(types[0], ())
    if claim.operator in COMPARISONS and capabilities.fidelity(claim.operator, Family.DOUBLE) is Fidelity.EXACT:
        foreign += WIDE.get(types[0], ())
    positive = list(_predicates(claim, types[0], foreign))
    exact = claim.fidelity is Fidelity.EXACT
    # NOT turns an UNKNOWN that was taken for FALSE into a row too many.
    texts = positive + ([f"NOT ({predicate})" for predicate in positive] if exact else [])
    for one, other in list(pairwise(positive))[-3:] if exact else ():
        texts += [f"({one}) AND NOT ({other})", f"({one}) OR NOT ({other})"]
    if not exact or Clause.PROJECT not in capabilities.clauses:
        yield from (Case(where(text), types) for text in texts)
        return
    for at in range(0, len(texts), _AT_ONCE):
        yield together([(text, where(text)) for text in texts[at : at + _AT_ONCE]], types)
    yield from (Case(where(text), types) for text in (*positive[:1], *texts[len(positive) : len(positive) + 1]))


def _predicates(claim: Claim, type_name: str, foreign: tuple[str, ...]) -> Iterator[str]:
    operator = claim.operator
    values = constants(type_name)
    if operator == "IS NULL":
        yield from ("t.a IS NULL", "t.n IS NULL", "t.a IS NULL AND t.b IS NULL")
    elif operator == "NULL":
        yield from ("t.a AND NULL", "t.a OR NULL", "(t.a = t.b OR NULL) IS NULL", "t.a AND NOT NULL")
    elif operator == "IN":
        yield from (f"t.a IN ({value}, {other})" for value, other in zip(values, values[1:] + values[:1], strict=True))
        yield from (f"t.a IN ({value})" for value in values[:2] + foreign)
        if values:
            yield f"t.n IN ({', '.join(values)})"
    elif operator == "BETWEEN":
        yield from (f"t.a BETWEEN {low} AND {high}" for low in values[:3] for high in values[-3:])
        yield from (f"t.a BETWEEN {low} AND {high}" for low in foreign for high in foreign)
        yield from (f"t.n BETWEEN {value} AND {value}" for value in values[:1])
    else:
        yield from (f"t.a {operator} t.b", f"t.n {operator} t.b", f"t.a {operator} t.n")
        yield from (f"t.a {operator} {value}" for value in values + foreign)
        yield from (f"{value} {operator} t.a" for value in values[-1:] + foreign[-1:])
        yield from ("t.a", "NOT t.a OR t.b") if (operator, claim.family) == ("=", Family.BOOLEAN) else ()
