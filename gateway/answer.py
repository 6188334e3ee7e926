"""A running query's result: batches out, and everything behind it stopped and freed at the end, whatever the end."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pyarrow as pa

from connectors.call import Call
from connectors.errors import HeadgateError
from gateway.planner.plan import Moved

_log = logging.getLogger("headgate.engine")

Explain = Callable[[Exception], HeadgateError]
Again = Callable[[], pa.RecordBatchReader | None]


class EngineAnswer:
    """Implements :class:`gateway.service.Answer` over DuckDB's reader.

    ``held`` is left when the answer is closed: it frees the cursor, the streams and the snapshots. ``again`` starts the
    answer anew where that may help against a failure before the first batch. ``started`` is the moment
    (``time.perf_counter``) at which DuckDB was given the residual. ``reads`` tells what is read of files in place, of a
    plan that is to be explained.
    """

    def __init__(
        self,
        schema: pa.Schema,
        reader: pa.RecordBatchReader,
        call: Call,
        held: ExitStack,
        explain: Explain,
        again: Again,
        moved: Callable[[], list[Moved]],
        started: float,
    ) -> None:
        self.schema = schema
        self.reads: tuple[str, ...] = ()
        self.rows = 0
        self.milliseconds = 0.0
        self._started = started
        self._reader = reader
        self._call = call
        self._held = held
        self._explain = explain
        self._again = again
        self._moved = moved
        self._begun = False
        self._using = threading.Lock()
        self._closed = False
        self._complete = False

    @property
    def moved(self) -> list[Moved]:
        """What each leaf of the plan has moved so far."""
        return self._moved()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            while (batch := self._next()) is not None:
                self.rows += batch.num_rows
                yield batch
            self._complete = True
        finally:
            self.milliseconds = (time.perf_counter() - self._started) * 1000
            self.close()

    def _next(self) -> pa.RecordBatch | None:
        with self._using:
            self._call.check()
            try:
                batch = self._read()
            except StopIteration:
                return None
            except Exception as problem:
                raise self._explain(problem) from problem
            self._begun = True
        if batch.schema.equals(self.schema, check_metadata=True):
            return batch  # as DuckDB's are; to put one together anew costs as much as to send it
        return pa.RecordBatch.from_arrays(batch.columns, schema=self.schema)

    def _read(self) -> pa.RecordBatch:
        try:
            return self._reader.read_next_batch()
        except StopIteration:
            raise
        except Exception:
            reader = None if self._begun else self._again()
            if reader is None:
                raise
            self._reader = reader
            return reader.read_next_batch()

    def close(self) -> None:
        """Stop what still runs, then free it. Whoever pulls at the moment is interrupted first. Idempotent."""
        if not self._complete:
            self._call.cancel()
        with self._using:
            if self._closed:
                return
            self._closed = True
            try:
                self._held.close()
            except Exception:
                _log.exception("call %s: freeing the answer failed", self._call.id)
