"""Bringing one fragment into DuckDB: kept as an Arrow table when small, spilled when large, or streamed through."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import duckdb
import pyarrow as pa

from connectors.border import Checked
from connectors.spi import Column, Scan
from connectors.types import needs_cast
from gateway.database import quoted
from gateway.planner.plan import Moved


@dataclass
class Delivery:
    """One fragment on its way. ``failure`` keeps the source's own error, which DuckDB would wrap in text.

    ``kept`` are the batches that were read and have not been handed on, ``rest`` is what comes after them, if any.
    """

    name: str
    columns: tuple[Column, ...]
    stream: Checked
    moved: Moved
    kept: list[pa.RecordBatch] = field(default_factory=list)
    rest: Iterator[pa.RecordBatch] | None = field(init=False)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.rest = iter(self.stream)

    def buffer(self, limit: int) -> None:
        """Read batches until the end, or until ``limit`` bytes are kept and the rest has to go elsewhere."""
        started = time.perf_counter()
        size = 0
        for batch in self.rest or ():
            self.kept.append(batch)
            size += batch.nbytes
            if size > limit:
                break
        else:
            self.rest = None
        self._measure(started)

    def install(self, cursor: duckdb.DuckDBPyConnection, *, streamed: bool) -> None:
        """Make the rows readable under this delivery's name on ``cursor``."""
        started = time.perf_counter()
        raw = f"{self.name}_rows"
        if streamed:
            cursor.register(raw, self.reader())
        elif self.rest is None:
            self.moved.how = "buffered"
            cursor.register(raw, pa.Table.from_batches(self.kept, schema=self.stream.schema))
        else:
            self.moved.how = "spilled"
            source = f"{self.name}_source"
            cursor.register(source, self._reader())
            try:
                cursor.execute(f'CREATE TEMP TABLE "{raw}" AS SELECT * FROM "{source}"')
            finally:
                cursor.unregister(source)
            self._measure(started)
        cursor.execute(f'CREATE TEMP VIEW "{self.name}" AS SELECT {_casts(self.columns)} FROM "{raw}"')

    def reader(self) -> pa.RecordBatchReader:
        """The rows as a stream that nobody keeps, to be read once."""
        self.moved.how = "streamed"
        return self._reader()

    def _measure(self, started: float) -> None:
        self.moved.milliseconds += (time.perf_counter() - started) * 1000
        self.moved.rows, self.moved.bytes = self.stream.rows, self.stream.bytes

    def _kept(self) -> Iterator[pa.RecordBatch]:
        """Hand over what was kept, letting go of each batch."""
        while self.kept:
            yield self.kept.pop(0)

    def _reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.stream.schema, self._told(chain(self._kept(), self.rest or ())))

    def _told(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        started = time.perf_counter()
        try:
            yield from batches
        except Exception as problem:
            self.failure = problem
            raise
        finally:
            if self.moved.how == "streamed":
                self._measure(started)


@dataclass
class Unpushed:
    """A fragment that its store could not compute: the tables it reads, and ``text`` for DuckDB over them."""

    name: str
    columns: tuple[Column, ...]
    text: str
    tables: tuple[Delivery, ...]

    @property
    def failure(self) -> Exception | None:
        """The error of a table that failed while it was read."""
        return next((table.failure for table in self.tables if table.failure), None)

    @property
    def moved(self) -> Moved:
        """What the tables moved in all."""
        parts = [table.moved for table in self.tables]
        return Moved(
            self.name,
            "unpushed, since the store met a value it cannot compute with",
            sum(part.rows for part in parts),
            sum(part.bytes for part in parts),
            sum(part.milliseconds for part in parts),
            parts[0].snapshot,
        )

    def install(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make the rows readable under this fragment's name on ``cursor``, in place of what may stand there."""
        for table in self.tables:  # never streamed: the fragment may read a table twice
            table.install(cursor, streamed=False)
        casts = ", ".join(
            f"CAST({quoted(column.name)} AS {column.type}) AS {quoted(column.name)}" for column in self.columns
        )
        names = ", ".join(quoted(column.name) for column in self.columns)
        cursor.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(self.name)} AS SELECT {casts} FROM ({self.text}) AS made({names})"
        )


def install_scan(cursor: duckdb.DuckDBPyConnection, name: str, scan: Scan) -> None:
    """Make an in-place relation readable under ``name``: DuckDB scans the pinned files itself."""
    columns = ", ".join(
        f"CAST({quoted(column.physical)} AS {column.type}) AS {quoted(column.name)}" for column in scan.columns
    )
    urls = ", ".join("'" + url.replace("'", "''") + "'" for url in scan.urls)
    options = ", hive_partitioning = true, hive_types_autocast = false" if scan.hive else ", hive_partitioning = false"
    cursor.execute(f"CREATE TEMP VIEW {quoted(name)} AS SELECT {columns} FROM read_parquet([{urls}]{options})")


def _casts(columns: Sequence[Column]) -> str:
    return ", ".join(
        f"CAST({quoted(column.name)} AS {column.type}) AS {quoted(column.name)}"
        if needs_cast(column.type)
        else quoted(column.name)
        for column in columns
    )
