"""A fragment's batches: read in a thread that can be given up, through a queue that holds at most two."""

import queue
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Protocol

import pyarrow as pa

from connectors.call import Call
from connectors.errors import CallCancelled, HeadgateError, StoreTimeout
from connectors.postgres.errors import is_broken
from connectors.postgres.packed import Packing
from connectors.postgres.session import Session
from connectors.postgres.transport import to_schema
from connectors.threads import background

GRACE = 0.8
"""Seconds that closing waits for the server to obey before its backend is terminated."""


class Owner(Protocol):
    """Who lent the session."""

    def give_back(self, session: Session, *, usable: bool) -> None:
        """The stream is over and its thread has let go of the session."""

    def terminate(self, session: Session) -> None:
        """End the session's backend from elsewhere. May block."""

    def abandon(self) -> None:
        """The reading thread hangs."""

    def came_back(self, session: Session) -> None:
        """The reading thread, given up before, has let go of the session."""

    def told(self, problem: BaseException) -> HeadgateError:
        """The typed error for what the session raised."""


class PostgresStream:
    """Starts reading at once. Pulled by one thread; :meth:`close` from any."""

    def __init__(
        self,
        session: Session,
        query: str,
        schema: pa.Schema,
        owner: Owner,
        call: Call,
        packing: Packing | None = None,
    ) -> None:
        self._session = session
        self._query = query
        self._packing = packing
        self._schema = schema
        self._owner = owner
        self._call = call
        self._queue: queue.Queue[pa.RecordBatch | HeadgateError | None] = queue.Queue(2)
        self._stop = threading.Event()
        self._interrupted = threading.Event()
        self._done = threading.Event()
        self._once = threading.Lock()
        self._abandoned = False
        self._watch = ExitStack()
        self._watch.enter_context(call.on_cancel(self.stop))
        background(self._read, "headgate-postgres-read")

    @property
    def schema(self) -> pa.Schema:
        """The declared schema, which every batch has."""
        return self._schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches; :class:`StoreTimeout` when the database is silent until the call's deadline."""
        while (item := self._next()) is not None:
            if isinstance(item, HeadgateError):
                raise item
            yield item

    def close(self) -> None:
        """Have the server stop, and give the session back. Idempotent, returns within a second."""
        self.stop()
        self.wait(GRACE)

    def wait(self, seconds: float) -> bool:
        """Wait until the reading thread has let go of the session; False when it has not by then."""
        return self._done.wait(seconds)

    def stop(self) -> None:
        """Like :meth:`close`, without waiting for anything."""
        with self._once:
            if self._stop.is_set():
                return
            self._stop.set()
            if not self._done.is_set():
                background(self._interrupt, "headgate-postgres-interrupt")

    def _next(self) -> pa.RecordBatch | HeadgateError | None:
        while True:
            if self._call.cancelled:
                self._call.check()
            if self._stop.is_set():
                raise CallCancelled("The stream was closed before its end.")
            with suppress(queue.Empty):
                return self._queue.get(timeout=self._call.remaining(0.1))
            if self._call.remaining() == 0:
                self.stop()
                raise StoreTimeout("The database did not answer in time.", hint="Narrow the query or raise the limit.")

    def _read(self) -> None:
        """In its own thread: everything that blocks on the server."""
        usable = True
        last: HeadgateError | None = None
        try:
            with closing(self._session.stream(self._query, one_by_one=self._packing is not None)) as batches:
                for batch in self._unpacked(batches):
                    if not self._offer(to_schema(batch, self._schema)):
                        self._interrupted.wait()
                        raise CallCancelled("The stream was closed before its end.")
        except Exception as problem:
            last = self._owner.told(problem)
            self._settle()
            usable = (isinstance(problem, HeadgateError) or not is_broken(problem)) and self._recovered()
        self._finish(usable)
        self._offer(last)

    def _unpacked(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        if self._packing is None:
            yield from batches
            return
        for batch in batches:
            yield from self._packing.unpack(batch)

    def _offer(self, item: pa.RecordBatch | HeadgateError | None) -> bool:
        """Put into the queue as soon as there is room; False when nobody wants it any more."""
        while not self._stop.is_set():
            with suppress(queue.Full):
                self._queue.put(item, timeout=0.1)
                return True
        return False

    def _recovered(self) -> bool:
        try:
            self._session.recover()
        except Exception:
            return False
        return True

    def _settle(self) -> None:
        """Once it was stopped, touch the session only after the interrupt is through, or it hits what comes next."""
        if self._stop.is_set():
            self._interrupted.wait()

    def _finish(self, usable: bool) -> None:
        with self._once:
            self._done.set()
            came_back = self._abandoned
        self._settle()
        self._watch.close()
        if came_back:
            self._owner.came_back(self._session)
        else:
            self._owner.give_back(self._session, usable=usable)

    def _interrupt(self) -> None:
        """In its own thread: cancel; when that is not obeyed, terminate; when even that is not, account for it."""
        background(self._cancel, "headgate-postgres-cancel")
        if self._done.wait(GRACE):
            return
        self._owner.terminate(self._session)
        if self._done.wait(GRACE):
            return
        with self._once:
            self._abandoned = not self._done.is_set()
        if self._abandoned:
            self._owner.abandon()

    def _cancel(self) -> None:
        """Asks through a connection of its own, and so may hang as well."""
        with suppress(Exception):
            self._session.interrupt()
        self._interrupted.set()
