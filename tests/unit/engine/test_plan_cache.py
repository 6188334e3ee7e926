"""The plan cache: what hits, what must not, and what is never kept."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.files import PinnedFiles
from gateway.catalog import Catalog
from gateway.plan_cache import PlanCache, told_apart
from gateway.planner.plan import Plan
from gateway.policy import LOCAL, Principal
from gateway.service import Options
from tests.duck_store import DuckStore
from tests.mesh import PRODUCTS, TABLES, Mesh, rows, running_mesh

ARTISTS = "artists.catalog.artists"
BY_ID = f"SELECT name FROM {ARTISTS} WHERE id = ?"


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    stores = {"db": DuckStore("db", rows())}
    with running_mesh(stores, dict.fromkeys(PRODUCTS, "db"), TABLES, PinnedFiles()) as running:
        yield running


def prepare(mesh: Mesh, sql: str = BY_ID, who: Principal = LOCAL, **given: Any) -> Plan:
    return mesh.service.prepare(sql, who, **{"parameters": [1], **given})


def test_the_same_question_is_planned_once(mesh: Mesh) -> None:
    assert prepare(mesh) is prepare(mesh)


def test_without_parameters_it_does_not_matter_whether_they_were_bound_already(mesh: Mesh) -> None:
    plain = BY_ID.replace("?", "1")
    assert prepare(mesh, sql=plain, parameters=None) is prepare(mesh, sql=plain, parameters=[])
    other = BY_ID.replace("?", "2")
    assert prepare(mesh, sql=other, parameters=[]) is prepare(mesh, sql=other, parameters=None)


def test_a_plan_tells_the_words_that_it_was_made_for(mesh: Mesh) -> None:
    assert prepare(mesh, sql=f"{BY_ID} -- mine").sql == f"{BY_ID} -- mine"


@pytest.mark.parametrize(
    "given",
    [
        {"parameters": [2]},
        {"parameters": [1.0]},
        {"parameters": [Decimal(1)]},
        {"parameters": [Decimal("1.0")]},
        {"parameters": None},
        {"options": Options(pushdown=False)},
        {"options": Options(verify=True)},
        {"options": Options(present=str.lower)},
        {"options": Options(within=("artists", "catalog"))},
        {"who": Principal("local", ("artists.*",))},
        {"who": Principal("someone", ("*",))},
        {"sql": BY_ID.replace("name", "NAME")},
        {"sql": f"EXPLAIN {BY_ID}"},
    ],
)
def test_another_question_has_another_plan(mesh: Mesh, given: dict[str, Any]) -> None:
    assert prepare(mesh, **given) is not prepare(mesh)
    assert prepare(mesh, **given) is prepare(mesh, **given)


def test_values_that_python_takes_for_equal_are_told_apart() -> None:
    values = [
        1,
        1.0,
        True,
        Decimal(1),
        Decimal("1.0"),
        "1",
        b"1",
        0.0,
        -0.0,
        date(2026, 1, 1),
        "2026-01-01",
        [1],
        [1.0],
    ]
    assert len({told_apart([value]) for value in values}) == len(values)
    assert told_apart([float("nan")]) == told_apart([float("nan")])
    assert told_apart(None) != told_apart([])


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT count(*) FROM {ARTISTS} WHERE born < current_date",
        f"SELECT now() FROM {ARTISTS}",
        f"SELECT age(born::TIMESTAMP) FROM {ARTISTS}",
        f"EXPLAIN SELECT now() FROM {ARTISTS}",
        "PIVOT artists.catalog.labels ON country USING count(*)",
    ],
)
def test_what_depends_on_time_or_rows_is_planned_each_time(mesh: Mesh, sql: str) -> None:
    assert prepare(mesh, sql, parameters=[]) is not prepare(mesh, sql, parameters=[])


def test_a_plan_with_a_twin_for_the_sample_is_kept_apart(mesh: Mesh) -> None:
    mesh.service._share = 1.0
    sampled = prepare(mesh)
    mesh.service._share = 0.0
    assert sampled.twin is not None
    assert prepare(mesh).twin is None


def test_another_catalog_empties_it_whatever_its_version_says() -> None:
    cache, one, same = PlanCache(), Catalog("1", ()), Catalog("1", ())
    made = Plan((), (), "SELECT 1", ())
    cache.put(one, "key", made)
    assert cache.get(one, "key") is made
    assert cache.get(same, "key") is None
    cache.put(same, "other", made)
    assert (cache.get(one, "key"), cache.get(same, "key")) == (None, None)


def test_plans_age_and_the_longest_unused_leaves_first() -> None:
    now = [0.0]
    cache, catalog = PlanCache(lambda: now[0], plans=2), Catalog("1", ())
    made = Plan((), (), "SELECT 1", ())
    for key in ("a", "b"):
        cache.put(catalog, key, made)
    cache.get(catalog, "a")
    cache.put(catalog, "c", made)
    assert [cache.get(catalog, key) is made for key in ("a", "b", "c")] == [True, False, True]
    now[0] = 60.0
    assert cache.get(catalog, "a") is None
