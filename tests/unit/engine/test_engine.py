"""The engine under stores that are slow, large, broken or cancelled: hand-made streams show each fault exactly."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, DeadlineExceeded, StoreSchemaMismatch, StoreUnavailable
from connectors.files import PinnedFiles
from gateway.errors import MemoryExceeded, QueryFailed, SqlInvalid
from gateway.policy import LOCAL
from gateway.service import Options
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

ARTISTS = "artists.catalog.artists"
RATES = "payments.royalties.rates"


@dataclass
class Scripted:
    """A stream that yields ``batches`` and then raises ``fault``, or waits to be closed when ``hangs``."""

    schema: pa.Schema
    batches: list[pa.RecordBatch]
    fault: Exception | None = None
    hangs: bool = False
    closed: threading.Event = field(default_factory=threading.Event)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        yield from self.batches
        if self.hangs:
            assert self.closed.wait(20), "nobody closed the stream"
            raise StoreUnavailable("The stream was closed.")
        if self.fault:
            raise self.fault

    def close(self) -> None:
        self.closed.set()


class Faulty(DuckStore):
    """A DuckStore whose streams can be replaced by a script."""

    script = None

    def open(self, fragment, snapshot, hints, call):
        good = super().open(fragment, snapshot, hints, call)
        return self.script(good) if self.script else good

    @contextmanager
    def snapshot(self, tables, call):
        self.held = getattr(self, "held", 0) + 1
        try:
            with super().snapshot(tables, call) as taken:
                yield taken
        finally:
            self.held -= 1


@dataclass
class Bench:
    mesh: Mesh
    artists: Faulty
    rates: Faulty

    def run(self, sql: str, call: Call | None = None, **options):
        made = self.mesh.service.prepare(sql, LOCAL, options=Options(**options))
        return self.mesh.service.run(made, call or Call(timeout=30))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = rows()
    artists = Faulty("artists_db", {name: made[name] for name in ("artists", "labels")})
    rates = Faulty("payments_db", {"rates": made["rates"]})
    stores = {"artists_db": artists, "payments_db": rates, "events": DuckStore("events", {"plays": made["plays"]})}
    placed = {"catalog": "artists_db", "royalties": "payments_db", "events": "events"}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as mesh:
        yield Bench(mesh, artists, rates)
        assert (getattr(artists, "held", 0), getattr(rates, "held", 0)) == (0, 0)


def test_a_store_that_fails_in_mid_stream_fails_the_query_by_name(bench: Bench) -> None:
    bench.rates.script = lambda good: Scripted(good.schema, good.batches, StoreUnavailable("The connection broke."))
    with pytest.raises(StoreUnavailable) as raised:
        list(bench.run(f"select a.name, r.rate from {ARTISTS} a join {RATES} r on a.label_id = r.label_id"))
    assert (raised.value.product, raised.value.store) == ("payments.royalties", "payments_db")


def test_a_streamed_fragment_keeps_its_own_error(bench: Bench) -> None:
    bench.artists.script = lambda good: Scripted(good.schema, good.batches * 200, StoreUnavailable("The line is dead."))
    with pytest.raises(StoreUnavailable, match="The line is dead") as raised:
        list(bench.run(f"select id from {ARTISTS}"))
    assert raised.value.store == "artists_db"


def test_a_batch_of_another_shape_never_reaches_duckdb(bench: Bench) -> None:
    wrong = pa.record_batch({"id": pa.array(["text"])})
    bench.artists.script = lambda good: Scripted(good.schema, [wrong])
    with pytest.raises(StoreSchemaMismatch, match="declared as int32, the store sent string"):
        list(bench.run(f"select id from {ARTISTS}"))


def test_one_failure_stops_the_other_streams(bench: Bench) -> None:
    hanging: list[Scripted] = []

    def hang(good):
        hanging.append(Scripted(good.schema, good.batches, hangs=True))
        return hanging[-1]

    bench.artists.script = hang
    bench.rates.script = lambda good: Scripted(good.schema, [], StoreUnavailable("Gone."))
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="Gone"):
        list(bench.run(f"select a.name, r.rate from {ARTISTS} a join {RATES} r on a.label_id = r.label_id"))
    assert time.monotonic() - started < 2
    assert hanging[0].closed.is_set()


def test_cancelling_ends_a_query_that_waits_for_its_store(bench: Bench) -> None:
    bench.artists.script = lambda good: Scripted(good.schema, good.batches, hangs=True)
    call = Call()
    canceller = threading.Timer(0.2, call.cancel)
    canceller.start()
    with pytest.raises(CallCancelled):
        list(bench.run(f"select count(*), name from {ARTISTS} group by all", call, pushdown=False))
    canceller.join()


def test_the_deadline_ends_a_query_inside_duckdb(bench: Bench) -> None:
    many = ", ".join(f"{ARTISTS} {alias}" for alias in "abcde")
    sql = f"select sum(a.id * e.id) from {many} where a.id % 7 = e.id % 11"
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        list(bench.run(sql, Call(timeout=0.3), pushdown=False))
    assert time.monotonic() - started < 3


def test_leaving_an_answer_early_frees_everything(bench: Bench) -> None:
    before = threading.active_count()
    answer = bench.run(f"select id from {ARTISTS}")
    next(iter(answer))
    answer.close()
    answer.close()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert threading.active_count() <= before


def test_a_large_fragment_is_spilled_and_read_twice(bench: Bench) -> None:
    engine = bench.mesh.service._engine
    engine._buffer_bytes = 100
    answer = bench.run(f"select count(*) from {ARTISTS} a join {ARTISTS} b on a.id + 1 = b.id", pushdown=False)
    assert [batch.to_pylist() for batch in answer] == [[{"count_star()": 179}]]
    assert [moved.how for moved in answer.moved] == ["spilled"]
    assert answer.moved[0].rows == 180


def test_a_value_that_cannot_be_converted_does_not_show(bench: Bench) -> None:
    with pytest.raises(QueryFailed) as raised:
        list(bench.run(f"select cast(name as integer) from {ARTISTS}"))
    assert "Nina" not in str(raised.value)
    assert "nina" not in str(raised.value)


def test_names_that_do_not_fit_are_told(bench: Bench) -> None:
    with pytest.raises(SqlInvalid, match="nmae"):
        bench.run(f"select nmae from {ARTISTS}")


def test_memory_is_bounded(bench: Bench) -> None:
    """A list of 10⁹ numbers cannot spill, and must not grow past the 1 GB of the test's mesh either."""
    with pytest.raises(MemoryExceeded):
        list(bench.run(f"select len(list(a.id)) from {ARTISTS} a, {ARTISTS} b, {ARTISTS} c, {ARTISTS} d"))


def test_parameters_bind_and_tell_their_types(bench: Bench) -> None:
    sql = f"select id, name from {ARTISTS} where id = ? and born > ?"
    unbound = bench.mesh.service.prepare(sql, LOCAL)
    assert unbound.parameters == ("INTEGER", "DATE")
    assert bench.mesh.service.prepare("select ?::float, ?::real, ?::double", LOCAL).parameters == (
        "FLOAT",
        "FLOAT",
        "DOUBLE",
    )
    bound = bench.mesh.service.prepare(sql, LOCAL, parameters=[3, "1900-01-01"])
    assert [batch.num_rows for batch in bench.mesh.service.run(bound, Call())] in ([0], [1], [])
    assert "'1900-01-01'" in bound.fragments[0].native
    assert bound.schema == unbound.schema
