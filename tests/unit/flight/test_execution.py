import threading

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, DeadlineExceeded
from gateway.errors import Internal, Overloaded, QueryFailed
from gateway.flight.admission import Admission
from gateway.flight.execution import MAX_BATCH_BYTES, Conditions, Execution, slices
from gateway.flight.meters import Meters
from gateway.flight.registry import Registry
from gateway.flight.rpc import Caller, Rpc
from gateway.metrics import Metrics
from gateway.planner.plan import Plan
from gateway.policy import LOCAL

SCHEMA = pa.schema([("n", pa.int64())])
BATCH = pa.record_batch({"n": pa.array([1, 2], pa.int64())})


class Answer:
    def __init__(self, schema, batches):
        self.schema, self._batches, self.closed = schema, batches, 0

    def __iter__(self):
        return iter(self._batches)

    def close(self):
        self.closed += 1


class Service:
    catalog = None

    def __init__(self, answer):
        self.answer = answer

    def prepare(self, sql, who, **_):
        raise NotImplementedError

    def run(self, plan, call):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def plan(schema=SCHEMA):
    return Plan(fragments=(), scans=(), residual="", outputs=(), schema=schema)


class Scene:
    def __init__(self, batches=(), schema=SCHEMA, heartbeat=60):
        self.registry = Registry(60)
        self.gate = Admission(1, 0, 0.1)
        self.metrics = Metrics()
        conditions = Conditions(self.registry, self.gate, Meters(self.metrics), heartbeat=heartbeat)
        self.rpc = Rpc(Caller("ann", LOCAL), {})
        self.call = Call()
        self.answer = Answer(schema, batches)
        self.execution = Execution(conditions, self.rpc, self.call)

    def start(self):
        self.execution.start(Service(self.answer), plan)
        return self.execution.batches()

    def is_clean(self):
        assert len(self.registry) == 0
        assert self.answer.closed == 1
        self.gate.enter(Call(), "ann")  # the place is free again
        self.registry.close()


def test_a_whole_answer():
    scene = Scene([BATCH, BATCH])
    assert [batch.num_rows for batch in scene.start()] == [2, 2]
    scene.is_clean()


def test_an_error_in_the_middle():
    def flow():
        yield BATCH
        raise QueryFailed("It broke.")

    scene = Scene(flow())
    batches = scene.start()
    next(batches)
    with pytest.raises(QueryFailed):
        next(batches)
    scene.is_clean()


def test_what_is_no_plain_exception_is_an_error_of_the_query_too():
    """Arrow makes a KeyboardInterrupt of some cancellations; a thread that died of it would let its reader wait."""

    def flow():
        yield BATCH
        raise KeyboardInterrupt

    scene = Scene(flow())
    batches = scene.start()
    next(batches)
    with pytest.raises(Internal):
        next(batches)
    scene.is_clean()


def test_an_answer_that_cancels_its_own_call_on_failing_still_tells_the_error():
    scene = Scene()

    def flow():
        yield BATCH
        scene.call.cancel()
        raise QueryFailed("It broke.")

    scene.answer._batches = flow()
    batches = scene.start()
    next(batches)
    with pytest.raises(QueryFailed):
        next(batches)
    scene.is_clean()


def test_the_reason_for_stopping_beats_what_broke_by_it():
    scene = Scene()

    def flow():
        yield BATCH
        scene.execution._running.stop(DeadlineExceeded("Too late."))
        raise RuntimeError("connection interrupted")

    scene.answer._batches = flow()
    batches = scene.start()
    next(batches)
    with pytest.raises(DeadlineExceeded):
        next(batches)
    scene.is_clean()


def test_an_answer_that_ends_because_it_was_stopped_is_no_answer():
    scene = Scene()

    def flow():
        yield BATCH
        scene.call.cancel()

    scene.answer._batches = flow()
    batches = scene.start()
    next(batches)
    with pytest.raises(CallCancelled):
        next(batches)
    scene.is_clean()


def test_a_stream_nobody_reads_to_its_end():
    for leave in (lambda scene, batches: batches.close(), lambda scene, batches: scene.rpc.completed[0]()):
        scene = Scene([BATCH, BATCH])
        batches = scene.start()
        next(batches)
        leave(scene, batches)
        scene.is_clean()


def test_a_stream_nobody_began_to_read():
    scene = Scene([BATCH])
    scene.start()
    scene.rpc.completed[0]()
    assert scene.call.cancelled
    scene.is_clean()


def test_a_silent_answer_shows_with_empty_batches_that_it_lives():
    going = threading.Event()

    def flow():
        yield BATCH
        going.wait(20)
        yield BATCH

    scene = Scene(flow(), heartbeat=0.02)
    batches = scene.start()
    seen = [next(batches) for _ in range(4)]
    going.set()
    seen += list(batches)
    assert all(batch.schema.equals(SCHEMA) for batch in seen)
    counts = [batch.num_rows for batch in seen]
    assert sum(counts) == 4
    assert [count for count in counts if count] == [2, 2]
    assert counts.count(0) >= 3
    scene.is_clean()


