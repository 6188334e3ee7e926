"""Clauses that are short for others go down as the others, and mean what they meant."""

from collections.abc import Iterator

import pytest

from connectors.files import PinnedFiles
from tests.comparing import assert_same
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

A = "artists.catalog.artists"
R = "payments.royalties.rates"
FIRST = "row_number() over (partition by label_id order by id) = 1"
ORDERED = [
    f"select id, name from {A} qualify {FIRST} order by id desc limit 4",
    f"select label_id, name from {A} group by all order by all limit 3",
    f"select label_id, id from {A} order by all desc limit 5",
    f"select distinct on (label_id) label_id, id, name from {A} order by label_id, id desc",
    f"select distinct on (a.label_id, name) label_id, name, id from {A} a order by label_id, name, id limit 9",
]
WHOLE = [
    *ORDERED,
    f"select id, name from {A} qualify {FIRST}",
    f"select distinct name from {A} where id > 3 qualify rank() over (partition by label_id order by born) < 3",
    f"select id, count(*) over (partition by label_id) as n from {A} qualify n > 2 and id > 4",
    f"with few as (select id, label_id from {A} where id < 50) select id from few qualify {FIRST}",
    f"select label_id, count(*) as n from {A} group by label_id qualify rank() over (order by count(*)) <= 2",
    f"select kept.id from {A} kept qualify row_number() over (order by kept.id) <= 3",
    f"select id from {A} where id in (select label_id from {A} qualify row_number() over (order by id) < 9)",
]
STAYING = [
    (f"select id from {A} qualify {FIRST} order by name", "the order is by what is not given out"),
    (f"select distinct on (label_id) id as label_id, id from {A} order by label_id, id", "one name means two things"),
    (f"select distinct on (label_id) label_id, id from {A}", "no row is the first"),
    (f"select id, id from {A} qualify {FIRST}", "two outputs have one name"),
]


@pytest.fixture(scope="module")
def one() -> Iterator[Mesh]:
    placed = {"catalog": "db", "royalties": "db", "events": "db"}
    with running_mesh({"db": DuckStore("db", rows())}, placed, TABLES, PinnedFiles()) as running:
        yield running


@pytest.fixture(scope="module")
def two() -> Iterator[Mesh]:
    placed = {"catalog": "one", "royalties": "other", "events": "one"}
    stores = {"one": DuckStore("one", rows()), "other": DuckStore("other", rows())}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as running:
        yield running


@pytest.mark.parametrize("sql", WHOLE)
def test_it_goes_down_whole(one: Mesh, sql: str) -> None:
    made = one.plan(sql)
    assert (len(made.fragments), made.reasons) == (1, ())
    assert "QUALIFY" not in made.residual
    assert "ALL" not in made.residual
    assert_same(one.ask(sql), one.ask(sql, pushdown=False), ordered=sql in ORDERED, told=sql)


@pytest.mark.parametrize(("sql", "why"), STAYING)
def test_what_is_not_plain_stays_as_it_was(one: Mesh, sql: str, why: str) -> None:
    made = one.plan(sql)
    assert "QUALIFY" in made.residual or "DISTINCT ON" in made.residual, why
    assert_same(one.ask(sql), one.ask(sql, pushdown=False), ordered=False, told=sql)


def test_over_two_stores_it_is_answered_alike(two: Mesh) -> None:
    sql = (
        f"select a.id, r.rate from {A} a join {R} r on r.label_id = a.label_id where a.id > 3"
        " qualify row_number() over (partition by a.label_id order by a.id, r.rate) <= 2 order by all limit 20"
    )
    made = two.plan(sql)
    assert len(made.fragments) == 2
    assert_same(two.ask(sql), two.ask(sql, pushdown=False), ordered=True, told=sql)
