"""A plan that is expected to move more than it may is refused before anything runs."""

from collections.abc import Iterator

import pytest

from connectors.call import Call
from connectors.errors import Kind
from connectors.files import PinnedFiles
from gateway.errors import BudgetExceeded
from gateway.policy import LOCAL, Budget, Budgets
from tests.keyed_store import KeyedStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

A = "artists.catalog.artists"
R = "payments.royalties.rates"
JOIN = f"select a.name, r.rate from {A} a join {R} r on a.label_id + 1 = r.label_id"


@pytest.fixture
def stores() -> dict[str, KeyedStore]:
    made = rows()
    return {
        "artists_db": KeyedStore("artists_db", {name: made[name] for name in ("artists", "labels")}, rows=3_000_000),
        "rest": KeyedStore("rest", {name: made[name] for name in ("rates", "plays")}, rows=2_000),
    }


@pytest.fixture
def mesh(stores: dict[str, KeyedStore]) -> Iterator[Mesh]:
    placed = {"catalog": "artists_db", "royalties": "rest", "events": "rest"}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as running:
        yield running


def refused(mesh: Mesh, sql: str, budgets: Budgets) -> BudgetExceeded:
    mesh.service._budgets = budgets
    made = mesh.plan(sql)
    with pytest.raises(BudgetExceeded) as raised:
        mesh.service.run(made, Call(timeout=10))
    return raised.value


@pytest.mark.parametrize(
    ("budgets", "sentence", "product"),
    [
        (
            Budgets(Budget(rows=1_000_000)),
            "The query would move about 3,002,000 rows, and may move 1,000,000.",
            "artists.catalog, payments.royalties",
        ),
        (
            Budgets(Budget(bytes=30_000_000), {"local": Budget(bytes=20_000_000)}),
            "The query would move about 30,020,000 bytes, and may move 30,000,000.",
            "artists.catalog, payments.royalties",
        ),
        (
            Budgets(users={"local": Budget(rows=10)}),
            "The query would move about 3,002,000 rows, and may move 10.",
            "artists.catalog, payments.royalties",
        ),
        (
            Budgets(products={"payments.royalties": Budget(rows=1_999), "play.events": Budget(rows=1)}),
            "The query would move about 2,000 rows, and may move 1,999.",
            "payments.royalties",
        ),
    ],
)
def test_what_would_move_too_much_is_refused_with_the_estimate(
    mesh: Mesh, stores: dict[str, KeyedStore], budgets: Budgets, sentence: str, product: str
) -> None:
    problem = refused(mesh, JOIN, budgets)
    assert (problem.sentence, problem.product, problem.kind) == (sentence, product, Kind.RESOURCE)
    assert problem.hint
    assert stores["artists_db"].asked == stores["rest"].asked == []


def test_explaining_is_free_and_analyzing_is_not(mesh: Mesh) -> None:
    refused(mesh, f"explain analyze {JOIN}", Budgets(Budget(rows=10)))
    told = mesh.ask(f"explain {JOIN}").column(0).to_pylist()
    assert any(line.endswith(" · estimated 3000000 rows, 30000000 bytes (test)") for line in told)


def test_what_fits_runs(mesh: Mesh, stores: dict[str, KeyedStore]) -> None:
    mesh.service._budgets = Budgets(
        Budget(rows=3_002_000, bytes=30_020_000),
        {LOCAL.name: Budget(rows=4_000_000), "ann": Budget(rows=1)},
        {"artists.catalog": Budget(rows=3_000_000), "play.events": Budget(rows=1)},
    )
    assert mesh.ask(JOIN).num_rows > 0


def test_keys_count_as_far_as_they_restrict(mesh: Mesh) -> None:
    mesh.service._budgets = Budgets(Budget(rows=302_000))
    assert mesh.ask(f"select a.name, r.rate from {A} a join {R} r on a.label_id = r.label_id").num_rows > 0
