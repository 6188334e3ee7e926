"""Runs a plan: one snapshot per store, fragments opened side by side, the residual in a locked DuckDB.

The seam to other engines is :meth:`Engine.run`: nothing but a plan goes in, nothing but Arrow comes out.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import duckdb
import pyarrow as pa

from connectors.call import Call
from connectors.errors import HeadgateError
from connectors.files import PinnedFiles
from connectors.spi import Connector
from gateway.answer import Again, EngineAnswer
from gateway.batching import batch_rows
from gateway.database import Database
from gateway.deadlines import deadline
from gateway.delivery import install_scan
from gateway.duckdb_errors import translate
from gateway.errors import Internal
from gateway.fetching import Fetching
from gateway.held import Held, hold, naming, products
from gateway.planner.plan import InPlaceScan, Moved, Plan
from gateway.reads import in_place_reads
from gateway.stopping import interruptible


class Engine:
    """DuckDB, embedded. ``buffer_bytes`` bounds what one fragment may keep as an Arrow table."""

    def __init__(
        self, connectors: Mapping[str, Connector], database: Database, files: PinnedFiles, buffer_bytes: int
    ) -> None:
        self._connectors = connectors
        self._database = database
        self._files = files
        self._buffer_bytes = buffer_bytes

    def run(self, plan: Plan, call: Call) -> EngineAnswer:
        """Start a plan. Returns when the first rows can be pulled; what fails is a :class:`HeadgateError`."""
        return self._start(plan, call, None)

    @contextmanager
    def holding(self, plans: Sequence[Plan], call: Call) -> Iterator[Callable[[Plan], EngineAnswer]]:
        """One snapshot of each store that any of ``plans`` reads; what is given runs a plan under these, one by one."""
        with ExitStack() as held:
            held.enter_context(deadline(call))
            stores = hold(plans, self._connectors, call, held)
            yield lambda plan: self._start(plan, call, stores)

    def _start(self, plan: Plan, call: Call, stores: Mapping[str, Held] | None) -> EngineAnswer:
        with ExitStack() as held:
            held.enter_context(deadline(call))
            run = _Run(plan, call, held, self._files)
            try:
                stores = stores if stores is not None else hold((plan,), self._connectors, call, held)
                answer = run.start(stores, self._database, self._buffer_bytes)
            except Exception as problem:
                explained = run.explain(problem)
                call.cancel(explained)
                raise explained from problem
            return answer


class _Run:
    """One plan on its way. Everything entered into ``held`` is left when the answer is closed."""

    def __init__(self, plan: Plan, call: Call, held: ExitStack, files: PinnedFiles) -> None:
        self.plan = plan
        self.call = call
        self.held = held
        self.files = files
        self.fetching: Fetching | None = None
        self.scanned: list[Moved] = []
        self.urls: dict[str, tuple[str, str]] = {}

    def start(self, stores: Mapping[str, Held], database: Database, buffer_bytes: int) -> EngineAnswer:
        cursor = self.held.enter_context(database.cursor())
        self.held.enter_context(interruptible(cursor, self.call))
        for scan in self.plan.scans:
            self._scan(cursor, scan, stores[scan.origin.store])
        fetching = self.fetching = Fetching(self.plan, self.call, self.held, cursor, stores, buffer_bytes)
        fetching.run(lambda problem: self.call.cancel(self.explain(problem)))
        self.call.check()

        def residual() -> pa.RecordBatchReader:
            return cursor.sql(self.plan.residual).to_arrow_reader(batch_rows(self.plan.schema))

        def again() -> pa.RecordBatchReader | None:
            return residual() if fetching.take_back() else None

        def moved() -> list[Moved]:
            return [*self.scanned, *fetching.moved]

        wanted = self.plan.explain and self.plan.scans
        reads = in_place_reads(cursor, self.plan.residual) if wanted else ()
        started = time.perf_counter()
        reader = fetching.passed or _first(residual, again)
        answer = EngineAnswer(
            self.plan.schema, reader, self.call, self.held.pop_all(), self.explain, again, moved, started
        )
        answer.reads = reads
        return answer

    def _scan(self, cursor: duckdb.DuckDBPyConnection, scan: InPlaceScan, store: Held) -> None:
        with naming(self.plan, scan.origin.store, scan.name):
            relation = store.connector.scan(scan.table, store.snapshot)
            self.urls.update(dict.fromkeys(relation.urls, (scan.origin.store, scan.name)))
            install_scan(cursor, scan.name, relation)
        self.scanned.append(
            Moved(scan.name, "in place", relation.rows, relation.bytes, snapshot=store.snapshot.version),
        )

    def explain(self, problem: Exception) -> HeadgateError:
        """The reason behind an exception: the call's own end, a store's failure, or what DuckDB said, in that order."""
        try:
            self.call.check()
        except HeadgateError as reason:
            return reason
        if self.fetching and (failure := self.fetching.failure):
            return failure
        if (broken := self.files.failure(str(problem))) is not None:
            return broken.error.about(product=products(self.plan, *self.urls.get(broken.url, ("", ""))))
        if isinstance(problem, HeadgateError):
            return problem
        if isinstance(problem, (duckdb.Error, OSError)):
            return translate(problem)
        return Internal("The engine failed.", hint="Report the query id.")


def _first(residual: Callable[[], pa.RecordBatchReader], again: Again) -> pa.RecordBatchReader:
    """The residual's reader; DuckDB may have to read a whole stream to make one."""
    try:
        return residual()
    except duckdb.Error:
        if (reader := again()) is None:
            raise
        return reader
