"""The connector: one consistent list of files per snapshot, every footer checked against the contract."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from connectors.call import Call
from connectors.errors import HeadgateError, StoreChanged, StoreError, StoreSchemaMismatch, StoreUnavailable
from connectors.files import PinnedFiles
from connectors.parquet.columns import OTHER
from connectors.parquet.footers import Footer, Footers, total
from connectors.parquet.listing import File, at_once, list_files
from connectors.parquet.sources import Source
from connectors.spi import Capabilities, Column, Description, Estimate, Fragment, Hints, Scan, Snapshot, Stream, Table

_HINT = "Bring the contract and the files into line."


@dataclass(frozen=True)
class ParquetSnapshot:
    """The files of each table, pinned; ``version`` is a short hash over paths, versions and sizes."""

    version: str
    scans: Mapping[str, Scan]
    files: Mapping[str, tuple[File, ...]]


class Parquet:
    """A store of Parquet files. It computes nothing: DuckDB scans the pinned files itself."""

    capabilities = Capabilities(in_place=True)

    def __init__(self, name: str, source: Source, files: PinnedFiles) -> None:
        self.name = name
        self._source = source
        self._files = files
        self._footers = Footers()
        self._closed = False

    def describe(self, table: Table, call: Call) -> Description:
        """Columns of the first file, then partition columns (as declared, else VARCHAR); rows over all files.

        Raises :class:`TableUnknown`, :class:`StoreDataCorrupt` and other typed store errors.
        """
        with self._named():
            files = self._list(table, call)
            footers = self._read(files, call)
            found = [Column(name, kind, nullable) for name, (kind, nullable) in footers[0].columns.items()]
            hive = [_partition(key, table) for key in files[0].hive if key not in footers[0].columns]
            return Description((*found, *hive), rows=total(footers)[0])

    @contextmanager
    def snapshot(self, tables: Sequence[Table], call: Call) -> Iterator[ParquetSnapshot]:
        """Pin the files of this moment; every one must have the declared columns.

        What is read under the snapshot is of exactly the listed versions: each read asks for the version again once its
        bytes are here, and fails with :class:`StoreChanged` when it is another. Files added later are not seen.
        The list itself is one request per page to the store and no more atomic than the store makes it.
        """
        with self._named():
            files = {table.name: self._list(table, call) for table in tables}
            footers = {name: self._read(listed, call) for name, listed in files.items()}
            hive = {table.name: _checked(table, files[table.name], footers[table.name]) for table in tables}
            every = _distinct(files)
        with self._files.pin([file.pinned(self.name) for file in every]) as urls:
            at = {file.path: url for file, url in zip(every, urls, strict=True)}
            scans = {
                table.name: Scan(
                    tuple(at[file.path] for file in files[table.name]),
                    table.columns,
                    hive[table.name],
                    *total(footers[table.name]),
                )
                for table in tables
            }
            yield ParquetSnapshot(_version(every), scans, files)

    def estimate(self, fragment: Fragment) -> Estimate | None:
        """Rows and bytes of the whole tables, out of footers; None when the store cannot be asked now."""
        call = Call(id="estimate")
        with suppress(StoreError):
            footers = [part for _, table in fragment.tables for part in self._read(self._list(table, call), call)]
            return Estimate(*total(footers), "footers")
        return None

    def open(self, fragment: Fragment, snapshot: Snapshot, hints: Hints, call: Call) -> Stream:
        """Never called: everything here is read in place."""
        raise NotImplementedError("Parquet files are read in place")

    def scan(self, table: Table, snapshot: Snapshot) -> Scan:
        """The files of a table that the snapshot was taken of."""
        assert isinstance(snapshot, ParquetSnapshot)
        return snapshot.scans[table.name]

    def render(self, fragment: Fragment) -> str:
        """``parquet_scan daily_plays/**/*.parquet`` for each table."""
        return "\n".join(f"parquet_scan {table.name}" for _, table in fragment.tables)

    def close(self) -> None:
        """Refuse further work. Snapshots that are held stay readable until they are left."""
        self._closed = True

    def _list(self, table: Table, call: Call) -> tuple[File, ...]:
        call.check()
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        return list_files(self._source, table.name, call)

    def _read(self, files: Sequence[File], call: Call) -> list[Footer]:
        def read(file: File) -> Footer:
            call.check()
            return self._footers.of(file)

        return at_once(read, files, "headgate-footers")

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except HeadgateError as problem:
            problem.about(store=self.name)
            raise


def _checked(table: Table, files: Sequence[File], footers: Sequence[Footer]) -> tuple[str, ...]:
    """The partition columns; raises :class:`StoreSchemaMismatch` for the first file that does not fit."""
    hive = tuple(
        column.name
        for column in table.columns
        if column.physical in files[0].hive and column.physical not in footers[0].columns
    )
    for file, footer in zip(files, footers, strict=True):
        if hive and file.hive.keys() != files[0].hive.keys():
            raise StoreSchemaMismatch(f"The file {file.path!r} has other partition keys than its siblings.", hint=_HINT)
        for column in table.columns:
            if column.name not in hive:
                _fits(column, file, footer)
    return hive


def _fits(column: Column, file: File, footer: Footer) -> None:
    found = footer.columns.get(column.physical)
    if found is None:
        sentence = f"The file {file.path!r} has no column {column.physical!r}; expected {column.type}."
        raise StoreSchemaMismatch(sentence, hint=_HINT)
    if found[0] != column.type:
        kind = "of an unsupported type" if found[0] == OTHER else found[0]
        sentence = f"In the file {file.path!r} the column {column.physical!r} is {kind}; expected {column.type}."
        raise StoreSchemaMismatch(sentence, hint=_HINT)


def _partition(key: str, table: Table) -> Column:
    declared = next((column for column in table.columns if column.physical == key), None)
    return Column(key, declared.type if declared else "VARCHAR")


def _distinct(files: Mapping[str, Sequence[File]]) -> list[File]:
    """Every file once, sorted by path; raises :class:`StoreChanged` when two tables listed different versions of it."""
    every: dict[str, File] = {}
    for file in (file for listed in files.values() for file in listed):
        if every.setdefault(file.path, file).version != file.version:
            raise StoreChanged(f"The file {file.path!r} was replaced while it was listed.", hint="Run the query again.")
    return sorted(every.values(), key=lambda file: file.path)


def _version(files: Sequence[File]) -> str:
    told = "\n".join(f"{file.path}\0{file.version}\0{file.size}" for file in files)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
