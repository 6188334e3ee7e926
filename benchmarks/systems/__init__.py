"""The systems that are compared. Each runs in a process of its own and answers questions over the same stores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.equality import Row

MEMORY_MB = 2048  # the engine's memory limit, the rivals' memory limit, and Trino's heap
PATIENCE = 300.0


class Failed(Exception):
    """A system did not answer; the message says why in one line."""


@dataclass(frozen=True)
class Answer:
    """One answer: the seconds from the question until the last row was there, and the rows if they were to be kept.

    ``count`` are rows; ``rows`` is None of a floor, which gives no answer. ``bytes`` are those of Arrow buffers, or 0.
    """

    seconds: float
    count: int
    rows: Sequence[Row] | None = ()
    bytes: int = 0


class System(Protocol):
    """A running system. ``name`` is what reports call it."""

    name: str

    def text(self, sql: str) -> str:
        """The question as this system understands it; not timed."""
        ...

    def ask(self, text: str, *, keep: str = "") -> Answer:
        """Ask, and take every row. Raises :class:`Failed`.

        What is kept are the ``rows``, or for large answers a ``digest``: one row that stands for all.
        """
        ...

    def moved(self, text: str) -> dict[str, dict[str, int]]:
        """Rows and bytes that an answer takes out of each store, as the system itself tells; empty when it cannot."""
        ...

    def processes(self) -> dict[str, int]:
        """The system's processes by what they are called in reports."""
        ...

    def close(self) -> None:
        """End the processes."""
        ...
