"""The private filesystem through which DuckDB reads files of stores: pinned to a version, positional, thread-safe."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

SCHEME = "headgate"
ROOT = f"{SCHEME}://"

ReadAt = Callable[[int, int], bytes]


@dataclass(frozen=True)
class PinnedFile:
    """One version of one file. ``path`` is relative to its store and keeps its ``key=value`` segments.

    ``read_at(offset, length)`` returns exactly those bytes of that version or raises
    :class:`connectors.errors.StoreChanged`; it is called from many threads at once. ``size`` is in bytes.
    """

    store: str
    path: str
    version: str
    size: int
    read_at: ReadAt


class PinnedFiles:
    """Opens only what is pinned at the moment."""

    @contextmanager
    def pin(self, files: Sequence[PinnedFile]) -> Iterator[tuple[str, ...]]:
        """While inside the block, the files can be read under the URLs given, in the order of ``files``."""
        raise NotImplementedError
        yield ()
