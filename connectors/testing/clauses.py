"""Whole queries for every clause, over a type that can be compared: joins, subqueries, sets, groups, orders."""

from collections.abc import Callable, Iterator

from connectors.spi import Capabilities, Clause, Fidelity
from connectors.testing.case import ROWS
from connectors.testing.windowed import frames
from connectors.types import Family

_ON = "ON l.a = r.b AND l.g = r.g"
_SMALL = "(SELECT s.id, s.g, s.a FROM t AS s WHERE s.id < 9) AS {0}"


def _computed(capabilities: Capabilities, of: Family) -> Iterator[str]:
    if capabilities.fidelity("=", of) is not Fidelity.NONE:
        yield f"SELECT t.id, t.a = t.b AS v, NOT (t.a = t.n) AS w, t.a IS NULL AS x {ROWS}"
        yield f"SELECT t.id, (t.a = t.b) IS TRUE AS v, (t.a = t.b) IS NOT FALSE AS w {ROWS}"


def _filtered(capabilities: Capabilities, of: Family) -> Iterator[str]:
    if capabilities.fidelity("IS NULL", of) is not Fidelity.NONE:
        yield f"SELECT t.id {ROWS} WHERE t.a IS NULL"
        yield f"SELECT t.id {ROWS} WHERE (t.a IS NULL OR t.n IS NULL) AND NOT (t.b IS NULL)"


def _joins(_: Capabilities, __: Family) -> Iterator[str]:
    outputs = "SELECT l.id AS one, r.id AS other, r.a FROM t AS l"
    yield f"{outputs} CROSS JOIN t AS r WHERE l.a = r.b AND l.g = r.g"
    yield f"{outputs} JOIN t AS r {_ON} WHERE l.id <> r.id"
    yield f"{outputs}, t AS r, t AS s WHERE l.id = r.g AND s.id = r.id"


def _outer_joins(_: Capabilities, __: Family) -> Iterator[str]:
    outputs = "SELECT l.id AS one, l.a AS b, r.id AS other, r.a FROM t AS l"
    for side in ("LEFT", "RIGHT", "FULL"):
        yield f"{outputs} {side} JOIN t AS r {_ON}"
        yield f"{outputs} {side} JOIN t AS r ON l.id = r.g WHERE r.id IS NULL OR l.id IS NULL"
    yield f"{outputs} LEFT JOIN t AS r {_ON} AND l.g = 1 AND r.id > 3"
    yield f"{outputs} RIGHT JOIN t AS r {_ON} AND r.g = 1 WHERE l.id IS NULL OR NOT (l.g = 2)"
    yield f"{outputs} LEFT JOIN t AS m ON m.id = l.g LEFT JOIN t AS r ON r.id = m.g WHERE r.a IS NULL OR r.g = 1"
    yield f"{outputs}, t AS m RIGHT JOIN t AS r ON m.id = r.id AND m.id < 0 WHERE l.id < 3"


def _semi_joins(capabilities: Capabilities, _: Family) -> Iterator[str]:
    for kind in ("SEMI", "ANTI"):
        yield f"SELECT l.id, l.a FROM t AS l {kind} JOIN t AS r {_ON}"
        yield f"SELECT l.id FROM t AS l {kind} JOIN t AS r ON l.a = r.b AND r.id > 5 AND l.g = 1"
        yield f"SELECT l.id, m.a FROM t AS l {kind} JOIN t AS r ON l.a = r.b JOIN t AS m ON m.id = l.g"
        if Clause.OUTER_JOIN in capabilities.clauses:
            both = "SELECT l.id, m.id AS other FROM t AS l"
            yield f"{both} {kind} JOIN t AS r ON l.id = r.g RIGHT JOIN t AS m ON m.g = l.id"
            yield f"{both} LEFT JOIN t AS m ON m.g = l.id {kind} JOIN t AS r ON m.id = r.g"


