"""Daemon threads that are used again: a new one costs as much as the rest of a small query does."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_IDLE_SECONDS = 1.0


@dataclass
class _Work:
    do: Callable[[], None]
    name: str
    over: threading.Event = field(default_factory=threading.Event)


_Queue = queue.SimpleQueue[_Work]
_idle: list[_Queue] = []
_lock = threading.Lock()


def background(do: Callable[[], None], name: str) -> threading.Event:
    """Do something in a thread that bears ``name`` meanwhile; what comes back is set when it is over.

    A daemon thread, so that one that hangs in a driver does not keep the process alive. It ends when there has been
    nothing to do for a second, or when ``do`` raises.
    """
    work = _Work(do, name)
    with _lock:
        waiting = _idle.pop() if _idle else None
    if waiting is None:
        waiting = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(waiting,), name=name, daemon=True).start()
    waiting.put(work)
    return work.over


def _serve(waiting: _Queue) -> None:
    while True:
        try:
            _do(waiting)
        except queue.Empty:
            with _lock:
                if waiting in _idle:
                    _idle.remove(waiting)
                    return
                # Somebody has just taken this thread, so that work is on its way.


def _do(waiting: _Queue) -> None:
    """One piece of work. Nothing refers to it any more when this returns. Raises ``queue.Empty`` when none comes."""
    work = waiting.get(timeout=_IDLE_SECONDS)
    threading.current_thread().name = work.name
    try:
        work.do()
        with _lock:
            _idle.append(waiting)
    finally:
        work.over.set()
