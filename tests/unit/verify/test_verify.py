"""Verify mode: both ways under one snapshot, an error on any difference, and a sampled share in the background."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, HeadgateError, Kind
from connectors.files import PinnedFiles
from gateway.database import Database, Limits
from gateway.errors import PushdownDiffers
from gateway.planner.decided import Decided
from gateway.planner.plan import Plan
from gateway.policy import LOCAL
from gateway.service import Options
from gateway.verify import Digest
from tests.duck_store import DuckStore
from tests.mesh import PRODUCTS, TABLES, Mesh, rows, running_mesh

ARTISTS = "artists.catalog.artists"
FILTERED = f"SELECT id, name FROM {ARTISTS} WHERE id < 30"
ALL_ROWS = Decided((), rows=True, told="")


@dataclass
class Liar(DuckStore):
    """Answers a fragment that filters as ``lies`` says: a part of its text, and what stands there instead."""

    lies: tuple[str, str] = ("", "")
    snapshots: int = 0
    opened: list[int] = field(default_factory=list)

    def open(self, fragment, snapshot, hints, call):
        self.opened.append(self.snapshots)
        return super().open(replace(fragment, text=fragment.text.replace(*self.lies)), snapshot, hints, call)

    @contextmanager
    def snapshot(self, tables, call):
        self.snapshots += 1
        with super().snapshot(tables, call) as held:
            yield held


@pytest.fixture
def store() -> Liar:
    return Liar("db", rows())


@pytest.fixture
def mesh(store: Liar) -> Iterator[Mesh]:
    with running_mesh({"db": store}, dict.fromkeys(PRODUCTS, "db"), TABLES, PinnedFiles()) as running:
        yield running


def planned(mesh: Mesh, sql: str) -> Plan:
    return mesh.service.prepare(sql, LOCAL, options=Options(verify=True))


def ask(mesh: Mesh, sql: str) -> pa.Table:
    made = planned(mesh, sql)
    return pa.Table.from_batches(list(mesh.service.run(made, Call(timeout=30))), schema=made.schema)


def test_an_honest_store_is_answered_for(mesh: Mesh, store: Liar) -> None:
    assert ask(mesh, FILTERED).num_rows == 30
    assert len(store.asked) == 2
    assert "WHERE" in store.asked[0]
    assert "WHERE" not in store.asked[1]


def test_both_ways_read_one_snapshot(mesh: Mesh, store: Liar) -> None:
    ask(mesh, FILTERED)
    assert (store.snapshots, store.opened) == (1, [1, 1])


@pytest.mark.parametrize(
    ("sql", "lies", "why"),
    [
        (FILTERED, ("< 30", "< 29"), "number of rows (29 pushed, 30 unpushed)"),
        (f"SELECT max(id) FROM {ARTISTS}", ("MAX", "MIN"), "rows"),
        (f"SELECT id FROM {ARTISTS} WHERE id < 5 ORDER BY id", ("< 5", "BETWEEN 1 AND 5"), "rows"),
    ],
)
def test_a_difference_is_an_error(mesh: Mesh, store: Liar, sql: str, lies: tuple[str, str], why: str) -> None:
    store.lies = lies
    with pytest.raises(PushdownDiffers) as caught:
        ask(mesh, sql)
    assert (caught.value.kind, caught.value.code) == (Kind.INTERNAL, "PUSHDOWN_DIFFERS")
    assert caught.value.sentence == f"The answers with and without pushdown differ in their {why}."
    assert (caught.value.product, caught.value.store) == ("artists.catalog", "db")


def test_what_a_limit_leaves_open_is_not_compared(mesh: Mesh, store: Liar) -> None:
    sql = f"SELECT id, name FROM {ARTISTS} WHERE id < 30 LIMIT 5"
    store.lies = ("< 30", "BETWEEN 10 AND 20")
    assert ask(mesh, sql).num_rows == 5
    assert planned(mesh, sql).twin.decided.told == (
        "the number of rows and the keys of ORDER BY are compared, because LIMIT leaves open which rows stay"
    )


def test_explain_says_what_is_compared(mesh: Mesh) -> None:
    lines = ask(mesh, f"EXPLAIN {FILTERED}").column("plan").to_pylist()
    assert "verified: rows are compared; the query leaves the rest of their order open" in lines


def test_a_query_that_depends_on_the_clock_runs_once(mesh: Mesh, store: Liar) -> None:
    assert ask(mesh, f"SELECT count(*) FROM {ARTISTS} WHERE born < current_date").num_rows == 1
    assert len(store.asked) == 1


def test_leaving_early_frees_everything(mesh: Mesh) -> None:
    call = Call(timeout=30)
    answer = mesh.service.run(planned(mesh, FILTERED), call)
    assert next(iter(answer)).num_rows == 30
    answer.close()
    answer.close()
    assert call.cancelled


def test_cancelling_stops_the_other_way_too(mesh: Mesh) -> None:
    call = Call(timeout=30)
    batches = iter(mesh.service.run(planned(mesh, FILTERED), call))
    next(batches)
    call.cancel()
    with pytest.raises(CallCancelled):
        list(batches)


@pytest.mark.parametrize(
    ("sql", "keys", "rows_too"),
    [
        ("SELECT a, b FROM t", (), True),
        ("SELECT a, b FROM t ORDER BY b, 1", (1, 0), True),
        ("SELECT a, b FROM t ORDER BY a LIMIT 3", (0,), False),
        ("SELECT a, b FROM t ORDER BY ALL LIMIT 3", (0, 1), True),
        ("SELECT a, b FROM t ORDER BY b, t.a, 1", (1,), True),
        ("SELECT a, b FROM t UNION SELECT a, b FROM u ORDER BY 2 DESC", (1,), True),
        ("SELECT a, b FROM t OFFSET 2", (), False),
    ],
)
def test_what_is_decided(mesh: Mesh, sql: str, keys: tuple[int, ...], rows_too: bool) -> None:
    text = sql.replace("FROM t", f"FROM (SELECT id AS a, name AS b FROM {ARTISTS}) AS t")
    text = text.replace("FROM u", f"FROM (SELECT id AS a, name AS b FROM {ARTISTS}) AS u")
    found = planned(mesh, text).twin.decided
    assert (found.keys, found.rows, found.nothing) == (keys, rows_too, False)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (f"SELECT * FROM (SELECT id FROM {ARTISTS} LIMIT 3)", "a LIMIT inside the query leaves open which rows stay"),
        (f"SELECT DISTINCT ON (name) id, name FROM {ARTISTS}", "DISTINCT ON leaves open which rows stay"),
        (
            f"SELECT row_number() OVER (ORDER BY name) FROM {ARTISTS}",
            "a window function depends on the order of equal rows",
        ),
        (
            f"SELECT sum(id) over (order by name rows 1 preceding) FROM {ARTISTS}",
            "a window function depends on the order of equal rows",
        ),
        (f"SELECT first(name) FROM {ARTISTS}", "an aggregate depends on the order of its rows"),
        (f"SELECT string_agg(name, ',') FROM {ARTISTS}", "an aggregate depends on the order of its rows"),
        (f"SELECT now() FROM {ARTISTS}", "the query depends on the clock"),
    ],
)
def test_what_is_left_open(mesh: Mesh, sql: str, why: str) -> None:
    found = planned(mesh, sql).twin.decided
    assert (found.nothing, found.told) == (True, f"only the types are compared, because {why}")


def test_a_limit_over_a_total_order_is_decided_wherever_it_stands(mesh: Mesh) -> None:
    sql = f"SELECT * FROM (SELECT id, name FROM {ARTISTS} ORDER BY id, name LIMIT 3)"
    assert planned(mesh, sql).twin.decided.rows


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database(Limits(memory="200MB"), PinnedFiles())
    yield made
    made.close()


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        ([1.0, 2.0], [2.0, 1.0], ""),
        ([0.0], [-0.0], "rows"),
        ([0.1], [0.10000000000000002], "rows"),
        ([float("nan"), None], [None, float("nan")], ""),
        ([None], [float("nan")], "rows"),
        ([1.0, 1.0], [1.0, 2.0], "rows"),
        ([1.0], [1.0, 1.0], "number of rows (1 pushed, 2 unpushed)"),
    ],
)
def test_digests_tell_rows_apart(database: Database, left: list[float], right: list[float], why: str) -> None:
    assert digest(database, left, ALL_ROWS).difference(digest(database, right, ALL_ROWS)) == why


def test_digests_tell_the_order_of_keys_apart(database: Database) -> None:
    ordered = Decided((0,), rows=True, told="")
    one = digest(database, [1.0, 2.0, 0.0], ordered)
    assert one.difference(digest(database, [2.0, 1.0, 0.0], ordered)) == "order"
    assert one.difference(digest(database, [1.0, 2.0, 0.0], ordered)) == ""


def digest(database: Database, values: list[float], what: Decided) -> Digest:
    made = Digest(database, pa.schema([("x", pa.float64())]), what)
    for value in values:  # batches of one row: where they are cut must not matter
        made.add(pa.RecordBatch.from_arrays([pa.array([value], pa.float64())], ["x"]))
    return made


def sampled(mesh: Mesh, share: float) -> None:
    mesh.service._share = share


def until_counted(mesh: Mesh, what: str, count: int = 1) -> None:
    deadline = time.monotonic() + 10
    while mesh.service.sampler.counts[what] < count:
        assert time.monotonic() < deadline, mesh.service.sampler.counts
        threading.Event().wait(0.01)


def test_a_share_is_verified_behind_the_answer(mesh: Mesh, store: Liar) -> None:
    sampled(mesh, 1.0)
    assert mesh.ask(FILTERED).num_rows == 30
    until_counted(mesh, "same")
    assert len(store.asked) == 3
    store.lies = ("< 30", "< 29")
    assert mesh.ask(FILTERED).num_rows == 29  # who asked is told nothing
    until_counted(mesh, "different")


def test_a_verification_that_fails_is_only_counted(mesh: Mesh, store: Liar) -> None:
    sampled(mesh, 1.0)
    answer = mesh.service.run(mesh.plan(FILTERED), Call(timeout=30))
    batches = iter(answer)
    assert next(batches).num_rows == 30
    store.lies = ("FROM", "FORM")
    assert list(batches) == []
    until_counted(mesh, "failed")


def test_no_share_means_none(mesh: Mesh, store: Liar) -> None:
    assert mesh.plan(FILTERED).twin is None
    mesh.ask(FILTERED)
    assert len(store.asked) == 1


def test_without_pushdown_there_is_nothing_to_verify(mesh: Mesh) -> None:
    made = mesh.service.prepare(FILTERED, LOCAL, options=Options(pushdown=False, verify=True))
    assert made.twin is None


def test_a_fault_of_the_other_way_is_told_as_it_is(mesh: Mesh, store: Liar) -> None:
    made = planned(mesh, FILTERED)
    batches = iter(mesh.service.run(made, Call(timeout=30)))
    next(batches)
    store.lies = ("FROM", "FORM")
    with pytest.raises(HeadgateError) as caught:
        list(batches)
    assert not isinstance(caught.value, PushdownDiffers)
