"""From which rows of files in place keys are taken: as few as a question lets reach its answer, and never fewer."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from connectors import registry
from connectors.files import PinnedFiles
from connectors.spi import Surroundings
from gateway.catalog import Catalog, Dataset, Product
from gateway.planner.plan import Keys
from gateway.planner.shipping import SMALL, chosen
from tests.comparing import assert_same
from tests.keyed_store import KeyedStore
from tests.mesh import PRODUCTS, TABLES, Mesh, rows, serving
from tests.questions import Question

A = "artists.catalog.artists"
R = "payments.royalties.rates"
P = "play.events.plays"
LARGE = 40_000_000
PLACED = {"catalog": "db", "royalties": "lake", "events": "lake"}


@pytest.fixture(scope="module")
def store() -> KeyedStore:
    made = rows()
    return KeyedStore("db", {name: made[name] for name in ("artists", "labels")}, rows=LARGE)


@pytest.fixture(scope="module")
def mesh(store: KeyedStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    folder, files = tmp_path_factory.mktemp("lake"), PinnedFiles()
    for name in ("rates", "plays"):
        (folder / name).mkdir()
        pq.write_table(rows()[name], folder / name / "part.parquet")
    lake = registry.connect("parquet")("lake", {"url": str(folder)}, Surroundings(files, folder))
    sizes = {"rates": 40, "plays": 400}
    products = tuple(
        Product(
            domain, name, 1, tuple(Dataset(item, PLACED[name], TABLES[item], rows=sizes.get(item)) for item in items)
        )
        for name, (domain, items) in PRODUCTS.items()
    )
    with serving({"db": store, "lake": lake}, Catalog("test", products), files) as running:
        yield running
    lake.close()


SENT = {
    "the branches of an OR, each with a condition on the source": (
        (
            f"select a.id, r.rate from {A} a, {R} r where a.label_id = r.label_id "
            "and ((r.rate > 5 and a.name = 'Zoë') or ((r.rate < 0 and r.active) and a.id < 90))"
        ),
        f"select label_id from {R} where rate > 5 or (rate < 0 and active)",
    ),
    "one branch without a condition on the source": (
        f"select a.id from {A} a, {R} r where a.label_id = r.label_id and (r.rate > 5 or a.name = 'Zoë')",
        f"select label_id from {R}",
    ),
    "a condition of an inner join": (
        f"select a.id from {A} a join {R} r on a.label_id = r.label_id and r.rate > 5",
        f"select label_id from {R} where rate > 5",
    ),
    "a small neighbour that has a condition": (
        (
            f"select a.id from {A} a, {R} r, {P} p where a.label_id = r.label_id "
            "and r.label_id = p.artist_id and p.device = 'car'"
        ),
        f"select label_id from {R} where label_id in (select artist_id from {P} where device = 'car')",
    ),
    "a neighbour's neighbour": (
        (
            f"select a.id from {A} a, {R} r, {P} p, {P} q where a.label_id = r.label_id and r.label_id = p.artist_id "
            "and p.day = q.day and q.count = 0 and q.device = 'tv'"
        ),
        (
            f"select label_id from {R} where label_id in (select artist_id from {P} where day in "
            f"(select day from {P} where count = 0 and device = 'tv'))"
        ),
    ),
    "a neighbour that an outer join fills": (
        (
            f"select a.id from {R} r left join {P} p on r.label_id = p.artist_id and p.device = 'car' "
            f"join {A} a on a.label_id = r.label_id"
        ),
        f"select label_id from {R}",
    ),
    "groups under a HAVING": (
        (
            f"select a.name from {A} a where a.id in "
            f"(select artist_id from {P} where day < '2026-11-15' group by artist_id having sum(count) > 1)"
        ),
        f"select artist_id from {P} where day < '2026-11-15' group by artist_id having sum(count) > 1",
    ),
    "groups under a HAVING, joined": (
        (
            f"with often as (select artist_id as k, count(*) as n from {P} group by artist_id having count(*) > 3) "
            f"select a.name, n from often join {A} a on a.id = k"
        ),
        f"select artist_id from {P} group by artist_id having count(*) > 3",
    ),
    "groups whose value depends on the order of rows": (
        (
            f"select a.name from {A} a where a.id in "
            f"(select artist_id from {P} group by artist_id having first(device) = 'tv')"
        ),
        f"select artist_id from {P}",
    ),
    "groups over more than one relation": (
        (
            f"select a.name from {A} a where a.id in (select artist_id from {P} join {R} on label_id = artist_id "
            "group by artist_id having max(rate) > 5)"
        ),
        (
            f"select p.artist_id from {P} p join {R} r on r.label_id = p.artist_id "
            "group by p.artist_id having max(rate) > 5"
        ),
    ),
    "groups that are correlated": (
        (
            f"select a.name from {A} a where a.id in "
            f"(select p.artist_id from {P} p where p.count < a.id group by p.artist_id having count(*) > 1)"
        ),
        f"select artist_id from {P}",
    ),
}


@pytest.mark.parametrize("told", SENT)
def test_keys_are_those_that_can_reach_an_answer(mesh: Mesh, store: KeyedStore, told: str) -> None:
    sql, expected = SENT[told]
    store.hinted.clear()
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)
    wanted = {key for key in mesh.ask(expected).column(0).to_pylist() if key is not None}
    [sent] = {tuple(sorted(keys.to_pylist())) for _, _, keys in store.hinted}
    assert set(sent) == wanted


def test_no_question_is_answered_otherwise(mesh: Mesh, store: KeyedStore) -> None:
    store.hinted.clear()
    for seed in range(4000, 4040):
        sql = Question(seed).sql()
        assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=f"seed {seed}: {sql}")
    assert len(store.hinted) > 3


def test_a_large_source_is_read_for_keys_only_where_delivering_would_take_longer() -> None:
    keys = Keys("big", "k", "source", "k", "…", narrowed=True)
    sent = replace(keys, limit=100_000)
    assert chosen([keys], {"big": 1_500_000, "source": 6_000_000}, {"source"}) == (sent,)
    assert chosen([keys], {"big": 1_500_000, "source": 13_000_000}, {"source"}) == ()


def test_a_large_source_is_not_read_for_a_fragment_that_a_small_one_restricts() -> None:
    large = Keys("big", "k", "large", "k", "…", narrowed=True)
    small = Keys("big", "n", "small", "n", "…", narrowed=True)
    sizes: dict[str, int | None] = {"big": 1_500_000, "large": 6_000_000, "small": SMALL // 2}
    assert [keys.source for keys in chosen([large, small], sizes, {"large", "small"})] == ["small"]
    every = replace(small, narrowed=False)
    assert [keys.source for keys in chosen([large, every], sizes, {"large", "small"})] == ["large", "small"]


def test_a_fragment_that_few_keys_restrict_gives_keys_itself() -> None:
    nations = Keys("customers", "nation", "nations", "id", "", narrowed=True)
    customers = Keys("orders", "customer", "customers", "id", "")
    lines = Keys("orders", "id", "lines", "order", "", narrowed=True)
    rows: dict[str, int | None] = {"orders": 1_500_000, "customers": 150_000, "nations": 25, "lines": 6_000_000}
    unique = {("customers", "id")}
    known = chosen([nations, customers, lines], rows, {"nations", "lines"}, unique)
    assert [(keys.source, keys.narrowed) for keys in known] == [("nations", True), ("customers", True)]
    unrestricted = chosen([customers, lines], rows, {"nations", "lines"}, unique)
    assert [keys.source for keys in unrestricted] == ["lines"]