def test_an_answer_that_takes_long_to_begin_is_begun_behind_a_stream():
    going = threading.Event()
    scene = Scene([BATCH], heartbeat=0.02)

    class Slow(Service):
        def run(self, plan, call):
            going.wait(20)
            return super().run(plan, call)

    assert scene.execution.start(Slow(scene.answer), plan) == SCHEMA
    batches = scene.execution.batches()
    assert [next(batches).num_rows for _ in range(3)] == [0, 0, 0]
    going.set()
    assert sum(batch.num_rows for batch in batches) == 2
    scene.is_clean()


def test_a_fault_of_a_slow_beginning_comes_out_of_the_stream():
    going = threading.Event()
    scene = Scene(heartbeat=0.02)

    class Slow(Service):
        def run(self, plan, call):
            going.wait(20)
            raise QueryFailed("It broke.")

    scene.execution.start(Slow(scene.answer), plan)
    going.set()
    with pytest.raises(QueryFailed):
        list(scene.execution.batches())
    assert len(scene.registry) == 0
    scene.gate.enter(Call(), "ann")


def test_a_stopped_answer_is_freed_while_its_reader_stands_still():
    scene = Scene(BATCH for _ in range(100))
    batches = scene.start()
    next(batches)
    scene.execution._running.stop(DeadlineExceeded("The client stopped reading."))
    assert scene.execution._producer._over.wait(5)
    assert scene.answer.closed == 1
    scene.gate.enter(Call(), "ann")  # the place is free, and the reader has not come back yet
    scene.gate.leave("ann")
    with pytest.raises(DeadlineExceeded):
        next(batches)
    scene.is_clean()


def test_a_slow_reader_is_waited_for_with_one_batch_ready():
    made = []

    def flow():
        for number in range(50):
            made.append(number)
            yield BATCH

    scene = Scene(flow())
    batches = scene.start()
    for taken in range(1, 6):
        next(batches)
        assert len(made) <= taken + 2
    assert sum(batch.num_rows for batch in batches) == 90
    scene.is_clean()


def test_what_happened_is_counted():
    scene = Scene([BATCH, BATCH])
    list(scene.start())
    text = scene.metrics.text()
    for line in (
        'headgate_queries_total{outcome="OK"} 1',
        "headgate_rows_sent_total 4",
        "headgate_query_seconds_count 1",
    ):
        assert f"{line}\n" in text
    scene.is_clean()


def test_a_service_that_cannot_start_gives_the_place_back():
    scene = Scene()
    with pytest.raises(QueryFailed):
        scene.execution.start(Service(QueryFailed("no")), plan)
    assert len(scene.registry) == 0
    scene.gate.enter(Call(), "ann")
    scene.registry.close()


def test_what_cannot_be_planned_gives_the_place_back():
    def planned():
        raise QueryFailed("no")

    scene = Scene()
    with pytest.raises(QueryFailed):
        scene.execution.start(Service(scene.answer), planned)
    assert len(scene.registry) == 0
    scene.gate.enter(Call(), "ann")
    scene.registry.close()


def test_who_is_refused_is_not_planned():
    scene = Scene()
    scene.gate.enter(Call(), "bob")
    with pytest.raises(Overloaded):
        scene.execution.start(Service(scene.answer), lambda: pytest.fail("it was planned"))
    assert len(scene.registry) == 0
    scene.registry.close()


def test_a_schema_that_was_not_planned_is_an_internal_error():
    scene = Scene(schema=pa.schema([("n", pa.int32())]))
    with pytest.raises(Internal):
        scene.start()
    scene.is_clean()


def test_finishing_from_two_threads_closes_once():
    scene = Scene([BATCH])
    scene.start()
    threads = [threading.Thread(target=scene.execution.finish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    scene.is_clean()


@pytest.mark.parametrize(
    "column",
    [
        pa.array(range(1_000_000), pa.int64()),
        pa.array(["x" * 3_000_000, "", "y" * 5_000_000, "z"]),
        pa.array(["x" * 1_000] * 20_000),
        pa.array([["ab"] * 100] * 20_000),
        pa.array([], pa.int64()),
    ],
    ids=["fixed", "huge rows", "text", "lists", "empty"],
)
def test_slices_are_small_and_whole(column):
    batch = pa.record_batch({"c": column})
    parts = list(slices(batch))
    assert all(part.nbytes <= MAX_BATCH_BYTES or part.num_rows == 1 for part in parts)
    assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([batch]))


def test_what_was_sent_is_counted_in_whole_batches_and_in_parts():
    long = pa.record_batch({"n": pa.array(range(600_000), pa.int64())})
    scene = Scene([BATCH, long])
    sent = list(scene.start())
    assert [part.num_rows for part in sent] == [2, 200_000, 200_000, 200_000]
    assert f"headgate_bytes_sent_total {16 + 600_000 * 8}" in scene.metrics.text()
    scene.is_clean()
