"""THE contract between the gateway and a connector.

A connector is any object with the members of :class:`Connector`; there is no base class. It is told *what* to
compute as a :class:`Fragment` (which it must honour) and may be told how it could be faster by :class:`Hints`
(which it may ignore: the answer is right either way). Read :mod:`connectors.memory` next: it is the reference.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa
from sqlglot import exp

from connectors.call import Call
from connectors.errors import HeadgateError
from connectors.files import PinnedFiles
from connectors.types import Family, arrow_type, family


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its global name, its DuckDB type, and what the store says of it.

    ``source`` is the physical name where it differs from ``name``. ``native`` is the store's own type name
    (``character(5)``), empty where the store has none; ``facts`` are further marks that rendering needs.
    """

    name: str
    type: str
    nullable: bool = True
    source: str = ""
    native: str = ""
    facts: frozenset[str] = frozenset()

    @property
    def physical(self) -> str:
        """The name the store knows this column by."""
        return self.source or self.name

    @property
    def family(self) -> Family:
        """The family of this column's type."""
        return family(self.type)


@dataclass(frozen=True)
class Table:
    """A physical table: the store's name for it, its columns, and the columns that are unique and NOT NULL.

    ``options`` are the store-specific settings of the contract (a message format, say), as sorted pairs.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that global name, compared as SQL compares names: without regard to case."""
        return self._by_name.get(name.lower())

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        """The first of each name."""
        return {column.name.lower(): column for column in reversed(self.columns)}


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema that a stream of these columns must have, all fields nullable."""
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])


class Fidelity(StrEnum):
    """How a store's answer relates to DuckDB's."""

    EXACT = "exact"
    SUPERSET = "superset"
    NONE = "none"


class Clause(StrEnum):
    """The parts of a query that a store may take over. PROJECT is computing outputs that are no bare columns.

    WINDOW is every frame that :func:`connectors.vocabulary.frame` reads.
    """

    PROJECT = "PROJECT"
    WHERE = "WHERE"
    JOIN = "JOIN"
    OUTER_JOIN = "LEFT, RIGHT or FULL JOIN"
    SEMI_JOIN = "SEMI or ANTI JOIN"
    SUBQUERY = "a subquery"
    CORRELATED = "a correlated subquery"
    GROUP_BY = "GROUP BY"
    GROUPING_SETS = "GROUPING SETS"
    FILTER = "FILTER"
    HAVING = "HAVING"
    DISTINCT = "DISTINCT"
    SET_OPERATION = "UNION, INTERSECT or EXCEPT"
    WINDOW = "OVER"
    TOP_N = "ORDER BY … LIMIT"
    TIES = "ORDER BY … LIMIT with ties"


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One operator over one family of types, e.g. ``Claim("=", Family.INTEGER)`` or ``Claim("SUM", Family.DECIMAL)``.

    Operators: ``= <> < <= > >= IN BETWEEN``, ``IS NULL``, ``IS DISTINCT FROM``; ``GROUP BY`` (DISTINCT and set
    operations too), ``ORDER BY``; ``CASE`` and ``CAST TO DOUBLE`` (any family); every name of an operation, aggregate
    or window function in :mod:`connectors.vocabulary`. An operation over several families needs a claim for each of
    its operands' families; an operation without operands is claimed for the family of its value. Logic (AND OR NOT)
    needs no claim: three-valued logic is the same everywhere.

    SUPERSET is for operations within a condition: the store may keep rows it should not, and loses none.
    """

    operator: str
    family: Family
    fidelity: Fidelity = Fidelity.EXACT


@dataclass(frozen=True)
class Capabilities:
    """All that a store computes as DuckDB would. Closed world: what is not claimed here is never pushed.

    The conformance kit makes one differential test of each claim.
    """

    claims: frozenset[Claim] = frozenset()
    clauses: frozenset[Clause] = frozenset()
    in_place: bool = False

    def fidelity(self, operator: str, of: Family) -> Fidelity:
        """What the store promises for an operator over a family."""
        return self._index.get((operator, of), Fidelity.NONE)

    @cached_property
    def _index(self) -> dict[tuple[str, Family], Fidelity]:
        return {(claim.operator, claim.family): claim.fidelity for claim in self.claims}


