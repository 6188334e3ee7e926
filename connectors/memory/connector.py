"""The reference connector: Arrow tables in this process. Read it to learn what a connector has to do.

It claims little, and what it claims it computes exactly as DuckDB does. DOUBLE is missing from the comparisons
because Arrow says NaN ≠ NaN and DuckDB says NaN = NaN: what is not certain is not claimed, and stays with DuckDB.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from connectors.call import Call
from connectors.errors import ConnectorMisconfigured, StoreUnavailable, TableUnknown
from connectors.memory.predicates import matching
from connectors.registry import read_options
from connectors.spi import (
    Capabilities,
    Claim,
    Clause,
    Column,
    Description,
    Estimate,
    Fragment,
    Hints,
    Scan,
    Snapshot,
    Stream,
    Surroundings,
    Table,
)
from connectors.types import Family, duckdb_type

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "IN", "BETWEEN")
_COMPARED = (Family.INTEGER, Family.TEXT, Family.DATE, Family.TIMESTAMP)
CAPABILITIES = Capabilities(
    claims=frozenset(
        [Claim(operator, family) for operator in _COMPARISONS for family in _COMPARED]
        + [Claim(operator, Family.BOOLEAN) for operator in ("=", "<>")]
        + [Claim("IS NULL", family) for family in Family if family is not Family.OTHER]
    ),
    clauses=frozenset({Clause.WHERE}),
)


@dataclass(frozen=True)
class MemorySnapshot:
    """The tables as they were when the snapshot was taken; Arrow data never changes, so holding them is enough."""

    version: str
    tables: Mapping[str, pa.Table]


class MemoryStream:
    """Batches of one fragment, filtered as they are pulled."""

    def __init__(self, fragment: Fragment, source: pa.Table, hints: Hints, call: Call) -> None:
        self.schema = fragment.schema
        self._fragment = fragment
        self._source = source
        self._hints = hints
        self._call = call
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Each source batch, filtered and projected. Raises the reason when the call is cancelled or closed."""
        for batch in self._source.to_batches(max_chunksize=self._hints.batch_rows):
            self._call.check()
            if self._closed.is_set():
                raise StoreUnavailable("The stream was closed before its end.")
            yield self._answer(batch)

    def close(self) -> None:
        """Stop before the next batch."""
        self._closed.set()

    def _answer(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        [(alias, table)] = self._fragment.tables
        columns = {(alias, column.name.lower()): batch.column(column.physical) for column in table.columns}
        if where := self._fragment.query.args.get("where"):
            mask = matching(where.this, columns, batch.num_rows)
            columns = {key: column.filter(mask) for key, column in columns.items()}
        outputs = [node.unalias() for node in self._fragment.query.expressions]
        arrays = [columns[node.table, node.name.lower()] for node in outputs]
        return pa.RecordBatch.from_arrays(arrays, [column.name for column in self._fragment.columns])


@dataclass
class _Shelf:
    """The current tables, each with the number of times it was replaced."""

    tables: dict[str, pa.Table]
    versions: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Memory:
    """A store of Arrow tables. ``keys`` names the unique NOT NULL columns of tables that have them."""

    capabilities = CAPABILITIES

    def __init__(
        self, name: str, tables: Mapping[str, pa.Table], keys: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.name = name
        self._keys = dict(keys or {})
        self._shelf = _Shelf(dict(tables))
        self._closed = False

    def replace(self, name: str, table: pa.Table) -> None:
        """Put ``table`` in the place of the one of that name. Snapshots taken before keep the old one."""
        with self._shelf.lock:
            self._shelf.tables[name] = table
            self._shelf.versions[name] = self._shelf.versions.get(name, 0) + 1

    def describe(self, table: Table, call: Call) -> Description:
        """Columns and exact rows; raises :class:`TableUnknown`.

        Arrow has no form of its own for UUID, JSON and HUGEINT: a field's metadata ``duckdb`` names such a type.
        """
        held = self._hold([table], call).tables[table.name]
        columns = tuple(Column(item.name, _type(item), item.nullable) for item in held.schema)
        return Description(columns, self._keys.get(table.name, ()), held.num_rows)

    @contextmanager
    def snapshot(self, tables: Sequence[Table], call: Call) -> Iterator[MemorySnapshot]:
        """The tables of this moment."""
        yield self._hold(tables, call)

    def estimate(self, fragment: Fragment) -> Estimate | None:
        """The size of the whole table: filters are not estimated."""
        held = self._shelf.tables.get(fragment.tables[0][1].name)
        return None if held is None else Estimate(held.num_rows, held.nbytes, "table")

    def open(self, fragment: Fragment, snapshot: Snapshot, hints: Hints, call: Call) -> Stream:
        """Start a stream over the snapshot's table; a key hint is ignored, which is always right."""
        assert isinstance(snapshot, MemorySnapshot)
        call.check()
        self._check_open()
        return MemoryStream(fragment, snapshot.tables[fragment.tables[0][1].name], hints, call)

    def scan(self, table: Table, snapshot: Snapshot) -> Scan:
        """Never called: nothing here is read in place."""
        raise NotImplementedError("a memory store computes fragments")

    def render(self, fragment: Fragment) -> str:
        """The fragment's own text: there is no other language here."""
        return fragment.text

    def close(self) -> None:
        """Refuse further work."""
        self._closed = True

    def _hold(self, tables: Sequence[Table], call: Call) -> MemorySnapshot:
        call.check()
        self._check_open()
        with self._shelf.lock:
            for table in tables:
                if table.name not in self._shelf.tables:
                    raise TableUnknown(f"There is no table {table.name!r}.", store=self.name)
            names = sorted({table.name for table in tables})
            version = ",".join(f"{name}@{self._shelf.versions.get(name, 0)}" for name in names)
            return MemorySnapshot(version, {name: self._shelf.tables[name] for name in names})

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("The store is closed.", store=self.name)


def _type(item: pa.Field) -> str:
    named = (item.metadata or {}).get(b"duckdb")
    return named.decode() if named else duckdb_type(item.type)


@dataclass(frozen=True)
class Options:
    """A store's section: ``path`` is a folder in which each ``<table>.arrow`` (Arrow IPC file) is a table."""

    path: str


def connect(name: str, options: Mapping[str, object], surroundings: Surroundings) -> Memory:  # noqa: ARG001
    """Make the connector from a folder of Arrow IPC files; raises :class:`ConnectorMisconfigured`."""
    folder = Path(read_options(name, Options, options).path)
    try:
        tables = {path.stem: pa.ipc.open_file(path).read_all() for path in sorted(folder.iterdir()) if _is_arrow(path)}
    except (OSError, pa.ArrowInvalid) as problem:
        raise ConnectorMisconfigured(
            f"The folder of the store {name!r} cannot be read.", hint="Every *.arrow must be an Arrow IPC file."
        ) from problem
    return Memory(name, tables)


def _is_arrow(path: Path) -> bool:
    return path.suffix == ".arrow"
