"""The gates that limit how much goes on at once: one for queries, which may wait for it, and one for calls."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from connectors.call import Call
from gateway.errors import Overloaded

_HINT = "Try again in a moment."


@dataclass(eq=False)
class _Waiter:
    owner: str
    admitted: bool = False
    woken: threading.Event = field(default_factory=threading.Event)


class Admission:
    """Lets ``places`` queries run at a time; the others queue, at most ``queue`` of them, at most ``seconds``.

    One owner holds at most the part ``share`` of the places, and of the queue. A place that becomes free goes to
    the owner who runs the fewest queries, and among those to who has waited longest. Thread-safe.
    """

    def __init__(self, places: int, queue: int, seconds: float, share: float = 1.0) -> None:
        self._places = places
        self._queue = queue
        self._seconds = seconds
        self._own_places = max(1, int(places * share))
        self._own_queue = min(queue, max(1, int(queue * share)))
        self._running: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """How many places are taken."""
        return self._running.total()

    @property
    def queued(self) -> int:
        """How many queries wait for a place."""
        return len(self._waiting)

    def enter(self, call: Call, owner: str) -> None:
        """Take a place; raises :class:`Overloaded`, or the call's own reason when it ends while queueing."""
        call.check()
        waiter = _Waiter(owner)
        with self._lock:
            if not self._may_run(owner):
                self._check_room(owner)
            self._waiting.append(waiter)
            self._admit()
        with call.on_cancel(waiter.woken.set):
            waiter.woken.wait(call.remaining(self._seconds))
        with self._lock:
            if waiter.admitted:
                return
            self._waiting.remove(waiter)
        call.check()
        raise Overloaded("The gateway runs as many queries as it may.", hint=_HINT)

    def leave(self, owner: str) -> None:
        """Give a place back."""
        with self._lock:
            self._running[owner] -= 1
            if not self._running[owner]:
                del self._running[owner]
            self._admit()

    def _may_run(self, owner: str) -> bool:
        return self._running.total() < self._places and self._running[owner] < self._own_places

    def _check_room(self, owner: str) -> None:
        if len(self._waiting) >= self._queue:
            raise Overloaded("The gateway runs as many queries as it may.", hint=_HINT)
        if sum(other.owner == owner for other in self._waiting) >= self._own_queue:
            raise Overloaded("You run as many queries as one user may.", hint=_HINT)

    def _admit(self) -> None:
        """Hand over what is free. Both gates are passed under the lock, so that nobody is overtaken."""
        while able := [waiter for waiter in self._waiting if self._may_run(waiter.owner)]:
            chosen = min(able, key=lambda waiter: self._running[waiter.owner])
            self._waiting.remove(chosen)
            self._running[chosen.owner] += 1
            chosen.admitted = True
            chosen.woken.set()


class Calls:
    """Counts the calls (RPCs) under way, each with a thread: at most ``most``, and ``share`` of them for one owner."""

    def __init__(self, most: int, share: float = 1.0) -> None:
        self._most = most
        self._own = max(1, int(most * share))
        self._all = 0
        self._owned: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._all

    def enter(self) -> "Slot":
        """Count a call in before anything is done for it; raises :class:`Overloaded`."""
        with self._lock:
            if self._all >= self._most:
                raise Overloaded("The gateway answers as many calls as it may.", hint=_HINT)
            self._all += 1
        return Slot(self)

    def _own_one(self, owner: str) -> None:
        with self._lock:
            if self._owned[owner] >= self._own:
                raise Overloaded("You make as many calls at once as one user may.", hint=_HINT)
            self._owned[owner] += 1

    def _leave(self, owner: str | None) -> None:
        with self._lock:
            self._all -= 1
            if owner is not None:
                self._owned[owner] -= 1
                if not self._owned[owner]:
                    del self._owned[owner]


class Slot:
    """A call that is counted; used by the thread of its call only."""

    def __init__(self, calls: Calls) -> None:
        self._calls: Calls | None = calls
        self._owner: str | None = None

    def own(self, owner: str) -> None:
        """Tell whose call it is, as soon as that is known; raises :class:`Overloaded`."""
        assert self._calls is not None
        self._calls._own_one(owner)  # noqa: SLF001
        self._owner = owner

    def leave(self) -> None:
        """Count the call out. Idempotent."""
        calls, self._calls = self._calls, None
        if calls is not None:
            calls._leave(self._owner)  # noqa: SLF001
