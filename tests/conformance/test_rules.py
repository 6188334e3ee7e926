"""What becomes of every expression in ``rules/``: by the plan, and by the answers of two servers in three collations.

What is pushed has to be answered as DuckDB answers it, what is never pushed must not reach a store, and none of it may
change the answer.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from gateway.errors import UserError
from gateway.planner.plan import Plan
from gateway.planner.unpushed import is_plain
from tests.conformance.rule_house import Alone, Answered, House, opened
from tests.conformance.ruling import VALUES, Verdict, rules, table
from tests.conformance.test_postgres import COLLATIONS, DATABASE, PostgresSubject

pytestmark = pytest.mark.postgres

RULES = rules()
COUNTS = {"pushed": 1522, "raising": 34, "weaker": 19, "open": 45, "never": 282, "refused": 65}
PLACES = [(server, collation) for server in ("postgres_server", "postgres_18_server") for collation in COLLATIONS]
STAYING = (Verdict.WEAKER, Verdict.OPEN, Verdict.NEVER)
# No two days are further apart, unless one is infinity.
DAYS = 1e9


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    server, collation = request.param
    running: Any = request.getfixturevalue(server)
    with opened(PostgresSubject(running, COLLATIONS[collation], "text"), running, DATABASE) as made:
        yield made


@pytest.fixture(scope="module")
def alone() -> Iterator[Alone]:
    with duckdb.connect() as con:
        yield Alone(con)


def over(native: str, *verdicts: Verdict) -> list[str]:
    """The expressions over a type that have one of these verdicts."""
    return [rule.expression for rule in RULES if rule.native == native and rule.verdict in verdicts]


def outputs(expressions: Sequence[str]) -> str:
    return ", ".join(["id", *(f"{expression} AS v{number}" for number, expression in enumerate(expressions))])


def without(numbers: set[int]) -> str:
    return f" WHERE id NOT IN ({', '.join(map(str, sorted(numbers)))})" if numbers else ""


def computes(plan: Plan) -> bool:
    """Whether the store is asked for more than its columns."""
    return not all(is_plain(remote.fragment) for remote in plan.fragments)


def same(house: House, native: str, expressions: Sequence[str], where: str = "") -> tuple[Plan, Answered]:
    """The plan and the answer of a question, which is that without pushdown."""
    plan = house.plan(native, outputs(expressions), where)
    off = house.answered(house.plan(native, outputs(expressions), where, pushdown=False))
    on = house.answered(plan)
    assert len(on.rows) == len(off.rows) > 0
    for at, expression in enumerate(["id", *expressions]):
        assert (expression, on.types[at]) == (expression, off.types[at])
        differing = [(one, other) for one, other in zip(on.column(at), off.column(at), strict=True) if one != other]
        assert (expression, differing[:3]) == (expression, [])
    return plan, on


def test_no_rule_is_lost() -> None:
    assert Counter(rule.verdict for rule in RULES) == COUNTS
    assert {rule.native for rule in RULES} == set(VALUES)


def test_rows_and_facts_are_the_same_in_every_place(house: House, alone: Alone) -> None:
    told = {dataset.name: dataset.table.columns for dataset in house.datasets}
    texts = [native for native in VALUES if native in ("text", "varchar(10)")]
    for native in VALUES:
        read = house.answered(house.plan(native, "id, a, b"))
        assert (native, read.rows) == (native, sorted(alone.columns(native), key=lambda row: int(row[0] or "")))
    for native in texts:
        (column,) = (column for column in told[house.datasets[list(VALUES).index(native)].name] if column.name == "a")
        assert column.facts == {"collation:pg_catalog.default"}


@pytest.mark.parametrize("house", PLACES[:1], indirect=True, ids="-".join)
@pytest.mark.parametrize("native", VALUES)
def test_every_expression_goes_where_its_rule_says(house: House, native: str) -> None:
    for expression in over(native, *STAYING):
        assert (expression, computes(house.plan(native, f"id, {expression} AS v"))) == (expression, False)
    for expression in over(native, Verdict.REFUSED):
        with pytest.raises(UserError):
            house.plan(native, f"id, {expression} AS v")


@pytest.mark.parametrize("native", VALUES)
def test_what_is_pushed_is_answered_alike(house: House, alone: Alone, native: str) -> None:
    pushed = over(native, Verdict.PUSHED)
    refused = {number for expression in pushed for number in alone.refused(native, expression)}
    sound = [expression for expression in pushed if not alone.refused(native, expression)]
    unsound = [expression for expression in pushed if expression not in sound]
    for expressions, where in ((sound, ""), (unsound, without(refused))):
        if expressions:
            plan, answered = same(house, native, expressions, where)
            assert computes(plan)
            assert (len(plan.fragments), answered.taken_back) == (1, False)


@pytest.mark.parametrize("native", [native for native in VALUES if over(native, Verdict.RAISING)])
def test_a_store_that_gives_up_is_the_safe_failure(house: House, alone: Alone, native: str) -> None:
    for expression in over(native, Verdict.RAISING):
        refused = set(alone.refused(native, expression))
        plan, answered = same(house, native, [expression], without(refused) if refused else "")
        assert (expression, computes(plan), answered.taken_back) == (expression, True, True)
        plan, answered = same(house, native, [expression], without(refused | strange(native, expression, answered)))
        assert (expression, computes(plan), answered.taken_back) == (expression, True, False)


def strange(native: str, expression: str, answered: Answered) -> set[int]:
    """The rows for which DuckDB has a value where PostgreSQL may raise: out of bounds, too small, or none at all."""
    found = {int(number or "") for number, value in answered.column(1) if _is_strange(native, value)}
    read = slice(0, 2 if " b" in expression else 1)
    nothing = len(VALUES[native]) - 1
    return {number for number in found if nothing not in divmod(number, len(VALUES[native]))[read]}


def _is_strange(native: str, value: str | None) -> bool:
    return value is None or not 0 < abs(float(value)) < (DAYS if native == "date" else float("inf"))


# What DuckDB raises for are numbers, which know no collation.
@pytest.mark.parametrize("house", PLACES[:: len(COLLATIONS)], indirect=True, ids="-".join)
@pytest.mark.parametrize("native", VALUES)
def test_no_store_answers_where_duckdb_raises(house: House, alone: Alone, native: str) -> None:
    for expression in over(native, Verdict.PUSHED, Verdict.RAISING):
        for number in alone.complaints(native, expression).values():
            plan = house.plan(native, f"id, {expression} AS v", f" WHERE id = {number}")
            assert (expression, number, house.gives_up(plan)) == (expression, number, True)


@pytest.mark.parametrize("native", [native for native in VALUES if over(native, *STAYING)])
def test_what_stays_is_answered_alike(house: House, alone: Alone, native: str) -> None:
    expressions = [expression for expression in over(native, *STAYING) if not alone.refused(native, expression)]
    plan, _ = same(house, native, expressions)
    assert not computes(plan)


@pytest.mark.parametrize("house", PLACES[:1], indirect=True, ids="-".join)
@pytest.mark.parametrize("native", VALUES)
def test_what_stays_is_answered_alike_around_what_duckdb_refuses(house: House, alone: Alone, native: str) -> None:
    together: dict[frozenset[int], list[str]] = {}
    for expression in over(native, *STAYING):
        together.setdefault(alone.refused(native, expression), []).append(expression)
    for refused, expressions in together.items():
        if 0 < len(refused) < len(VALUES[native]) ** 2:
            plan, _ = same(house, native, expressions, without(set(refused)))
            assert not any("v0" in remote.native for remote in plan.fragments)


@pytest.mark.parametrize("native", VALUES)
def test_what_is_never_pushed_is_no_part_of_a_condition(house: House, native: str) -> None:
    never = over(native, Verdict.NEVER)
    if never:
        conditions = " AND ".join(f"(({expression}) IS NULL)" for expression in never)
        assert not computes(house.plan(native, "id", f" WHERE {conditions}"))


def reaches(plan: Plan) -> bool:
    """Whether a store is asked for anything that reads more than the numbers of rows, but for columns as they are."""
    queries = [remote.fragment.query for remote in plan.fragments]
    outputs = [output.unalias() for query in queries for output in query.selects]
    read = {
        column.name
        for query in queries
        for clause in query.find_all(exp.Where, exp.Join, exp.Group, exp.Order)
        for column in clause.find_all(exp.Column)
    }
    return not all(isinstance(output, exp.Column) for output in outputs) or not read <= {"id", "other"}


ELSEWHERE = {
    "GROUP BY": "SELECT count(*) AS n FROM {0} GROUP BY {1}",
    "ORDER BY": "SELECT id FROM {0} ORDER BY {1}, id LIMIT 3",
    "JOIN": "SELECT id FROM {0} AS t JOIN (SELECT id AS other FROM {0}) AS u ON id = other AND ({1}) IS NULL",
    "LEFT JOIN": "SELECT id FROM {0} AS t LEFT JOIN (SELECT id AS other FROM {0}) AS u ON id = other AND ({1}) IS NULL",
}


@pytest.mark.parametrize("house", PLACES[:1], indirect=True, ids="-".join)
@pytest.mark.parametrize("clause", ELSEWHERE)
@pytest.mark.parametrize("native", [native for native in VALUES if over(native, Verdict.NEVER)])
def test_what_is_never_pushed_reaches_no_store_by_another_clause(house: House, native: str, clause: str) -> None:
    for expression in over(native, Verdict.NEVER):
        plan = house.mesh.plan(ELSEWHERE[clause].format(f"rules.natives.{table(native)}", expression))
        assert (expression, reaches(plan)) == (expression, False)


@pytest.mark.parametrize("house", PLACES[:1], indirect=True, ids="-".join)
@pytest.mark.parametrize("clause", ELSEWHERE)
def test_what_is_pushed_does_reach_it(house: House, clause: str) -> None:
    assert reaches(house.mesh.plan(ELSEWHERE[clause].format(f"rules.natives.{table('integer')}", "abs(a)")))


@pytest.mark.parametrize("native", [native for native in VALUES if over(native, Verdict.WEAKER)])
def test_a_weaker_condition_is_looked_at_again(house: House, native: str) -> None:
    for expression in over(native, Verdict.WEAKER):
        plan, answered = same(house, native, [], f" WHERE {expression}")
        assert computes(plan)
        assert "the store keeps too many rows for it, so it is looked at again" in {one.why for one in plan.reasons}
        assert 0 < len(answered.rows) < len(VALUES[native]) ** 2
