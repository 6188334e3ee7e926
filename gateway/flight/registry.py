"""The running queries, and the one thread that watches over them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.call import Call
from connectors.errors import CallCancelled, DeadlineExceeded, HeadgateError
from gateway.errors import UserError

_TICK = 0.05  # seconds between two looks at every running query


class QueryUnknown(UserError):
    """No running query of the caller has that id. The same text whether it never ran or is another's."""

    code = "QUERY_UNKNOWN"


@dataclass(eq=False)
class Running:
    """A query under way: its call, whose it is, and how to learn that its client has gone.

    ``waiting_since`` is the monotonic time since which the client has not asked for the next batch; ``reason`` is
    why the query was stopped, if it was.
    """

    call: Call
    owner: str
    gone: Callable[[], bool]
    waiting_since: float | None = None
    reason: HeadgateError | None = None

    def stop(self, reason: HeadgateError) -> None:
        """Cancel the call, and remember why before whatever that breaks can be noticed."""
        self.reason = self.reason or reason
        self.call.cancel(reason)


class Registry:
    """Knows every running query. Its thread starts with the first one and ends with :meth:`close`.

    The watcher cancels calls whose client has gone, whose deadline has passed, or whose client has not taken a
    batch for ``idle_seconds``. Thread-safe.
    """

    def __init__(self, idle_seconds: float) -> None:
        self._idle = idle_seconds
        self._running: set[Running] = set()
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._running)

    def add(self, running: Running) -> None:
        """Begin to watch a query."""
        with self._changed:
            self._running.add(running)
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="headgate-flight-watcher", daemon=True)
                self._watcher.start()

    def remove(self, running: Running) -> None:
        """Forget a query. When this returns, its ``gone`` is never asked again. Idempotent."""
        with self._changed:
            self._running.discard(running)
            self._changed.notify_all()

    @contextmanager
    def watching(self, running: Running) -> Iterator[None]:
        """Watch a query for the length of the block."""
        self.add(running)
        try:
            yield
        finally:
            self.remove(running)

    def cancel(self, query_id: str, owner: str) -> None:
        """Cancel a query of this owner; raises :class:`QueryUnknown` when none of that id is running."""
        with self._changed:
            found = [one for one in self._running if one.call.id == query_id and one.owner == owner]
        for one in found:
            one.stop(CallCancelled("The query was cancelled."))
        if not found:
            raise QueryUnknown("No running query has that id.", hint="It has ended, or was never fetched.")

    def cancel_all(self, reason: HeadgateError) -> None:
        """Cancel every query."""
        with self._changed:
            found = list(self._running)
        for one in found:
            one.stop(reason)

    def wait_until_empty(self, seconds: float) -> bool:
        """Wait until no query is running; False when some still are after ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, seconds)

    def close(self) -> None:
        """End the watcher. Idempotent."""
        self._closed.set()
        if self._watcher is not None:
            self._watcher.join(5)

    def _watch(self) -> None:
        while not self._closed.wait(_TICK):
            # Under the lock: a transport's context is dead memory once remove() has returned.
            with self._changed:
                ended = [(one, reason) for one in self._running if (reason := self._reason(one)) is not None]
            for one, reason in ended:
                one.stop(reason)

    def _reason(self, running: Running) -> HeadgateError | None:
        now, call = time.monotonic(), running.call
        if call.cancelled:
            return None
        if running.gone():
            return CallCancelled("The client went away.")
        if call.deadline is not None and now >= call.deadline:
            return DeadlineExceeded("The query ran past its deadline.", hint="Narrow the query or raise the limit.")
        if running.waiting_since is not None and now - running.waiting_since > self._idle:
            return DeadlineExceeded("The client stopped reading.", hint="Read the answer without long pauses.")
        return None
