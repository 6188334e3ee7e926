"""Runs a plan: one snapshot per store, fragments opened side by side, the residual in a locked DuckDB.

The seam to other engines is :meth:`Engine.run`: nothing but a plan goes in, nothing but Arrow comes out.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import duckdb

from connectors.border import checked
from connectors.call import Call
from connectors.errors import DeadlineExceeded, HeadgateError
from connectors.files import PinnedFiles
from connectors.spi import NO_HINTS, Connector, Snapshot, Table
from gateway.answer import EngineAnswer
from gateway.database import Database
from gateway.delivery import Delivery, install_scan
from gateway.duckdb_errors import translate
from gateway.errors import Internal
from gateway.planner.plan import InPlaceScan, Moved, Plan, RemoteFragment

_OPEN_AT_ONCE = 8
_BATCH_ROWS = 65_536
_INTERRUPT_AGAIN = 0.02


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
        with ExitStack() as held:
            held.enter_context(_deadline(call))
            run = _Run(plan, call, held, self._files)
            try:
                answer = run.start(self._connectors, self._database, self._buffer_bytes)
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
        self.deliveries: list[Delivery] = []
        self.moved: list[Moved] = []
        self.urls: dict[str, tuple[str, str]] = {}

    def start(self, connectors: Mapping[str, Connector], database: Database, buffer_bytes: int) -> EngineAnswer:
        cursor = self.held.enter_context(database.cursor())
        self.held.enter_context(_interruptible(cursor, self.call))
        snapshots = self._snapshots(connectors)
        for scan in self.plan.scans:
            self._scan(cursor, scan, connectors[scan.origin.store], snapshots[scan.origin.store])
        self._deliver(cursor, connectors, snapshots, buffer_bytes)
        self.call.check()
        started = time.perf_counter()
        reader = cursor.sql(self.plan.residual).to_arrow_reader(_BATCH_ROWS)
        answer = EngineAnswer(self.plan.schema, reader, self.call, self.held.pop_all(), self.explain, started)
        answer.moved = self.moved
        return answer

    def _snapshots(self, connectors: Mapping[str, Connector]) -> dict[str, Snapshot]:
        """One snapshot per store, of all that the plan reads there."""
        tables: dict[str, dict[str, Table]] = {}
        for remote in self.plan.fragments:
            of_store = tables.setdefault(remote.origin.store, {})
            of_store.update((table.name, table) for _, table in remote.fragment.tables)
        for scan in self.plan.scans:
            tables.setdefault(scan.origin.store, {})[scan.table.name] = scan.table
        snapshots: dict[str, Snapshot] = {}
        for store, wanted in tables.items():
            with _naming(self.plan, store):
                taken = connectors[store].snapshot(tuple(wanted.values()), self.call)
                snapshots[store] = self.held.enter_context(taken)
        return snapshots

    def _scan(
        self, cursor: duckdb.DuckDBPyConnection, scan: InPlaceScan, connector: Connector, snapshot: Snapshot
    ) -> None:
        with _naming(self.plan, scan.origin.store, scan.name):
            relation = connector.scan(scan.table, snapshot)
            self.urls.update(dict.fromkeys(relation.urls, (scan.origin.store, scan.name)))
            install_scan(cursor, scan.name, relation)
        self.moved.append(
            Moved(scan.name, "in place", relation.rows, relation.bytes, snapshot=snapshot.version),
        )

    def _deliver(
        self,
        cursor: duckdb.DuckDBPyConnection,
        connectors: Mapping[str, Connector],
        snapshots: Mapping[str, Snapshot],
        buffer_bytes: int,
    ) -> None:
        """Open all fragments at once; small ones are kept, and the first failure stops the others."""

        def fetch(remote: RemoteFragment) -> Delivery:
            try:
                with _naming(self.plan, remote.origin.store, remote.name):
                    made = self._open(remote, connectors[remote.origin.store], snapshots[remote.origin.store])
                    if not self.plan.streamed:
                        made.buffer(buffer_bytes)
            except Exception as problem:
                self.call.cancel(self.explain(problem))
                raise
            return made

        if self.plan.fragments:
            with ThreadPoolExecutor(min(len(self.plan.fragments), _OPEN_AT_ONCE), "headgate-fetch") as pool:
                self.deliveries = list(pool.map(fetch, self.plan.fragments))
        for delivery in self.deliveries:
            delivery.install(cursor, streamed=self.plan.streamed)
            self.moved.append(delivery.moved)

    def _open(self, remote: RemoteFragment, connector: Connector, snapshot: Snapshot) -> Delivery:
        self.call.check()
        stream = connector.open(remote.fragment, snapshot, NO_HINTS, self.call)
        self.held.callback(stream.close)
        self.held.enter_context(self.call.on_cancel(stream.close))
        product = ", ".join(remote.origin.products)
        border = checked(stream, remote.fragment.schema, self.call, store=remote.origin.store, product=product)
        return Delivery(remote.name, remote.fragment.columns, border, Moved(remote.name, snapshot=snapshot.version))

    def explain(self, problem: Exception) -> HeadgateError:
        """The reason behind an exception: the call's own end, a store's failure, or what DuckDB said, in that order."""
        try:
            self.call.check()
        except HeadgateError as reason:
            return reason
        for source in self.deliveries:
            if isinstance(source.failure, HeadgateError):
                return source.failure
        if (broken := self.files.failure(str(problem))) is not None:
            return broken.error.about(product=_products(self.plan, *self.urls.get(broken.url, ("", ""))))
        if isinstance(problem, HeadgateError):
            return problem
        if isinstance(problem, (duckdb.Error, OSError)):
            return translate(problem)
        return Internal("The engine failed.", hint="Report the query id.")


def _products(plan: Plan, store: str, leaf: str) -> str:
    origins = {made.name: made.origin for made in plan.fragments} | {made.name: made.origin for made in plan.scans}
    named = [origin for name, origin in origins.items() if origin.store == store and leaf in ("", name)]
    return ", ".join(dict.fromkeys(product for origin in named for product in origin.products))


@contextlib.contextmanager
def _naming(plan: Plan, store: str, leaf: str = "") -> Iterator[None]:
    """Complete a connector's error with the product that the gateway knows and the connector does not."""
    try:
        yield
    except HeadgateError as problem:
        problem.about(product=_products(plan, store, leaf), store=store)
        raise


