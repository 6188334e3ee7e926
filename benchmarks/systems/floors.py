"""What a store can deliver at all: bytes taken from it and thrown away. Floors give no answers to compare."""

import re
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.environments import Missing
from benchmarks.landscape import BUCKET, Landscape
from benchmarks.systems import PATIENCE, Answer, Failed

_CHUNK = 8 * 2**20


class Floor:
    """What floors have in common as systems: the text is theirs, and nothing runs between two askings."""

    name = "floor"

    def text(self, sql: str) -> str:
        """The question as it is."""
        return sql

    def moved(self, text: str) -> dict[str, dict[str, int]]:  # noqa: ARG002  (the interface of System)
        """Counted at the stores, if at all."""
        return {}

    def processes(self) -> dict[str, int]:
        """None."""
        return {}

    def close(self) -> None:
        """Nothing is held."""


class CopyBinary(Floor):
    """PostgreSQL's COPY in its binary form over one connection, by libpq in ``psql``."""

    name = "copy-binary"

    def __init__(self, landscape: Landscape) -> None:
        self._dsn = landscape.dsn
        self._psql = _psql()

    def ask(self, text: str, *, keep: str = "") -> Answer:  # noqa: ARG002  (the interface of System)
        """Copy the rows to nowhere."""
        copy = f"\\copy ({text}) TO '/dev/null' (FORMAT binary)"
        started = time.perf_counter()
        done = subprocess.run([self._psql, self._dsn, "-c", copy], capture_output=True, text=True, timeout=PATIENCE)
        seconds = time.perf_counter() - started
        if not (told := re.search(r"COPY (\d+)", done.stdout)):
            raise Failed(f"psql: {done.stderr.strip()[:200]}")
        return Answer(seconds, int(told[1]), None)


def _psql() -> str:
    found = shutil.which("psql") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))), "")
    if not found:
        raise Missing("psql is not installed (Debian package postgresql-client).")
    return found


class RawGet(Floor):
    """One GET of a table's object on S3 by Arrow's client; the count is of bytes."""

    name = "s3-get"

    def __init__(self, landscape: Landscape, table: str) -> None:
        self._files = landscape.s3.filesystem()
        self._path = f"{BUCKET}/{table}/{table}.parquet"

    def ask(self, text: str, *, keep: str = "") -> Answer:  # noqa: ARG002  (the interface of System)
        """Read the object to its end."""
        started, size = time.perf_counter(), 0
        with self._files.open_input_stream(self._path) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
        return Answer(time.perf_counter() - started, size, None, size)