def _subqueries(capabilities: Capabilities, _: Family) -> Iterator[str]:
    for word in ("", "NOT "):
        yield f"SELECT t.id {ROWS} WHERE {word}(t.a IN (SELECT s.b FROM t AS s WHERE s.g = 1))"
        yield f"SELECT t.id {ROWS} WHERE {word}(t.a IN (SELECT s.b FROM t AS s WHERE s.g = 1 AND NOT (s.b IS NULL)))"
        yield f"SELECT t.id {ROWS} WHERE {word}(t.a IN (SELECT s.b FROM t AS s WHERE s.id < 0))"
        yield f"SELECT t.id {ROWS} WHERE {word}(t.n IN (SELECT s.b FROM t AS s WHERE s.id < 0))"
        yield f"SELECT t.id {ROWS} WHERE {word}EXISTS (SELECT 1 FROM t AS s WHERE s.id < 0)"
    yield f"SELECT l.id, r.a FROM t AS l JOIN {_SMALL.format('r')} ON l.id = r.id WHERE NOT (r.a IS NULL)"
    yield f"SELECT t.id {ROWS} WHERE t.a = (SELECT s.a FROM t AS s WHERE s.id = 9)"
    if Clause.PROJECT in capabilities.clauses:
        yield f"SELECT t.id, t.a IN (SELECT s.b FROM t AS s WHERE s.g = 1) AS v {ROWS}"
        yield f"SELECT t.id, (SELECT s.a FROM t AS s WHERE s.id < 0) AS v {ROWS}"
    if capabilities.fidelity("MAX", Family.INTEGER) is Fidelity.EXACT:
        yield "SELECT q.v FROM (SELECT MAX(t.id) AS v FROM t AS t WHERE t.id < 0) AS q WHERE q.v IS NULL"


def _correlated(capabilities: Capabilities, _: Family) -> Iterator[str]:
    for word in ("", "NOT "):
        yield f"SELECT t.id {ROWS} WHERE {word}EXISTS (SELECT 1 FROM t AS s WHERE s.b = t.a AND s.g = t.g)"
        yield f"SELECT t.id {ROWS} WHERE {word}(t.a IN (SELECT s.b FROM t AS s WHERE s.g = t.g AND s.id < 40))"
    if Clause.PROJECT in capabilities.clauses:
        yield f"SELECT t.id, (SELECT s.a FROM t AS s WHERE s.id = t.g) AS v {ROWS}"
    if capabilities.fidelity("MAX", Family.INTEGER) is Fidelity.EXACT:
        yield f"SELECT t.id {ROWS} WHERE t.id = (SELECT MAX(s.id) FROM t AS s WHERE s.a = t.a)"


def groups(capabilities: Capabilities) -> Iterator[str]:
    """Rows put together by one column and by three."""
    yield f"SELECT t.a {ROWS} GROUP BY t.a"
    yield f"SELECT t.b, t.n, t.a {ROWS} GROUP BY t.a, t.b, t.n"
    if capabilities.fidelity("COUNT", Family.INTEGER) is Fidelity.EXACT:
        yield f"SELECT t.a, COUNT(*) AS v, COUNT(t.g) AS w {ROWS} GROUP BY t.a"
    if Clause.DISTINCT in capabilities.clauses:
        yield f"SELECT DISTINCT t.a {ROWS}"
    if Clause.SET_OPERATION in capabilities.clauses:
        yield f"SELECT t.a {ROWS} INTERSECT SELECT s.b FROM t AS s"


def orders(capabilities: Capabilities) -> Iterator[str]:
    """The first rows by one column, with NULLs on either side."""
    if capabilities.fidelity("ORDER BY", Family.INTEGER) is not Fidelity.EXACT:
        return
    for way in ("ASC NULLS LAST", "ASC NULLS FIRST", "DESC NULLS LAST", "DESC NULLS FIRST"):
        limit = 100_000 if way == "DESC NULLS LAST" else 7
        yield f"SELECT t.id, t.a {ROWS} ORDER BY t.a {way}, t.id ASC NULLS LAST LIMIT {limit}"


def _top(capabilities: Capabilities, of: Family) -> Iterator[str]:
    if capabilities.fidelity("ORDER BY", of) is Fidelity.EXACT:
        yield from orders(capabilities)
        yield f"SELECT t.id {ROWS} ORDER BY t.id DESC NULLS LAST LIMIT 0"
        yield f"SELECT t.id, t.a {ROWS} LIMIT 0"
        yield f"SELECT t.id {ROWS} ORDER BY t.id LIMIT 3 OFFSET 5"
        yield f"SELECT t.id, t.a {ROWS} WHERE t.g = 1 ORDER BY t.a, t.id LIMIT 5"


def _ties(capabilities: Capabilities, of: Family) -> Iterator[str]:
    if capabilities.fidelity("ORDER BY", of) is Fidelity.EXACT:
        for way in ("ASC NULLS LAST", "DESC NULLS LAST", "DESC NULLS FIRST"):
            for most in (0, 1, 7, 100_000):
                yield f"SELECT t.id, t.a {ROWS} QUALIFY RANK() OVER (ORDER BY t.a {way}) <= {most}"


