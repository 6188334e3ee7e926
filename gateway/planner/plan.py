"""The plan: a printable, comparable, hashable value that says all an engine needs to know."""

from dataclasses import dataclass, field

import pyarrow as pa

from connectors.spi import Estimate, Fragment, Table
from gateway.planner.decided import Decided
from gateway.policy import Budget


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a leaf of the plan comes from: the store, and the datasets and products read."""

    store: str
    addresses: tuple[str, ...]
    products: tuple[str, ...]


@dataclass(frozen=True)
class RemoteFragment:
    """A fragment under the relation name by which the residual reads it, with its native text.

    ``estimate`` is what its store expected, None when it was not asked or could not say.
    """

    name: str
    origin: Origin
    fragment: Fragment
    native: str
    estimate: Estimate | None = field(default=None, compare=False)


@dataclass(frozen=True)
class InPlaceScan:
    """A table that DuckDB reads itself, under the relation name by which the residual reads it."""

    name: str
    origin: Origin
    table: Table


@dataclass(frozen=True, slots=True)
class Keys:
    """Rows of the fragment ``into`` are needed only where its ``column`` has one of the keys of ``source``.

    ``text`` is DuckDB text over ``source`` that answers the distinct keys of its column ``key`` in the Arrow type of
    ``column``; ``narrowed`` says that it has conditions of its own. More than ``limit`` keys are not worth sending.
    """

    into: str
    column: str
    source: str
    key: str
    text: str
    narrowed: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Weighed:
    """How much of a query might be pushed, and the milliseconds that this was expected to take."""

    pushed: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a clause stayed with DuckDB."""

    clause: str
    why: str


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the answer: its name and its DuckDB type."""

    name: str
    type: str


@dataclass(frozen=True)
class Twin:
    """The same question planned without pushdown, and what of the two answers is decided, so that it is compared.

    ``sampled`` says that nobody asked for it: it is compared afterwards, and only counted.
    """

    plan: "Plan"
    decided: Decided
    sampled: bool = False


@dataclass(frozen=True)
class Plan:
    """What one query will do.

    ``residual`` is DuckDB text that names only the relations of ``fragments`` and ``scans``; ``outputs`` describe
    the answer as DuckDB sees it, ``schema`` as the client gets it. ``streamed`` says that the only fragment flows
    through DuckDB without being kept. ``explain`` is empty for a query, else ``plan`` or ``analyze``, and
    ``parameters`` are the DuckDB types of parameters that are not bound yet. ``keys`` are what some leaves can tell
    others to leave out, which is a matter of speed alone. ``weighed`` are the plans between which the cost decided,
    this one first; it is empty where there was nothing to choose. ``twin`` is what the answer is to be compared with.
    ``budgets`` hold the plan to what it may move in all, or of the product that stands beside.
    """

    fragments: tuple[RemoteFragment, ...]
    scans: tuple[InPlaceScan, ...]
    residual: str
    outputs: tuple[Output, ...]
    reasons: tuple[Reason, ...] = ()
    keys: tuple[Keys, ...] = ()
    weighed: tuple[Weighed, ...] = field(default=(), compare=False)
    budgets: tuple[tuple[str, Budget], ...] = ()
    streamed: bool = False
    sql: str = ""
    pushdown: bool = True
    explain: str = ""
    format: str = "text"
    catalog_version: str = ""
    parameters: tuple[str, ...] = ()
    twin: Twin | None = None
    schema: pa.Schema = field(default=None, compare=False, repr=False)


@dataclass
class Moved:
    """What one leaf of a plan moved when it ran: how it was kept, rows, bytes, milliseconds, and the snapshot read.

    ``keys`` tells of each set of keys that it might have been restricted by whether it was.
    """

    name: str
    how: str = ""
    rows: int = 0
    bytes: int = 0
    milliseconds: float = 0.0
    snapshot: str = ""
    keys: tuple[str, ...] = ()
