"""What was bound to prepared statements, for drivers that ignore the new handle a bind returns.

The only state that a client can need of one process: old JDBC drivers and flightsql-dbapi must reach the same
replica for both steps. Bounded in number, size and time.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Binding:
    until: float
    row: bytes | None

    @property
    def size(self) -> int:
        return len(self.row or b"")


class Bindings:
    """The last row bound to each handle: an Arrow IPC stream. Thread-safe; the oldest make room for the newest."""

    SECONDS, ENTRIES, BYTES = 600.0, 256, 32 << 20

    def __init__(self) -> None:
        self._by_handle: OrderedDict[bytes, _Binding] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, handle: bytes, row: bytes | None) -> None:
        """Remember a row; None for a bind without parameters."""
        with self._lock:
            self._forget(_digest(handle))
            made = self._by_handle[_digest(handle)] = _Binding(time.monotonic() + self.SECONDS, row)
            self._bytes += made.size
            while len(self._by_handle) > self.ENTRIES or self._bytes > self.BYTES:
                self._forget(next(iter(self._by_handle)))

    def get(self, handle: bytes) -> bytes | None:
        """The row bound to a handle; None when there is none, or it is too long ago."""
        with self._lock:
            found = self._by_handle.get(_digest(handle))
            return found.row if found is not None and time.monotonic() < found.until else None

    def drop(self, handle: bytes) -> None:
        """Forget what was bound to a handle. Any bytes will do."""
        with self._lock:
            self._forget(_digest(handle))

    def _forget(self, digest: bytes) -> None:
        gone = self._by_handle.pop(digest, None)
        self._bytes -= gone.size if gone is not None else 0


def _digest(handle: bytes) -> bytes:
    return hashlib.sha256(handle).digest()
