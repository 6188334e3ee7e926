import struct
import threading
from collections.abc import Iterator

import pyarrow as pa
import pytest

from connectors.border import checked
from connectors.call import Call
from connectors.errors import (
    CallCancelled,
    DeadlineExceeded,
    HeadgateError,
    StoreDataCorrupt,
    StoreError,
    StoreSchemaMismatch,
    StoreUnavailable,
)

SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.utf8())])
GOOD = pa.record_batch({"id": [1, 2], "name": ["a", None]}, schema=SCHEMA)


class Batches:
    """A stream of given batches, ending in ``failure`` when there is one."""

    schema = SCHEMA

    def __init__(self, *batches: pa.RecordBatch, failure: Exception | None = None) -> None:
        self.batches = batches
        self.failure = failure
        self.closed = 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        yield from self.batches
        if self.failure:
            raise self.failure

    def close(self) -> None:
        self.closed += 1


def through(*batches: pa.RecordBatch, schema: pa.Schema = SCHEMA, failure: Exception | None = None):
    stream = Batches(*batches, failure=failure)
    return checked(stream, schema, Call(), store="artists_db", product="artists.catalog")


def test_good_batches_pass_and_are_counted():
    stream = through(GOOD, GOOD.slice(0, 1))
    assert [batch.to_pylist() for batch in stream] == [GOOD.to_pylist(), GOOD.to_pylist()[:1]]
    assert stream.rows == 3
    assert stream.bytes == GOOD.nbytes + GOOD.slice(0, 1).nbytes


def test_nullability_and_metadata_of_the_store_are_dropped():
    theirs = pa.schema([pa.field("id", pa.int64(), nullable=False), ("name", pa.utf8())], metadata={"x": "y"})
    [batch] = through(pa.record_batch({"id": [1], "name": ["a"]}, schema=theirs))
    assert batch.schema.equals(SCHEMA, check_metadata=True)


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        (pa.record_batch({"id": ["1"], "name": ["a"]}), "'id' was declared as int64, the store sent string"),
        (pa.record_batch({"id": pa.array([1], pa.int32()), "name": ["a"]}), "declared as int64, the store sent int32"),
        (pa.record_batch({"id": [1], "nom": ["a"]}), "Column 2 was declared as 'name', the store sent 'nom'"),
        (pa.record_batch({"id": [1]}), "1 columns where 2 were declared"),
        (pa.record_batch({"id": pa.nulls(1), "name": ["a"]}), "declared as int64, the store sent null"),
    ],
)
def test_another_shape_is_refused_even_after_good_batches(batch, told):
    stream = through(GOOD, batch)
    taken = []
    with pytest.raises(StoreSchemaMismatch) as caught:
        taken.extend(stream)
    assert told in str(caught.value)
    assert "product 'artists.catalog', store 'artists_db'" in str(caught.value)


def corrupt_offsets() -> pa.Array:
    return pa.StringArray.from_buffers(2, pa.py_buffer(struct.pack("iii", 0, 1 << 30, 6)), pa.py_buffer(b"secret"))


def corrupt_text() -> pa.Array:
    return pa.StringArray.from_buffers(2, pa.py_buffer(struct.pack("iii", 0, 2, 2)), pa.py_buffer(b"\xff\xfe"))


@pytest.mark.parametrize("make", [corrupt_offsets, corrupt_text])
def test_unsound_buffers_never_leave(make):
    stream = through(pa.record_batch([pa.array([1, 2]), make()], schema=SCHEMA))
    with pytest.raises(StoreDataCorrupt) as caught:
        list(stream)
    assert "secret" not in str(caught.value)


def times(*microseconds: int) -> pa.RecordBatch:
    return pa.record_batch([pa.array(microseconds, pa.int64()).view(pa.time64("us"))], names=["t"])


def test_midnight_at_the_end_of_the_day_is_a_time():
    [batch] = through(times(0, 86_400_000_000), schema=times(0).schema)
    assert batch.column(0).view(pa.int64()).to_pylist() == [0, 86_400_000_000]


@pytest.mark.parametrize("moment", [-1, 86_400_000_001])
def test_times_outside_the_day_are_refused(moment):
    with pytest.raises(StoreDataCorrupt):
        list(through(times(0, moment), schema=times(0).schema))


def test_what_a_library_says_does_not_leak():
    stream = through(GOOD, failure=RuntimeError("host=10.0.0.1 password=hunter2"))
    with pytest.raises(StoreError) as caught:
        list(stream)
    assert str(caught.value).startswith("STORE_FAILED: The store's answer broke off.")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" in str(caught.value.__cause__)


def test_the_connectors_own_error_keeps_its_kind_and_is_told_where():
    with pytest.raises(StoreUnavailable) as caught:
        list(through(GOOD, failure=StoreUnavailable("The connection broke.")))
    assert caught.value.store == "artists_db"
    assert caught.value.product == "artists.catalog"


def test_a_cancelled_call_ends_in_its_reason_and_never_in_a_short_answer():
    call = Call()
    rows = iter(checked(Batches(GOOD), SCHEMA, call, store="s"))
    next(rows)
    call.cancel()
    with pytest.raises(CallCancelled):
        next(rows)


def test_the_reason_of_a_cancel_hides_what_the_library_said_about_it():
    call = Call()
    stream = iter(checked(Batches(GOOD, failure=OSError("socket gone")), SCHEMA, call, store="s"))
    next(stream)
    call.cancel(DeadlineExceeded("Too late."))
    with pytest.raises(DeadlineExceeded):
        next(stream)


def test_close_is_idempotent_from_another_thread_and_going_on_is_an_error():
    inner = Batches(GOOD, GOOD)
    stream = checked(inner, SCHEMA, Call(), store="s")
    rows = iter(stream)
    next(rows)
    threads = [threading.Thread(target=stream.close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=2)
    with pytest.raises(HeadgateError):
        next(rows)
    assert inner.closed == 2


def test_closing_after_the_end_is_no_error():
    stream = through(GOOD)
    assert len(list(stream)) == 1
    stream.close()