def _sets(capabilities: Capabilities, _: Family) -> Iterator[str]:
    if capabilities.fidelity("COUNT", Family.INTEGER) is not Fidelity.EXACT:
        return
    yield f"SELECT t.a, t.g, COUNT(*) AS v {ROWS} GROUP BY ROLLUP (t.a, t.g)"
    yield f"SELECT t.a, t.g, COUNT(*) AS v, MAX(t.id) AS w {ROWS} GROUP BY CUBE (t.a, t.g)"
    yield f"SELECT t.a, t.b, t.g, COUNT(*) AS v {ROWS} GROUP BY GROUPING SETS ((t.a, t.b), (t.a), (), (t.g, t.b))"
    yield f"SELECT t.g, t.a, COUNT(*) AS v {ROWS} WHERE t.id < 0 GROUP BY GROUPING SETS ((t.g), (t.a, t.g), ())"
    many = "HAVING COUNT(*) > 1 OR t.a IS NULL"
    yield f"SELECT t.b, t.a, t.g, COUNT(*) AS v {ROWS} GROUP BY t.b, ROLLUP (t.a, t.g) {many}"


def _filter(_: Capabilities, __: Family) -> Iterator[str]:
    yield f"SELECT COUNT(*) FILTER (WHERE t.a = t.b) AS v, COUNT(t.a) FILTER (WHERE NOT (t.a = t.n)) AS w {ROWS}"
    yield f"SELECT t.g, COUNT(t.b) FILTER (WHERE t.a = t.b OR t.b IS NULL) AS v {ROWS} GROUP BY t.g"


def _having(_: Capabilities, __: Family) -> Iterator[str]:
    yield f"SELECT t.a, COUNT(*) AS v {ROWS} GROUP BY t.a HAVING COUNT(*) > 7 AND NOT (t.a IS NULL)"
    yield f"SELECT t.g {ROWS} GROUP BY t.g HAVING COUNT(t.a) > 9 OR t.g IS NULL"
    yield f"SELECT COUNT(*) AS v {ROWS} HAVING COUNT(*) < 0"


def _distinct(capabilities: Capabilities, _: Family) -> Iterator[str]:
    yield f"SELECT DISTINCT t.a, t.g {ROWS}"
    yield f"SELECT DISTINCT t.n {ROWS} WHERE t.id > 3"
    if Clause.SUBQUERY in capabilities.clauses:
        yield f"SELECT q.a, r.id FROM (SELECT DISTINCT t.a {ROWS}) AS q JOIN t AS r ON r.b = q.a AND r.g = 1"


def _set_operations(_: Capabilities, __: Family) -> Iterator[str]:
    for word in ("UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"):
        yield f"SELECT t.a, t.g {ROWS} WHERE t.id < 40 {word} SELECT s.b, s.g FROM t AS s WHERE s.id > 20"
        yield f"SELECT t.a {ROWS} {word} SELECT s.n FROM t AS s WHERE s.g = 2"
    yield f"SELECT t.a {ROWS} UNION SELECT s.b FROM t AS s WHERE s.id < 0 EXCEPT SELECT u.a FROM t AS u WHERE u.g = 1"


def _windows(capabilities: Capabilities, of: Family) -> Iterator[str]:
    yield f"SELECT t.id, COUNT(*) OVER (PARTITION BY t.a) AS v, COUNT(t.g) OVER (ORDER BY t.id) AS w {ROWS}"
    if capabilities.fidelity("ORDER BY", of) is Fidelity.EXACT:
        yield f"SELECT t.id, COUNT(*) OVER (PARTITION BY t.g ORDER BY t.a DESC NULLS LAST) AS v {ROWS}"
    yield from frames(capabilities, of)


CLAUSES: dict[Clause, Callable[[Capabilities, Family], Iterator[str]]] = {
    Clause.PROJECT: _computed,
    Clause.WHERE: _filtered,
    Clause.JOIN: _joins,
    Clause.OUTER_JOIN: _outer_joins,
    Clause.SEMI_JOIN: _semi_joins,
    Clause.SUBQUERY: _subqueries,
    Clause.CORRELATED: _correlated,
    Clause.GROUP_BY: lambda capabilities, _: groups(capabilities),
    Clause.GROUPING_SETS: _sets,
    Clause.FILTER: _filter,
    Clause.HAVING: _having,
    Clause.DISTINCT: _distinct,
    Clause.SET_OPERATION: _set_operations,
    Clause.WINDOW: _windows,
    Clause.TOP_N: _top,
    Clause.TIES: _ties,
}
