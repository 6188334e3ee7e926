"""From each claim to the fragments that put it to the test."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from connectors.spi import Capabilities, Claim, Clause, Fidelity
from connectors.testing.awkward import FOREIGN, MIXED, VALUES, constants
from connectors.types import Family, family

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
AGGREGATES = ("COUNT", "SUM", "MIN", "MAX")


@dataclass(frozen=True)
class Case:
    """One fragment over ``t``: id and g are INTEGER, a and n of the first type, b of the second; n is all NULL."""

    sql: str
    types: tuple[str, str]
    ordered: bool = False


def cases(claim: Claim, capabilities: Capabilities) -> Iterator[Case]:
    """Every fragment for one claim, its clauses taken from ``capabilities``."""
    for type_name in VALUES:
        if family(type_name) is claim.family:
            for sql, ordered in _texts(claim, type_name, capabilities):
                yield Case(sql, (type_name, type_name), ordered)
    if claim.operator in (*COMPARISONS, "IS DISTINCT FROM"):
        yield from _mixed(claim, capabilities)


def _mixed(claim: Claim, capabilities: Capabilities) -> Iterator[Case]:
    for left, right in MIXED:
        families = {family(left), family(right)}
        claimed = all(capabilities.fidelity(claim.operator, of) is not Fidelity.NONE for of in families)
        if claim.family in families and claimed:
            yield Case(_where(f"t.a {claim.operator} t.b"), (left, right))
            if claim.fidelity is Fidelity.EXACT:
                yield Case(_where(f"NOT (t.b {claim.operator} t.a)"), (left, right))


def _texts(claim: Claim, type_name: str, capabilities: Capabilities) -> Iterator[tuple[str, bool]]:
    if claim.operator in AGGREGATES:
        yield from ((sql, False) for sql in _aggregates(claim.operator, capabilities))
    elif claim.operator == "GROUP BY":
        yield from ((sql, False) for sql in _groups(capabilities))
    elif claim.operator == "ORDER BY":
        yield from ((sql, True) for sql in _orders(capabilities))
    else:
        yield from ((sql, False) for sql in _filters(claim, type_name))
        if claim.operator == "=" and Clause.JOIN in capabilities.clauses:
            yield (
                "SELECT l.id AS one, r.id AS other, r.a FROM t AS l CROSS JOIN t AS r WHERE l.a = r.b AND l.g = r.g",
                False,
            )


def _where(predicate: str) -> str:
    return f"SELECT t.id FROM t AS t WHERE {predicate}"


def _filters(claim: Claim, type_name: str) -> Iterator[str]:
    positive = list(_predicates(claim, type_name))
    yield from (_where(predicate) for predicate in positive)
    if claim.fidelity is Fidelity.EXACT:
        # NOT turns an UNKNOWN that was taken for FALSE into a row too many.
        yield from (_where(f"NOT ({predicate})") for predicate in positive)
        for one, other in list(pairwise(positive))[-3:]:
            yield from (_where(f"({one}) AND NOT ({other})"), _where(f"({one}) OR NOT ({other})"))


def _predicates(claim: Claim, type_name: str) -> Iterator[str]:
    operator = claim.operator
    values = constants(type_name)
    foreign = FOREIGN.get(type_name, ())
    if operator == "IS NULL":
        yield from ("t.a IS NULL", "t.n IS NULL", "t.a IS NULL AND t.b IS NULL")
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


def _aggregates(operator: str, capabilities: Capabilities) -> Iterator[str]:
    called = f"{operator}(t.a) AS v, {operator}(t.n) AS w"
    yield f"SELECT {called} FROM t AS t"
    if operator == "COUNT":
        yield "SELECT COUNT(*) AS v FROM t AS t"
    if capabilities.fidelity("GROUP BY", Family.INTEGER) is Fidelity.EXACT:
        yield f"SELECT t.g, {called} FROM t AS t GROUP BY t.g"
        if operator == "COUNT" and Clause.HAVING in capabilities.clauses:
            yield f"SELECT t.g, {called} FROM t AS t GROUP BY t.g HAVING COUNT(*) > 9"


def _groups(capabilities: Capabilities) -> Iterator[str]:
    yield "SELECT t.a FROM t AS t GROUP BY t.a"
    yield "SELECT t.b, t.n, t.a FROM t AS t GROUP BY t.a, t.b, t.n"
    if capabilities.fidelity("COUNT", Family.INTEGER) is Fidelity.EXACT:
        yield "SELECT t.a, COUNT(*) AS v, COUNT(t.g) AS w FROM t AS t GROUP BY t.a"


def _orders(capabilities: Capabilities) -> Iterator[str]:
    if capabilities.fidelity("ORDER BY", Family.INTEGER) is not Fidelity.EXACT:
        return
    for way in ("ASC NULLS LAST", "ASC NULLS FIRST", "DESC NULLS LAST", "DESC NULLS FIRST"):
        for limit in (0, 1, 7, 100_000):
            yield f"SELECT t.id, t.a FROM t AS t ORDER BY t.a {way}, t.id ASC NULLS LAST LIMIT {limit}"
