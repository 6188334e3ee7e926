"""One running query on its way to a client: admitted, sliced, watched, and always cleaned up and logged once."""

import logging
import threading
import time
from collections.abc import Iterator

import pyarrow as pa

from connectors.call import Call
from connectors.errors import CallCancelled
from gateway.errors import Internal
from gateway.flight.registry import Admission, Registry, Running
from gateway.flight.rpc import Rpc
from gateway.planner.plan import Plan
from gateway.service import Answer, Service

LOG = logging.getLogger("headgate.flight")
MAX_BATCH_BYTES = 2 << 20  # clients on plain grpc-go refuse messages above 4 MiB


class Execution:
    """Runs a plan for an RPC. Made by the RPC's thread; :meth:`finish` is safe to call again, from any thread."""

    def __init__(self, registry: Registry, admission: Admission, rpc: Rpc, call: Call) -> None:
        self._registry = registry
        self._admission = admission
        self._call = call
        self._running = Running(call, rpc.caller.name, rpc.gone)
        self._started = time.monotonic()
        self._answer: Answer | None = None
        self._admitted = False
        self._finished = False
        self._lock = threading.Lock()
        self._rows = self._bytes = 0
        registry.add(self._running)
        rpc.completed.append(self._abandoned)

    def start(self, service: Service, plan: Plan) -> pa.Schema:
        """Wait for a place and start the plan; the schema of its batches. Raises a :class:`HeadgateError`."""
        try:
            self._admission.enter(self._call)
            self._admitted = True
            self._answer = service.run(plan, self._call)
            if not self._answer.schema.equals(plan.schema):
                raise Internal("The answer does not have the schema that was planned.")
        except Exception as error:
            outcome = self._why(error)
            self.finish(outcome)
            raise outcome from outcome.__cause__
        return plan.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The answer in batches of at most 2 MiB (single rows may be larger). Raises a :class:`HeadgateError`."""
        assert self._answer is not None
        outcome: BaseException | None = None
        try:
            for batch in self._answer:
                for part in slices(batch):
                    self._rows += part.num_rows
                    self._bytes += part.nbytes
                    self._running.waiting_since = time.monotonic()
                    yield part
                    self._running.waiting_since = None
                    # An answer that was stopped must never look like one that ended.
                    self._call.check()
            self._call.check()
        except GeneratorExit as left:
            outcome = left
            raise
        except Exception as error:
            outcome = self._why(error)
            raise outcome from outcome.__cause__
        finally:
            self.finish(outcome)

    def finish(self, error: BaseException | None = None) -> None:
        """Stop the stores and the engine, give the place back, forget the query, and write one log line."""
        with self._lock:
            if self._finished:
                return
            self._finished = True
        self._registry.remove(self._running)
        try:
            if self._answer is not None:
                self._answer.close()
        finally:
            if self._admitted:
                self._admission.leave()
            self._log(error)

    def _why(self, error: Exception) -> Exception:
        """Whatever broke when a query was stopped, the reason for stopping is what the client has to learn."""
        return self._running.reason or error

    def _abandoned(self) -> None:
        """The RPC is over; when the answer is not, its client has left."""
        if not self._finished:
            self._running.stop(CallCancelled("The client went away."))
            self.finish(GeneratorExit())

    def _log(self, error: BaseException | None) -> None:
        gone = isinstance(error, GeneratorExit)
        outcome = CallCancelled.code if gone else "OK" if error is None else getattr(error, "code", Internal.code)
        LOG.info(
            "query %s of %r ended: %s, %d rows, %d bytes, %.3f s",
            self._call.id,
            self._running.owner,
            outcome,
            self._rows,
            self._bytes,
            time.monotonic() - self._started,
        )


def slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch into parts of at most 2 MiB without copying; a single row is never cut."""
    if batch.nbytes <= MAX_BATCH_BYTES or batch.num_rows <= 1:
        yield batch
        return
    parts = -(-batch.nbytes // MAX_BATCH_BYTES)
    rows = -(-batch.num_rows // parts)
    for at in range(0, batch.num_rows, rows):
        yield from slices(batch.slice(at, rows))
