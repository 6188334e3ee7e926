"""The snapshots of one query: taken side by side, let go of together, and a failing store waits for nobody."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.call import Call
from connectors.errors import StoreUnavailable
from connectors.files import PinnedFiles
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

BOTH = "select a.id, r.rate from artists.catalog.artists a join payments.royalties.rates r on a.label_id = r.label_id"


class Watched(DuckStore):
    """``before`` runs when a snapshot is asked for; ``held`` counts those that were not let go of."""

    held = 0
    before = staticmethod(lambda call: None)

    @contextmanager
    def snapshot(self, tables, call):
        self.before(call)
        self.held += 1
        try:
            with super().snapshot(tables, call) as taken:
                yield taken
        finally:
            self.held -= 1


@pytest.fixture
def stores() -> dict[str, Watched]:
    made = rows()
    return {
        "artists_db": Watched("artists_db", {name: made[name] for name in ("artists", "labels")}),
        "payments_db": Watched("payments_db", {name: made[name] for name in ("rates", "plays")}),
    }


@pytest.fixture
def mesh(stores: dict[str, Watched]) -> Iterator[Mesh]:
    placed = {"catalog": "artists_db", "royalties": "payments_db", "events": "payments_db"}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as running:
        yield running


def test_stores_are_asked_side_by_side(mesh: Mesh, stores: dict[str, Watched]) -> None:
    met = threading.Barrier(2, timeout=20)
    for store in stores.values():
        store.before = lambda call: met.wait()
    assert mesh.ask(BOTH).num_rows > 0
    assert [store.held for store in stores.values()] == [0, 0]


@pytest.mark.parametrize("failing", ["artists_db", "payments_db"])
def test_a_store_that_fails_ends_the_wait_for_the_others(mesh: Mesh, stores: dict[str, Watched], failing: str) -> None:
    def fails(call: Call) -> None:
        raise StoreUnavailable("The store is down.", store=failing)

    def waits(call: Call) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until and not call.cancelled:
            threading.Event().wait(0.01)
        call.check()

    for name, store in stores.items():
        store.before = fails if name == failing else waits
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as told:
        mesh.ask(BOTH)
    assert time.monotonic() - started < 10
    assert told.value.store == failing
    assert told.value.product == {"artists_db": "artists.catalog", "payments_db": "payments.royalties"}[failing]
    assert [store.held for store in stores.values()] == [0, 0]


def test_what_was_taken_is_let_go_of_when_another_store_fails(mesh: Mesh, stores: dict[str, Watched]) -> None:
    taken = threading.Event()

    def fails(call: Call) -> None:
        assert taken.wait(20)
        raise StoreUnavailable("The store is down.")

    @contextmanager
    def told(tables, call):
        with DuckStore.snapshot(stores["artists_db"], tables, call) as snapshot:
            stores["artists_db"].held += 1
            taken.set()
            try:
                yield snapshot
            finally:
                stores["artists_db"].held -= 1

    stores["artists_db"].snapshot = told
    stores["payments_db"].before = fails
    with pytest.raises(StoreUnavailable):
        mesh.ask(BOTH)
    assert taken.is_set()
    assert stores["artists_db"].held == 0
