"""The private filesystem through which DuckDB reads files of stores: pinned to a version, positional, thread-safe.

A URL holds a digest of store, path, version and size, so it is the same for as long as the file is: what DuckDB
cached under it stays right, and a file that was replaced gets another URL. Nothing is open but what is pinned *now*.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from fsspec import AbstractFileSystem

from connectors.errors import HeadgateError, StoreError

SCHEME = "headgate"
ROOT = f"{SCHEME}://"

CACHE_SETTINGS: Mapping[str, bool | int] = {
    "cache_local_files": True,  # DuckDB takes our scheme for local and would cache nothing
    "external_file_cache_local_max_block_size": 2 << 20,  # its 16 KiB for local files are as many requests to S3
}
"""What DuckDB has to be told (``SET``, before the lock) so that it keeps hot ranges and reads in large ones."""

ReadAt = Callable[[int, int], bytes]

_MARK = re.compile(r"pinned read failed #(\d+)")
_FAILURES_KEPT = 64  # per pin: DuckDB reports one, its other threads may fail as well
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # DuckDB does not trust its cache of files that changed just now


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

    @property
    def url(self) -> str:
        """Where this version of the file is read, the same in every process and snapshot."""
        identity = "\0".join((self.store, self.path, self.version, str(self.size)))
        return f"{ROOT}{hashlib.sha256(identity.encode()).hexdigest()[:32]}/{self.path}"


@dataclass(frozen=True)
class Failure:
    """A read that failed: of which pinned URL, and with what, naming the store."""

    url: str
    error: HeadgateError


@dataclass
class _Pin:
    file: PinnedFile
    holders: int = 0
    failures: dict[int, Failure] = field(default_factory=dict)


class PinnedFiles:
    """Opens only what is pinned at the moment. Thread-safe; a file may be pinned any number of times."""

    def __init__(self) -> None:
        self._pins: dict[str, _Pin] = {}
        self._lock = threading.Lock()
        self._numbers = count(1)

    @contextmanager
    def pin(self, files: Sequence[PinnedFile]) -> Iterator[tuple[str, ...]]:
        """While inside the block, the files can be read under the URLs given, in the order of ``files``."""
        urls = tuple(file.url for file in files)
        with self._lock:
            for url, file in zip(urls, files, strict=True):
                self._pins.setdefault(url, _Pin(file)).holders += 1
        try:
            yield urls
        finally:
            with self._lock:
                for url in urls:
                    self._release(url)

    def filesystem(self) -> AbstractFileSystem:
        """The fsspec filesystem over what is pinned, for ``register_filesystem`` of a DuckDB connection."""
        return _PinnedFilesystem(self)

    def failure(self, message: str) -> Failure | None:
        """What lies behind an engine's error message: the pinned read that failed, or None if none did.

        Ask while the files are still pinned. Every failed read has a number of its own, which DuckDB repeats in its
        message, so that one query is never told another query's failure.
        """
        numbers = [int(number) for number in _MARK.findall(message)]
        with self._lock:
            kept = [pin.failures for pin in self._pins.values()]
            return next((held[number] for held in kept for number in numbers if number in held), None)

    def read(self, url: str, offset: int, length: int) -> bytes:
        """Bytes of a pinned file; shorter than ``length`` only at its end. Raises FileNotFoundError or OSError."""
        file = self.file(url)
        wanted = max(0, min(length, file.size - offset))
        if not wanted:
            return b""
        try:
            return file.read_at(offset, wanted)
        except Exception as problem:
            raise OSError(self._recorded(url, file, problem)) from problem

    def file(self, url: str) -> PinnedFile:
        """The file pinned under a URL, given with or without its scheme. Raises FileNotFoundError."""
        with self._lock:
            pin = self._pins.get(_absolute(url))
        if pin is None:
            raise FileNotFoundError("no such file is pinned")
        return pin.file

    def _release(self, url: str) -> None:
        pin = self._pins[url]
        pin.holders -= 1
        if not pin.holders:
            del self._pins[url]

    def _recorded(self, url: str, file: PinnedFile, problem: Exception) -> str:
        """Keep a failure under a number; the text returned carries that number through DuckDB."""
        known = problem if isinstance(problem, HeadgateError) else StoreError("A file of the store cannot be read.")
        known.__cause__ = known.__cause__ or (None if known is problem else problem)
        number = next(self._numbers)
        with self._lock:
            if pin := self._pins.get(_absolute(url)):
                pin.failures[number] = Failure(file.url, known.about(store=file.store))
                while len(pin.failures) > _FAILURES_KEPT:
                    del pin.failures[next(iter(pin.failures))]
        return f"pinned read failed #{number}"


def _absolute(url: str) -> str:
    return url if url.startswith(ROOT) else ROOT + url.lstrip("/")


class _PinnedFilesystem(AbstractFileSystem):  # type: ignore[misc]
    """As much of fsspec as DuckDB asks for. Nothing can be listed: a URL is known or it is not."""

    protocol = SCHEME
    cachable = False
    root_marker = ""

    def __init__(self, files: PinnedFiles) -> None:
        super().__init__()
        self._files = files

    def open(self, path: str, mode: str = "rb", **_: Any) -> "_PinnedHandle":
        """A reading handle on a pinned file; raises FileNotFoundError, or PermissionError for other modes."""
        if mode not in ("r", "rb"):
            raise PermissionError("pinned files can only be read")
        return _PinnedHandle(self._files, self._files.file(path))

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size in bytes and type of a pinned file."""
        file = self._files.file(path)
        return {"name": file.url, "size": file.size, "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether the file is pinned now."""
        try:
            self._files.file(path)
        except FileNotFoundError:
            return False
        return True

    def glob(self, path: str, **_: Any) -> list[str]:
        """The path itself, if pinned: a name with ``*`` or ``[`` in it is a name here, never a pattern."""
        return [path] if self.exists(path) else []

    def modified(self, path: str) -> datetime:
        """One constant time: a version never changes, and another version has another URL."""
        self._files.file(path)
        return _LONG_AGO

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """The file itself; folders do not exist here."""
        return [self.info(path) if detail else self._files.file(path).url]


class _PinnedHandle:
    """A file object shared by DuckDB's threads: each has a position of its own, so seek-then-read needs no lock."""

    def __init__(self, files: PinnedFiles, file: PinnedFile) -> None:
        self._files = files
        self._url = file.url
        self.size = file.size
        self._position = threading.local()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move this thread's position; whence as in :meth:`io.IOBase.seek`."""
        start = (0, self.tell(), self.size)[whence]
        self._position.at = max(0, start + offset)
        return self.tell()

    def tell(self) -> int:
        """This thread's position, in bytes from the start."""
        return getattr(self._position, "at", 0)

    def read(self, length: int = -1) -> bytes:
        """Bytes from this thread's position on. Raises FileNotFoundError once unpinned, OSError on failure."""
        start = self.tell()
        data = self._files.read(self._url, start, self.size - start if length < 0 else length)
        self._position.at = start + len(data)
        return data

    def close(self) -> None:
        """Nothing is held here: the file belongs to its pin."""
