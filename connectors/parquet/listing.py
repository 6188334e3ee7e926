"""From a table's name to its files: a path, a folder, or a glob below the store's URL, each file with its version."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from urllib.parse import unquote

from connectors.call import Call
from connectors.errors import (
    HeadgateError,
    StoreChanged,
    StoreDenied,
    StoreError,
    StoreTimeout,
    StoreUnavailable,
    TableUnknown,
)
from connectors.files import PinnedFile, ReadAt
from connectors.parquet.sources import Mark, Source

T = TypeVar("T")
U = TypeVar("U")
_AT_ONCE = 16
_WILD = re.compile(r"[*?\[]")
_DENIED = re.compile(
    r"ACCESS_DENIED|SIGNATURE_DOES_NOT_MATCH|INVALID_ACCESS_KEY|HTTP status 40[13]|EXPIRED_TOKEN|UserNotFound",
    re.IGNORECASE,
)
_SILENT = re.compile(r"curlCode: 28|timed? ?out", re.IGNORECASE)
_NETWORK = re.compile(r"NETWORK_CONNECTION|curlCode", re.IGNORECASE)
_NO_BUCKET = re.compile(r"NO_SUCH_BUCKET", re.IGNORECASE)


@dataclass(frozen=True)
class File:
    """One file of a table: path relative to the store, size in bytes, version, and its positional reads."""

    path: str
    size: int
    version: str
    read_at: ReadAt

    @cached_property
    def hive(self) -> dict[str, str]:
        """The ``key=value`` segments of the path, in their order."""
        pairs = (segment.split("=", 1) for segment in self.path.split("/")[:-1] if "=" in segment)
        return {unquote(key): unquote(value) for key, value in pairs}

    def pinned(self, store: str) -> PinnedFile:
        """This version of the file, for the engine."""
        return PinnedFile(store, self.path, self.version, self.size, self.read_at)


def list_files(source: Source, name: str, call: Call) -> tuple[File, ...]:
    """The files of a table, sorted by path. Raises :class:`TableUnknown` if there are none, and store errors."""

    def mark(path: str) -> Mark:
        call.check()
        with translated(f"The file {path!r}", pinned=True):  # it was there a moment ago
            return source.mark(path)

    base, pattern = _pattern(name)
    paths = source.below if _WILD.search(name) else source.walk
    with translated(f"The files of {name!r}"):
        found = sorted(path for path in paths(base) if pattern.fullmatch(path) and _shown(path, base))
        if not found:
            raise FileNotFoundError(name)
        marks = at_once(mark, found, "headgate-list")
    return tuple(
        File(path, mark.size, mark.version, _guarded(source, path, mark))
        for path, mark in zip(found, marks, strict=True)
    )


def at_once(work: Callable[[T], U], items: Sequence[T], threads: str) -> list[U]:
    """What ``work`` makes of each item, in their order: of several at a time, and of a single one without a thread."""
    if len(items) <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(_AT_ONCE, len(items)), threads) as pool:
        return list(pool.map(work, items))


@contextmanager
def translated(what: str, *, pinned: bool = False) -> Iterator[None]:
    """Raise the typed error for what a filesystem raises inside; a ``pinned`` file that is missing has changed."""
    try:
        yield
    except HeadgateError:
        raise
    except (FileNotFoundError, NotADirectoryError) as problem:
        if pinned:
            raise StoreChanged(f"{what} was removed while it was read.", hint="Run the query again.") from problem
        hint = "Check physicalName in the contract, and that the product has been published."
        raise TableUnknown(f"{what} do not exist in the store.", hint=hint) from problem
    except Exception as problem:
        raise _typed(what, problem) from problem


def _typed(what: str, problem: Exception) -> StoreError:
    told = str(problem)
    if isinstance(problem, PermissionError) or _DENIED.search(told):
        return StoreDenied(f"{what} may not be read by the gateway.", hint="Check the store's credentials and rights.")
    if _NO_BUCKET.search(told):
        return TableUnknown("The store's bucket does not exist.", hint="Check the url of the store.")
    if isinstance(problem, TimeoutError) or _SILENT.search(told):
        return StoreTimeout(f"{what} were asked for, and the store stayed silent.")
    if isinstance(problem, OSError):
        return StoreUnavailable(f"{what} cannot be read: the store cannot be reached or broke off.")
    return StoreError(f"{what} cannot be read.")


def _guarded(source: Source, path: str, mark: Mark) -> ReadAt:
    """Reads that are of this version or fail.

    The version is asked for again *after* every read: bytes are handed on only if the file was still the pinned one
    when they had arrived. (``pyarrow`` sends no If-Match.) What this cannot see is a file that is replaced and put back
    with the same mark between the two: not possible by ETag, on disk only within one tick of the file clock.
    """
    what = f"The file {path!r}"
    opened: list[ReadAt] = []  # two threads may both open: either will do, and none waits for the other

    def read_at(offset: int, length: int) -> bytes:
        with translated(what, pinned=True):
            try:
                if not opened:
                    opened.append(source.reader(path))
                data = opened[0](offset, length)
            except OSError as problem:
                # A range beyond the end of a shorter object is an error like any other: tell the change first.
                # A server that is gone is not asked again: that would double the wait for the same answer.
                if not _NETWORK.search(str(problem)):
                    _same(source, path, mark)
                raise
            _same(source, path, mark)
        if len(data) != length:
            raise StoreChanged(f"{what} is shorter than it was when the query began.", hint="Run the query again.")
        return data

    return read_at


def _same(source: Source, path: str, mark: Mark) -> None:
    if source.mark(path) != mark:
        raise StoreChanged(f"The file {path!r} was replaced while it was read.", hint="Run the query again.")


def _pattern(name: str) -> tuple[str, re.Pattern[str]]:
    """The folder to walk and what full paths must match. Raises :class:`TableUnknown` for names that lead outside."""
    segments = name.rstrip("/").split("/")
    if not name or "\\" in name or ":" in segments[0] or any(part in ("", ".", "..") for part in segments):
        hint = "A table of this store is a path, a folder or a glob below the store's url."
        raise TableUnknown(f"The name {name!r} does not lead to files of the store.", hint=hint)
    literal = next((at for at, part in enumerate(segments) if _WILD.search(part)), len(segments))
    base = "/".join(segments[:literal])
    if literal == len(segments):
        return base, re.compile(rf"{re.escape(base)}(/.*\.parquet)?", re.DOTALL)
    return base, re.compile("".join(_segments(segments)), re.DOTALL)


def _segments(segments: list[str]) -> Iterator[str]:
    for at, part in enumerate(segments):
        last = at == len(segments) - 1
        if part == "**":
            yield ".*" if last else "(?:.*/)?"
        else:
            yield _one(part) + ("" if last else "/")


def _one(part: str) -> str:
    """One segment of a glob: ``*``, ``?`` and ``[…]`` within the segment, everything else as it stands."""
    told = re.split(r"(\*|\?|\[!?[^\]]+\])", part)
    wild = {"*": "[^/]*", "?": "[^/]"}
    return "".join(wild.get(piece) or _set(piece) or re.escape(piece) for piece in told)


def _set(piece: str) -> str:
    if not (len(piece) > 2 and piece[0] == "[" and piece[-1] == "]"):
        return ""
    inner = piece[1:-1].replace("\\", "\\\\")
    return f"[^{inner[1:]}/]" if inner[0] == "!" else f"(?!/)[{inner}]"


def _shown(path: str, base: str) -> bool:
    """Leave out what writers mark as not theirs to show: ``_temporary/…``, ``.part`` — unless the table names it."""
    below = path.removeprefix(base).strip("/")
    return not any(part[0] in "._" and "=" not in part for part in below.split("/") if part)
