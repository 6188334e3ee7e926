"""A thread that computes an answer, so that the thread of the RPC can tell the client meanwhile that it lives."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from enum import Enum, auto
from typing import TypeAlias

import pyarrow as pa

from connectors.call import Call
from connectors.threads import background
from gateway.errors import Internal
from gateway.service import Answer


class Mark(Enum):
    """What is handed over besides batches: the answer has begun, or was handed over to its end."""

    BEGUN = auto()
    ENDED = auto()


Handed: TypeAlias = pa.RecordBatch | Mark | Exception


class Producer:
    """Begins an answer, pulls its batches and closes it, at most one batch ahead of who takes them.

    A cancelled call ends it at once, also while nobody takes anything. ``ended`` is called as soon as nothing is held
    any more, whether or not the last batch was taken.
    """

    def __init__(self, begin: Callable[[], Answer], call: Call, ended: Callable[[], None]) -> None:
        self._begin = begin
        self._call = call
        self._ended = ended
        self._handed: deque[Handed] = deque()
        self._changed = threading.Condition()
        self._over = background(self._produce, "headgate-query")

    def take(self, seconds: float) -> Handed | None:
        """What comes next; None when nothing came for so long. Raises nothing: errors are handed over too."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._handed, seconds):
                return None
            handed = self._handed.popleft()
            self._changed.notify_all()
            return handed

    def close(self) -> None:
        """End it, if it has not ended, and wait until it has. Idempotent."""
        self._call.cancel()
        self._over.wait()

    def _produce(self) -> None:
        last: Handed = Mark.ENDED
        try:
            with self._call.on_cancel(self._wake), closing(self._begin()) as answer:
                self._hand(Mark.BEGUN)
                for batch in answer:
                    self._hand(batch)
                self._call.check()
        except Exception as error:
            last = error
        except BaseException as error:  # Arrow makes a KeyboardInterrupt of some cancellations
            last = Internal("The engine was interrupted.")
            last.__cause__ = error
        try:
            self._ended()
        finally:
            with self._changed:
                self._handed.append(last)
                self._changed.notify_all()

    def _hand(self, handed: Handed) -> None:
        """Hand over when the one before was taken; raises the call's reason when that ends first."""
        with self._changed:
            self._changed.wait_for(lambda: not self._handed or self._call.cancelled)
            self._call.check()
            self._handed.append(handed)
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
