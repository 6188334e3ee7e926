"""One running query on its way to a client: admitted, sliced, watched, and always cleaned up and logged once."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from connectors.call import Call
from connectors.errors import CallCancelled
from gateway.errors import Internal
from gateway.flight.admission import Admission
from gateway.flight.meters import Meters
from gateway.flight.producer import Mark, Producer
from gateway.flight.registry import Registry, Running
from gateway.flight.rpc import Rpc
from gateway.planner.plan import Plan
from gateway.service import Answer, Service

LOG = logging.getLogger("headgate.flight")
MAX_BATCH_BYTES = 2 << 20  # clients on plain grpc-go refuse messages above 4 MiB


@dataclass(frozen=True)
class Conditions:
    """What every query runs under: who watches it, who lets it in and who counts it.

    ``heartbeat`` is how many seconds a stream may be silent before a batch without rows shows that it lives.
    """

    registry: Registry
    admission: Admission
    meters: Meters
    heartbeat: float


class Execution:
    """Runs a plan for an RPC. Used by the RPC's thread alone."""

    def __init__(self, conditions: Conditions, rpc: Rpc, call: Call) -> None:
        self._conditions = conditions
        self._call = call
        self._running = Running(call, rpc.caller.name, rpc.gone)
        self._started = time.monotonic()
        self._producer: Producer | None = None
        self._empty: pa.RecordBatch | None = None
        self._finished = False
        self._rows = self._bytes = 0
        conditions.registry.add(self._running)
        rpc.completed.append(self._abandoned)

    def start(self, service: Service, planned: Callable[[], Plan]) -> pa.Schema:
        """Wait for a place, plan, and start the plan; the schema of its batches. Raises a :class:`HeadgateError`.

        Planning comes second, so that who is refused costs little. Comes back after a heartbeat's time even if the
        plan still has nothing to show; :meth:`batches` goes on waiting.
        """
        try:
            plan = self._admitted(planned)
            self._conditions.meters.began(plan)
            self._empty = pa.RecordBatch.from_pylist([], schema=plan.schema)
            self._producer = Producer(lambda: self._begin(service, plan), self._call, self._leave)
            self._next()
        except Exception as error:
            outcome = self._why(error)
            self.finish(outcome)
            raise outcome from outcome.__cause__
        return plan.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The answer in batches of at most 2 MiB (single rows may be larger). Raises a :class:`HeadgateError`."""
        outcome: BaseException | None = None
        try:
            while (handed := self._next()) is not Mark.ENDED:
                batch = self._empty if isinstance(handed, Mark) else handed
                for part in slices(batch):
                    self._rows += part.num_rows
                    self._bytes += _size(part, of=batch)
                    self._running.waiting_since = time.monotonic()
                    yield part
                    self._running.waiting_since = None
                    # An answer that was stopped must never look like one that ended.
                    if self._running.reason is not None:
                        raise self._running.reason
        except GeneratorExit as left:
            outcome = left
            raise
        except Exception as error:
            outcome = self._why(error)
            raise outcome from outcome.__cause__
        finally:
            self.finish(outcome)

    def finish(self, error: BaseException | None = None) -> None:
        """Stop the stores and the engine, give the place back, forget the query, count it, and log it. Idempotent."""
        if self._finished:
            return
        self._finished = True
        try:
            if self._producer is not None:
                self._producer.close()
        finally:
            self._conditions.registry.remove(self._running)
            self._tell(error)

    def _admitted(self, planned: Callable[[], Plan]) -> Plan:
        """Take a place, and keep it if the statement can be planned."""
        self._conditions.admission.enter(self._call, self._running.owner)
        try:
            return planned()
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        self._conditions.admission.leave(self._running.owner)

    def _begin(self, service: Service, plan: Plan) -> Answer:
        answer = service.run(plan, self._call)
        if not answer.schema.equals(plan.schema):
            answer.close()
            raise Internal("The answer does not have the schema that was planned.")
        return answer

    def _next(self) -> pa.RecordBatch | Mark:
        """The next batch or mark, or a batch without rows when it takes long."""
        assert self._producer is not None
        handed = self._producer.take(self._conditions.heartbeat)
        if isinstance(handed, Exception):
            raise handed
        return self._empty if handed is None else handed

    def _why(self, error: Exception) -> Exception:
        """Whatever broke when a query was stopped, the reason for stopping is what the client has to learn."""
        return self._running.reason or error

    def _abandoned(self) -> None:
        """The RPC is over; when the answer is not, its client has left."""
        if not self._finished:
            self._running.stop(CallCancelled("The client went away."))
            self.finish(GeneratorExit())

    def _tell(self, error: BaseException | None) -> None:
        gone = isinstance(error, GeneratorExit)
        outcome = CallCancelled.code if gone else "OK" if error is None else getattr(error, "code", Internal.code)
        seconds = time.monotonic() - self._started
        self._conditions.meters.ended(outcome, self._rows, self._bytes, seconds)
        LOG.info(
            "query %s of %r ended: %s, %d rows, %d bytes, %.3f s",
            self._call.id,
            self._running.owner,
            outcome,
            self._rows,
            self._bytes,
            seconds,
        )


def _size(part: pa.RecordBatch, of: pa.RecordBatch) -> int:
    """Bytes of a part's values. Of a whole batch they are all that its buffers hold, which is known at once."""
    return int(part.get_total_buffer_size() if part is of else part.nbytes)


def slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch into parts of at most 2 MiB without copying; a single row is never cut."""
    # What the buffers hold is told at once; how much of them is the batch's has to be looked for in every column.
    if batch.num_rows <= 1 or batch.get_total_buffer_size() <= MAX_BATCH_BYTES or batch.nbytes <= MAX_BATCH_BYTES:
        yield batch
        return
    parts = -(-batch.nbytes // MAX_BATCH_BYTES)
    rows = -(-batch.num_rows // parts)
    for at in range(0, batch.num_rows, rows):
        yield from slices(batch.slice(at, rows))
