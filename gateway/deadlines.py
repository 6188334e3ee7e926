"""Deadlines that are kept, wherever a query is stuck.

The thread that keeps them lives as long as the process, and so does all that this module imports: DuckDB is not among
it, whose library complains of whatever is still there at the end.
"""

import contextlib
import math
import threading
import time
from collections import Counter
from collections.abc import Iterator

from connectors.call import Call
from connectors.errors import DeadlineExceeded

_HINT = "Narrow the query or raise the limit."


class _Clock:
    """One thread for the deadlines of all calls: a timer for each would be a thread for each.

    It starts with the first call and sleeps until the earliest deadline that it knows of.
    """

    def __init__(self) -> None:
        self._calls: Counter[Call] = Counter()  # a call may be watched for several blocks, one inside the other
        self._changed = threading.Condition()
        self._wakes: float | None = None

    def add(self, call: Call) -> None:
        """Begin to watch a call that has a deadline."""
        with self._changed:
            if self._wakes is None:
                threading.Thread(target=self._watch, name="headgate-deadlines", daemon=True).start()
                self._wakes = math.inf
            self._calls[call] += 1
            if _due(call) < self._wakes:
                self._changed.notify()

    def remove(self, call: Call) -> None:
        """Forget a call, unless another block still has it watched."""
        with self._changed:
            self._calls[call] -= 1
            if self._calls[call] <= 0:
                del self._calls[call]

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._wakes = min(map(_due, self._calls), default=math.inf)
                self._changed.wait(None if self._wakes == math.inf else max(0.0, self._wakes - time.monotonic()))
                late = [call for call in self._calls if _due(call) <= time.monotonic()]
                for call in late:
                    del self._calls[call]
            for call in late:
                call.cancel(DeadlineExceeded("The query ran past its deadline.", hint=_HINT))


_CLOCK = _Clock()


@contextlib.contextmanager
def deadline(call: Call) -> Iterator[None]:
    """Cancel the call when its time is up, wherever it is stuck."""
    if call.deadline is None:
        yield
        return
    _CLOCK.add(call)
    try:
        yield
    finally:
        _CLOCK.remove(call)


def _due(call: Call) -> float:
    return math.inf if call.deadline is None else call.deadline