@contextlib.contextmanager
def _interruptible(cursor: duckdb.DuckDBPyConnection, call: Call) -> Iterator[None]:
    """While inside the block, cancelling the call stops whatever runs on the cursor, or is about to.

    An interrupt that comes just before a statement starts is lost, so it is repeated until the block is left.
    """
    left = threading.Event()
    deciding = threading.Lock()
    started: list[threading.Thread] = []

    def interrupt() -> None:
        while True:
            with contextlib.suppress(duckdb.ConnectionException):
                cursor.interrupt()
            if left.wait(_INTERRUPT_AGAIN):
                return

    def stop() -> None:
        with deciding:
            if not left.is_set():
                thread = threading.Thread(target=interrupt, name="headgate-interrupt", daemon=True)
                thread.start()
                started.append(thread)

    try:
        with call.on_cancel(stop):
            yield
    finally:
        with deciding:
            left.set()
        for thread in started:
            thread.join(1)  # the cursor is closed next, and must not be interrupted then


@contextlib.contextmanager
def _deadline(call: Call) -> Iterator[None]:
    """Cancel the call when its time is up, wherever it is stuck."""
    left = call.remaining()
    if left is None:
        yield
        return
    reason = DeadlineExceeded("The query ran past its deadline.", hint="Narrow the query or raise the limit.")
    timer = threading.Timer(left, call.cancel, (reason,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
