"""Where files are: local folders and S3 through ``pyarrow.fs``, all else through fsspec. All reads are positional."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import fsspec
import pyarrow.fs as pafs

from connectors.errors import ConnectorMisconfigured
from connectors.files import ReadAt

CONNECT_SECONDS = 1
SILENCE_SECONDS = 2  # measured: with two attempts, a server that hangs is given up after 4.8 s
ATTEMPTS = 2


@dataclass(frozen=True)
class Options:
    """A store's section. ``url`` is a path, ``file://``, ``s3://bucket/prefix`` or another fsspec URL.

    For S3 only: ``endpoint`` (``host:port`` or a URL) of a server other than Amazon's, ``region``, the key pair (both
    empty: the environment's own credentials), and ``allow_http`` to permit an endpoint without TLS.
    """

    url: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    allow_http: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file is at one moment: a version that changes whenever the file does, and its size in bytes."""

    version: str
    size: int


class Source(Protocol):
    """Files below one root. Paths are relative to it, with ``/``. Errors are those of the library underneath."""

    def below(self, folder: str) -> Iterator[str]:
        """Every file below a folder. Raises FileNotFoundError."""

    def walk(self, folder: str) -> Iterator[str]:
        """Every file below a folder, or the file itself. Raises FileNotFoundError."""

    def mark(self, path: str) -> Mark:
        """Version and size of what is at ``path`` now. Raises FileNotFoundError."""

    def reader(self, path: str) -> ReadAt:
        """Positional reads of what is at ``path`` now, for many threads; may be short when the file is."""


class ArrowSource:
    """Local folders and S3: one code path over ``pyarrow.fs``, differing only in what a version is."""

    def __init__(self, filesystem: pafs.FileSystem, root: str, mark: Callable[[pafs.FileSystem, str], Mark]) -> None:
        self._filesystem = filesystem
        self._root = root
        self._mark = mark

    def below(self, folder: str) -> Iterator[str]:
        """As :meth:`Source.below`. One request per page of S3's list."""
        for found in self._filesystem.get_file_info(pafs.FileSelector(self._full(folder), recursive=True)):
            if found.type == pafs.FileType.File:
                yield found.path.removeprefix(self._root).lstrip("/")

    def walk(self, folder: str) -> Iterator[str]:
        """As :meth:`Source.walk`. Whether it is a file costs S3 a request, and two where it is none."""
        own = self._filesystem.get_file_info(self._full(folder))
        if own.type == pafs.FileType.File:
            yield folder
        else:
            yield from self.below(folder)

    def mark(self, path: str) -> Mark:
        """The ETag on S3; inode and nanoseconds of the last change on disk."""
        return self._mark(self._filesystem, self._full(path))

    def reader(self, path: str) -> ReadAt:
        """One open file for all threads: ``read_at`` takes no notice of a position and lets other threads run."""
        file = self._filesystem.open_input_file(self._full(path))
        return lambda offset, length: file.read_at(length, offset)

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")


class FsspecSource:
    """Any other fsspec filesystem, by ranges: no file object and so no position is shared."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")

    def below(self, folder: str) -> Iterator[str]:
        """As :meth:`Source.below`; a file counts as below itself."""
        return self.walk(folder)

    def walk(self, folder: str) -> Iterator[str]:
        """As :meth:`Source.walk`."""
        self._filesystem.invalidate_cache()
        found = self._filesystem.find(self._full(folder))
        if not found:
            raise FileNotFoundError(folder)
        for path in found:
            yield path.removeprefix(self._root).lstrip("/")

    def mark(self, path: str) -> Mark:
        """The first sign of a change that the filesystem knows, and the size."""
        self._filesystem.invalidate_cache()
        info = self._filesystem.info(self._full(path))
        signs = (info.get(key) for key in ("ETag", "etag", "mtime", "modified", "LastModified", "created"))
        return Mark(str(next((sign for sign in signs if sign), "")), info["size"])

    def reader(self, path: str) -> ReadAt:
        """One range request per read."""
        full = self._full(path)

        def read_at(offset: int, length: int) -> bytes:
            return bytes(self._filesystem.cat_file(full, start=offset, end=offset + length))

        return read_at

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")


def open_source(store: str, options: Options) -> Source:
    """The source that a URL names; raises :class:`ConnectorMisconfigured`. Connects to nothing."""
    parts = urlsplit(options.url)
    if parts.scheme in ("s3", "s3a"):
        return _s3(store, options, f"{parts.netloc}{parts.path}".strip("/"))
    if parts.scheme in ("", "file", "local"):
        folder = Path(parts.path if parts.scheme else options.url).expanduser().absolute()
        root = os.path.normpath(folder)
        return ArrowSource(pafs.LocalFileSystem(), root, partial(_disk_mark, root))
    try:
        filesystem, root = fsspec.core.url_to_fs(options.url)
    except (ValueError, ImportError) as problem:
        hint = "Use a folder, s3://bucket/prefix, or an fsspec URL whose package is installed."
        raise ConnectorMisconfigured(f"The url of the store {store!r} cannot be used.", hint=hint) from problem
    return FsspecSource(filesystem, root)


def _s3(store: str, options: Options, root: str) -> Source:
    if not root:
        raise ConnectorMisconfigured(f"The url of the store {store!r} names no bucket.", hint="s3://bucket/prefix")
    if bool(options.access_key) != bool(options.secret_key):
        raise ConnectorMisconfigured(f"The store {store!r} needs both access_key and secret_key, or neither.")
    scheme, _, host = options.endpoint.rpartition("://")
    if scheme == "http" and not options.allow_http:
        hint = "Use an https endpoint, or set allow_http = true."
        raise ConnectorMisconfigured(f"The endpoint of the store {store!r} has no TLS.", hint=hint)
    filesystem = pafs.S3FileSystem(
        access_key=options.access_key or None,
        secret_key=options.secret_key or None,
        region=options.region,
        endpoint_override=host or None,
        scheme=scheme or ("http" if options.allow_http else "https"),
        connect_timeout=CONNECT_SECONDS,
        request_timeout=SILENCE_SECONDS,
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    )
    return ArrowSource(filesystem, root, _etag)


def _etag(filesystem: pafs.FileSystem, path: str) -> Mark:
    """One HEAD request. Opening is the only way in which pyarrow shows an object's ETag."""
    with filesystem.open_input_file(path) as file:
        told = file.metadata()
        return Mark(bytes(told.get("ETag") or told["Last-Modified"]).decode(), file.size())


def _disk_mark(root: str, _: pafs.FileSystem, path: str) -> Mark:
    """One stat. A link may not lead out of the store: whoever may put files there may not read the gateway's host."""
    found = Path(path).stat()
    if not Path(path).resolve().is_relative_to(Path(root).resolve()):
        raise PermissionError(path)
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(path)
    return Mark(f"{found.st_ino}-{found.st_mtime_ns}", found.st_size)