@dataclass(frozen=True)
class Fragment:
    """What one store computes: a SELECT with DuckDB's meaning over tables of that store.

    ``query`` is a sqlglot tree: a SELECT or a set operation, whose output *i* stands for ``columns[i]``. Sources are
    tables, each with an alias that is a key of ``tables``, and subqueries with an alias; no alias is used twice in
    the whole tree. Every column is qualified by one and carries the column's *global* name. Nodes that compute
    something carry the DuckDB type of their value in ``meta["type"]``. QUALIFY stands only as
    ``RANK() OVER (ORDER BY …) <= n``: the first *n* rows with their ties. The tree is never changed: render from a
    copy. ``text`` is its canonical DuckDB text.
    """

    query: exp.Query = field(compare=False, repr=False)
    text: str
    tables: tuple[tuple[str, Table], ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """What every batch of the opened stream must look like."""
        return arrow_schema(self.columns)


@dataclass(frozen=True)
class Hints:
    """Wishes. A connector may ignore every one of them and is still right.

    ``keys`` maps an output column to the only values of it that will be used, in the column's Arrow type, without
    NULL; ``batch_rows`` is a size to aim for.
    """

    keys: Mapping[str, pa.Array] = field(default_factory=dict)
    batch_rows: int = 65_536


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Description:
    """What the store itself says of a table: columns in its own order, unique NOT NULL key, rough rows."""

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rows and bytes a fragment will move, and what that was derived from (``pg_class``, ``footers`` …).

    ``milliseconds`` is what the store takes to compute them and to hand them over, roughly; None when it has no notion
    of that.
    """

    rows: int
    bytes: int
    source: str
    milliseconds: float | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """An in-place relation: Parquet files, pinned under the private scheme, that DuckDB reads itself.

    ``columns`` are the table's columns; those named in ``hive`` come from ``key=value`` path segments, the rest
    from the files under their physical names. ``rows`` and ``bytes`` are totals over the files.
    """

    urls: tuple[str, ...]
    columns: tuple[Column, ...]
    hive: tuple[str, ...] = ()
    rows: int = 0
    bytes: int = 0


@runtime_checkable
class Snapshot(Protocol):
    """One consistent version of a store's tables, held until its context manager is left."""

    @property
    def version(self) -> str:
        """A short printable identity of what is read: a Postgres snapshot id, a hash of ETags, end offsets."""


@runtime_checkable
class Stream(Protocol):
    """Batches out of a store, pulled by one thread; :meth:`close` may come from any thread, at any time."""

    @property
    def schema(self) -> pa.Schema:
        """The schema of every batch."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches. Raises a :class:`connectors.errors.StoreError` on failure: an end is never a failure."""

    def close(self) -> None:
        """Stop the store's work for this stream and free what it holds. Idempotent, returns within a second."""


@runtime_checkable
class Connector(Protocol):
    """Speaks to one store. Thread-safe. Errors leave it only as :class:`connectors.errors.HeadgateError`."""

    @property
    def name(self) -> str:
        """The store's unique name in the gateway's configuration."""

    @property
    def capabilities(self) -> Capabilities:
        """What may be pushed to this store; constant over the connector's life."""

    def describe(self, table: Table, call: Call) -> Description:
        """What the store says of ``table`` (of which only ``name`` and ``options`` are sure to be right)."""

    def snapshot(self, tables: Sequence[Table], call: Call) -> AbstractContextManager[Snapshot]:
        """Hold one version of these tables; everything opened or scanned under it sees exactly that version."""

    def estimate(self, fragment: Fragment) -> Estimate | None:
        """Rough size of a fragment's answer, without running it; None when unknown."""

    def open(self, fragment: Fragment, snapshot: Snapshot, hints: Hints, call: Call) -> Stream:
        """Start computing a fragment. Stores that are read in place need not support this."""

    def scan(self, table: Table, snapshot: Snapshot) -> Scan:
        """The table as files DuckDB reads itself. Only called when ``capabilities.in_place``."""

    def render(self, fragment: Fragment) -> str:
        """The native text of a fragment, for EXPLAIN and for :meth:`open`. Pure."""

    def close(self) -> None:
        """Let go of everything. Idempotent."""


@runtime_checkable
class DescribesMany(Protocol):
    """What a connector may have besides, where its store tells of a thousand tables as readily as of one."""

    def describe_many(self, tables: Sequence[Table], call: Call) -> Sequence[Description | HeadgateError]:
        """What :meth:`Connector.describe` says of each, in their order, or the error that it raises of this one table.

        Raises what keeps the store from being asked at all.
        """


@dataclass(frozen=True)
class Surroundings:
    """What the gateway lends to its connectors: the pinned filesystem and a private directory for state."""

    files: PinnedFiles
    state: Path


class Connect(Protocol):
    """What an entry point of the group ``headgate.connectors`` names: a function that makes a connector.

    ``options`` is the store's section of the configuration, secrets already resolved, without ``kind``. Unknown
    or missing keys raise :class:`connectors.errors.ConnectorMisconfigured`. Connecting to the store is left
    for the first use, so that one store that is down does not keep the gateway from starting.
    """

    def __call__(self, name: str, options: Mapping[str, object], surroundings: Surroundings) -> Connector:
        """Make the connector of the store ``name``."""
