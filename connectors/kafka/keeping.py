"""Collects decoded rows until they are worth a segment, and has them written while more of them come."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from connectors.kafka.chunks import Decoded

PORTION_BYTES = 64 * 1024 * 1024
"""So much is written at once. As much again may be collected meanwhile, and no more."""

Keep = Callable[[Sequence[Decoded]], None]


class Keeping:
    """Hands everything that is put in to ``keep``, in order, one portion at a time, in a thread of its own.

    At the end of the ``with`` block all is kept, also when the block has failed. When ``keep`` fails, that failure is
    raised and nothing is handed over after it: what came later must not be kept over a gap.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="headgate-keep")
        self._portion: list[Decoded] = []
        self._size = 0
        self._writing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def put(self, chunk: Decoded) -> None:
        """Collect a chunk; waits when the portion before is still being written and there is enough for another."""
        self._portion.append(chunk)
        self._size += chunk.bytes
        if self._size >= PORTION_BYTES:
            self._hand_over()

    def __exit__(self, *_: object) -> None:
        with self._pool:
            self._hand_over()
            self._wait()

    def _hand_over(self) -> None:
        self._wait()
        self._writing = self._pool.submit(self._keep, self._portion)
        self._portion, self._size = [], 0

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()
