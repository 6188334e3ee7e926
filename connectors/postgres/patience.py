"""Blocking calls under a deadline of ours: a peer that is alive but silent can hang a database driver forever."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from connectors.call import Call
from connectors.errors import StoreTimeout
from connectors.threads import background

T = TypeVar("T")
Act = Callable[[], None]


class _Task(Generic[T]):
    """Work in a thread of its own that may be given up; what fails or comes too late is disposed of there."""

    def __init__(self, work: Callable[[], T], dispose: Act) -> None:
        self.finished = threading.Event()
        self.result: list[T] = []
        self.problem: BaseException | None = None
        self._work = work
        self._dispose = dispose
        self._given_up = False
        self._lock = threading.Lock()

    def run(self) -> None:
        made: list[T] = []
        try:
            made.append(self._work())
        except BaseException as problem:
            self.problem = problem  # carried over to the thread that waits
        with self._lock:
            wanted = bool(made) and not self._given_up
            self.result = made if wanted else []
        if not wanted:
            self._dispose()
        self.finished.set()

    def give_up(self) -> bool:
        """Stop waiting; False when the result came just in time."""
        with self._lock:
            self._given_up = not self.result
            return self._given_up


def within(seconds: float, call: Call, work: Callable[[], T], *, dispose: Act, interrupt: Act | None = None) -> T:
    """Run ``work`` for at most ``seconds`` and no longer than ``call`` may run.

    When time is up, ``interrupt`` is started in a thread of its own. Whenever this does not return a result,
    ``dispose`` runs once, after ``work`` is over. Raises what ``work`` raises, the call's reason to end, or
    :class:`StoreTimeout`.
    """
    task = _Task(work, dispose)
    background(task.run, "headgate-postgres-wait")
    wake = threading.Event()
    with call.on_cancel(wake.set):
        _await(task.finished, wake, call.remaining(seconds) or 0.0)
    if not task.finished.is_set() and task.give_up():
        if interrupt is not None:
            background(interrupt, "headgate-postgres-interrupt")
        if call.cancelled:
            call.check()
        raise StoreTimeout("The database stays silent.", hint="Check the network between gateway and database.")
    if task.problem is not None:
        raise task.problem
    return task.result[0]


def _await(finished: threading.Event, wake: threading.Event, seconds: float) -> None:
    """Until finished, woken, or for ``seconds``; being woken is noticed within 50 ms."""
    left = seconds
    while left > 0 and not wake.is_set() and not finished.wait(min(0.05, left)):
        left -= 0.05
