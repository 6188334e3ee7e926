"""What ends a running query from outside: an interrupt that is not lost."""

import contextlib
import threading
from collections.abc import Iterator

import duckdb

from connectors.call import Call

_INTERRUPT_AGAIN = 0.02


@contextlib.contextmanager
def interruptible(cursor: duckdb.DuckDBPyConnection, call: Call) -> Iterator[None]:
    """While inside the block, cancelling the call stops whatever runs on the cursor, or is about to.

    An interrupt that comes just before a statement starts is lost, so it is repeated until the block is left.
    """
    left = threading.Event()
    deciding = threading.Lock()
    started: list[threading.Thread] = []

    def interrupt() -> None:
        while True:
            with contextlib.suppress(duckdb.ConnectionException):
                cursor.interrupt()
            if left.wait(_INTERRUPT_AGAIN):
                return

    def stop() -> None:
        with deciding:
            if not left.is_set():
                thread = threading.Thread(target=interrupt, name="headgate-interrupt", daemon=True)
                thread.start()
                started.append(thread)

    try:
        with call.on_cancel(stop):
            yield
    finally:
        with deciding:
            left.set()
        for thread in started:
            thread.join(1)  # the cursor is closed next, and must not be interrupted then
