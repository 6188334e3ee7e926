"""Which leaf may tell another what to leave out: every shape is also executed over stores that do leave it out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.files import PinnedFiles
from gateway.planner.explain import as_lines
from gateway.planner.plan import Keys
from gateway.planner.shipping import SMALL, chosen
from tests.comparing import assert_same
from tests.keyed_store import KeyedStore
from tests.mesh import TABLES, Mesh, rows, running_mesh
from tests.questions import Question

A = "artists.catalog.artists"
L = "artists.catalog.labels"
R = "payments.royalties.rates"
P = "play.events.plays"
SIZES = {"artists_db": 40_000_000, "payments_db": 2_000, "events": 150_000}


@pytest.fixture(scope="module")
def stores() -> dict[str, KeyedStore]:
    made = rows()
    return {
        "artists_db": KeyedStore("artists_db", {name: made[name] for name in ("artists", "labels")}),
        "payments_db": KeyedStore("payments_db", {"rates": made["rates"]}),
        "events": KeyedStore("events", {"plays": made["plays"]}),
    }


@pytest.fixture(scope="module")
def mesh(stores: dict[str, KeyedStore]) -> Iterator[Mesh]:
    for name, size in SIZES.items():
        stores[name].rows = size
    placed = {"catalog": "artists_db", "royalties": "payments_db", "events": "events"}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as running:
        yield running


def planned(mesh: Mesh, sql: str) -> list[str]:
    """``table.column ← table.column`` of each set of keys."""
    plan = mesh.plan(sql)
    named = {made.name: made.fragment.tables[0][1].name for made in plan.fragments}
    return [
        f"{named[keys.into]}.{keys.column.split('.')[-1]} ← {named[keys.source]}.{keys.key.split('.')[-1]}"
        for keys in plan.keys
    ]


ARTISTS_BY_RATES = ["artists.label_id ← rates.label_id"]
SHIPPED = {
    f"select a.name, r.rate from {A} a join {R} r on a.label_id = r.label_id": ARTISTS_BY_RATES,
    f"select a.name, r.rate from {A} a, {R} r where a.label_id = r.label_id and r.rate > 1": ARTISTS_BY_RATES,
    f"select a.name, r.rate from {R} r left join {A} a on a.label_id = r.label_id and a.id > 9": ARTISTS_BY_RATES,
    f"select a.name, r.rate from {A} a right join {R} r on a.label_id = r.label_id": ARTISTS_BY_RATES,
    f"select a.name from {A} a natural join {R} r": ARTISTS_BY_RATES,
    f"select label_id, a.name from {A} a join {R} r using (label_id)": ARTISTS_BY_RATES,
    f"select a.name from {A} a semi join {R} r on a.label_id = r.label_id": ARTISTS_BY_RATES,
    f"select name from {A} where label_id in (select label_id from {R} where active)": ARTISTS_BY_RATES,
    f"select name from {A} a where exists (select 1 from {R} r where r.label_id = a.label_id)": ARTISTS_BY_RATES,
    f"select (select count(a.id) from {A} a where a.label_id = r.label_id) from {R} r": ARTISTS_BY_RATES,
    f"select a.name from {A} a join (select label_id as k from {R} where rate > 0 limit 3) d on d.k = a.label_id": [
        "artists.label_id ← rates.k"
    ],
    f"with d as (select label_id as k, max(rate) as m from {R} group by label_id) "
    f"select a.name, d.m from {A} a join d on d.k = a.label_id": ["artists.label_id ← rates.k"],
    f"select a.name, p.device from {R} r join {A} a on a.label_id = r.label_id join {P} p on p.artist_id = a.id": [
        "artists.label_id ← rates.label_id",
        "artists.id ← plays.artist_id",
    ],
    f"select a.id, p.device from {A} a join {P} p on p.artist_id = a.id where p.count > 0": [
        "artists.id ← plays.artist_id",
    ],
    f"select a.id, p.artist_id, r.rate from {R} r, {P} p, {A} a "
    "where r.label_id = p.artist_id and p.artist_id = a.id": [
        "plays.artist_id ← rates.label_id",
        "artists.id ← plays.artist_id",
    ],
}
NOT_SHIPPED = (
    f"select a.name, r.rate from {A} a left join {R} r on a.label_id = r.label_id",
    f"select a.name, r.rate from {R} r right join {A} a on a.label_id = r.label_id",
    f"select a.name, r.rate from {R} r full join {A} a on a.label_id = r.label_id",
    f"select a.name from {A} a anti join {R} r on a.label_id = r.label_id",
    f"select r.rate from {R} r anti join {A} a on a.label_id = r.label_id",
    f"select r.rate from {R} r where not exists (select 1 from {A} a where a.label_id = r.label_id and a.id > 90)",
    f"select name from {A} where label_id not in (select label_id from {R} where label_id is not null)",
    f"select name from {A} where not (label_id in (select label_id from {R}))",
    f"select r.rate from {R} r where r.label_id not in (select a.label_id from {A} a where a.label_id = r.label_id)",
    f"select a.name from {A} a join {R} r on a.label_id = r.label_id or a.id = 3",
    f"select a.name from {A} a join {R} r on a.label_id = r.label_id + 1",
    f"select a.name from {A} a join {R} r on a.label_id is not distinct from r.label_id",
    f"select a.name from (select * from {A} order by id, name limit 20) a join {R} r on a.label_id = r.label_id",
    f"with x as (select id, label_id k from {A}) select id, (select max(id) from x) from x join {R} r on k = label_id",
    f"select name from {A} a where exists (select count(*) from {R} r where r.label_id = a.label_id)",
    f"select name from {A} a where exists (select 1 from {R} r where r.label_id = a.label_id) is false",
)


@pytest.mark.parametrize("sql", SHIPPED)
def test_what_must_be_equal_restricts(mesh: Mesh, stores: dict[str, KeyedStore], sql: str) -> None:
    assert planned(mesh, sql) == SHIPPED[sql]
    before = sum(len(store.hinted) for store in stores.values())
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)
    assert sum(len(store.hinted) for store in stores.values()) - before == len(SHIPPED[sql])


@pytest.mark.parametrize("sql", NOT_SHIPPED)
def test_what_an_answer_may_keep_does_not(mesh: Mesh, sql: str) -> None:
    assert planned(mesh, sql) == []
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)


@pytest.mark.parametrize("join", ["full", "right"])
@pytest.mark.parametrize("condition", ["r.label_id is null or r.rate < 1", "r.rate is null", "r.active is not true"])
def test_a_condition_that_the_filling_of_an_outer_join_meets_narrows_no_keys(
    mesh: Mesh, condition: str, join: str
) -> None:
    sql = (
        f"select a.id, r.rate, p.device, p.artist_id from {A} a join {R} r on a.label_id = r.label_id "
        f"{join} join {P} p on p.artist_id = a.id where {condition} order by all"
    )
    assert planned(mesh, sql) == ARTISTS_BY_RATES
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=True, told=sql)


@pytest.mark.parametrize("first", ["artists_db", "payments_db", "events"])
def test_no_question_is_answered_otherwise(mesh: Mesh, stores: dict[str, KeyedStore], first: str) -> None:
    """Random questions, each store being the large one in turn."""
    before = sum(len(store.hinted) for store in stores.values())
    for name, store in stores.items():
        store.rows = 400_000_000 if name == first else min(SIZES[name], 150_000)
    mesh.service._estimates._known.clear()
    for seed in range(2000, 2030):
        sql = Question(seed).sql()
        assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=f"seed {seed}: {sql}")
    assert sum(len(store.hinted) for store in stores.values()) - before > 3


def test_a_key_of_a_table_has_as_many_values_as_rows(mesh: Mesh, stores: dict[str, KeyedStore]) -> None:
    stores["events"].rows, stores["artists_db"].rows = 10_000_000, 150_000
    mesh.service._estimates._known.clear()
    assert planned(mesh, f"select p.device, a.name from {A} a join {P} p on p.artist_id = a.id") == []
    assert planned(mesh, f"select p.device, a.name from {A} a join {P} p on p.artist_id = a.label_id") == [
        "plays.artist_id ← artists.label_id"
    ]


def test_explain_shows_keys_before_and_after(mesh: Mesh, stores: dict[str, KeyedStore]) -> None:
    for name, size in SIZES.items():
        stores[name].rows = size
    mesh.service._estimates._known.clear()
    sql = f"select a.name, r.rate from {A} a join {R} r on a.label_id = r.label_id"
    assert "    keys: f0.label_id ← f1.label_id, at most 100000" in list(as_lines(mesh.plan(sql)))
    told = mesh.ask(f"explain analyze {sql}").column(0).to_pylist()
    assert "    keys: label_id: 13 keys of f1.label_id" in told


def test_only_few_keys_beside_many_rows_are_worth_sending() -> None:
    keys = Keys("big", "k", "small", "k", "…")
    sent = replace(keys, limit=100_000)
    assert chosen([keys], {"big": 10_000_000, "small": 150_000}, set()) == (sent,)
    assert chosen([keys], {"big": 10_000_000, "small": 150_000}, set(), {("small", "k")}) == ()
    assert chosen([keys], {"big": 10_000_000, "small": 100_000}, set(), {("small", "k")}) == (sent,)
    assert chosen([keys], {"big": 10_000_000, "small": 250_000}, set()) == ()
    assert chosen([replace(keys, narrowed=True)], {"big": 10_000_000, "small": 250_000}, set()) == (
        replace(sent, narrowed=True),
    )
    assert chosen([keys], {"big": SMALL - 1, "small": 1}, set()) == ()
    assert chosen([keys], {"big": SMALL, "small": 10_000}, set()) == (replace(keys, limit=SMALL // 10),)
    assert chosen([keys], {"big": None, "small": 1}, set()) == ()
    assert chosen([keys], {"big": SMALL, "small": None}, set()) == ()
    other = replace(keys, source="tiny")
    assert chosen([keys, other], {"big": 10_000_000, "small": 100, "tiny": 5}, set()) == (
        replace(other, limit=100_000),
    )
