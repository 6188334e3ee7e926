"""One running query: its identity, its deadline, and the one switch that stops everything done for it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from connectors.errors import CallCancelled, DeadlineExceeded, HeadgateError

_log = logging.getLogger("headgate.call")

Stop = Callable[[], None]


class Call:
    """Handed to everything that may block. Thread-safe.

    ``timeout`` is in seconds from now. The deadline is only *told* here; :meth:`check` enforces it wherever
    code passes by, and the gateway's watcher cancels calls that are stuck inside a library.
    """

    def __init__(self, *, id: str | None = None, timeout: float | None = None) -> None:  # noqa: A002
        self.id = id or uuid4().hex
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self._stops: dict[int, Stop] = {}
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._reason: HeadgateError | None = None

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._cancelled.is_set()

    def remaining(self, at_most: float | None = None) -> float | None:
        """Seconds until the deadline (never negative), capped by ``at_most``; None when there is no limit."""
        left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        return min((limit for limit in (left, at_most) if limit is not None), default=None)

    def check(self) -> None:
        """Raise the reason for which this call has to end, if there is one."""
        if self._reason is not None:
            raise self._reason
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise DeadlineExceeded("The query ran past its deadline.", hint="Narrow the query or raise the limit.")

    def wait(self, seconds: float) -> bool:
        """Sleep until cancelled or for ``seconds``; True when cancelled."""
        return self._cancelled.wait(seconds)

    def cancel(self, reason: HeadgateError | None = None) -> None:
        """Stop the call: every registered stop runs once, in the caller's thread; later ones run at once."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason or CallCancelled("The query was cancelled.")
            stops = list(self._stops.values())
            self._stops.clear()
            self._cancelled.set()
        for stop in stops:
            self._run(stop)

    def _run(self, stop: Stop) -> None:
        """One stop that fails must not keep the others from being run."""
        try:
            stop()
        except Exception:
            _log.exception("call %s: a stop failed", self.id)

    @contextmanager
    def on_cancel(self, stop: Stop) -> Iterator[None]:
        """While inside the block, ``stop`` is called when the call is cancelled. It must not block or raise."""
        key = id(stop)
        with self._lock:
            already = self._reason is not None
            if not already:
                self._stops[key] = stop
        if already:
            self._run(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.pop(key, None)
