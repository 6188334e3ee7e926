"""Brings the fragments of one plan into DuckDB, and takes back those that their store cannot compute."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import duckdb
import pyarrow as pa

from connectors.border import checked
from connectors.call import Call
from connectors.errors import HeadgateError, StoreRejected, StoreValueError
from connectors.spi import NO_HINTS, Fragment, Hints
from gateway import sql
from gateway.delivery import Delivery, Unpushed
from gateway.held import Held, naming, products
from gateway.keying import collect, rounds
from gateway.passing import passes
from gateway.planner.plan import Moved, Plan, RemoteFragment
from gateway.planner.unpushed import is_plain, tables_of, text_over

_OPEN_AT_ONCE = 8
_AHEAD_BYTES = 1 << 20


class Fetching:
    """The fragments of a plan on their way. ``buffer_bytes`` bounds what each may keep as an Arrow table.

    ``passed`` is the answer itself where a store has computed the whole of it, and DuckDB has nothing to do.
    """

    def __init__(
        self,
        plan: Plan,
        call: Call,
        held: ExitStack,
        cursor: duckdb.DuckDBPyConnection,
        stores: Mapping[str, Held],
        buffer_bytes: int,
    ) -> None:
        self._plan = plan
        self._call = call
        self._held = held
        self._cursor = cursor
        self._stores = stores
        self._buffer_bytes = buffer_bytes
        self.passed: pa.RecordBatchReader | None = None
        self._arrivals: dict[str, Delivery | Unpushed] = {}
        self._told: dict[str, tuple[str, ...]] = {}

    def run(self, failed: Callable[[Exception], None]) -> None:
        """Open the fragments, small ones first where others wait for their keys; ``failed`` hears of a failure at once.

        Those that need not wait for each other are opened side by side.
        """

        def fetch(remote: RemoteFragment, hints: Hints) -> Delivery | Unpushed:
            try:
                return self._fetch(remote, hints)
            except Exception as problem:
                failed(problem)
                raise

        for fragments in rounds(self._plan):
            hints = [self._hints(remote) for remote in fragments]
            if len(fragments) == 1:
                fetched = [fetch(fragments[0], hints[0])]
            else:
                with ThreadPoolExecutor(min(len(fragments), _OPEN_AT_ONCE), "headgate-fetch") as pool:
                    fetched = list(pool.map(fetch, fragments, hints))
            for remote, arrival in zip(fragments, fetched, strict=True):
                self._install(remote, arrival)

    @property
    def moved(self) -> list[Moved]:
        """What each fragment moved, in the plan's order."""
        arrived = [remote.name for remote in self._plan.fragments if remote.name in self._arrivals]
        return [replace(self._arrivals[name].moved, keys=self._told[name]) for name in arrived]

    @property
    def failure(self) -> HeadgateError | None:
        """The error of a source that failed while DuckDB read it."""
        for remote in self._plan.fragments:
            arrival = self._arrivals.get(remote.name)
            if arrival and isinstance(arrival.failure, HeadgateError):
                return self._advised(remote, arrival.failure)
        return None

    def take_back(self) -> bool:
        """Have DuckDB compute a fragment in which its store met a value it cannot compute with; False if none did."""
        for remote in self._plan.fragments:
            arrival = self._arrivals.get(remote.name)
            if arrival and isinstance(arrival.failure, StoreValueError) and not is_plain(remote.fragment):
                self._arrivals[remote.name] = unpushed = self._unpushed(remote)
                unpushed.install(self._cursor)
                return True
        return False

    def _hints(self, remote: RemoteFragment) -> Hints:
        wanted = [keys for keys in self._plan.keys if keys.into == remote.name]
        hints, self._told[remote.name] = collect(self._cursor, wanted)
        self._call.check()
        return hints

    def _fetch(self, remote: RemoteFragment, hints: Hints) -> Delivery | Unpushed:
        try:
            made = self._open(remote, remote.name, remote.fragment, hints)
            if not self._plan.streamed:
                made.buffer(self._buffer_bytes)
            elif passes(self._plan) and not is_plain(remote.fragment):
                made.buffer(_AHEAD_BYTES)  # while nothing is handed on, what the store cannot compute is taken back
        except StoreValueError:
            if is_plain(remote.fragment):
                raise
            return self._unpushed(remote)
        except StoreRejected as problem:
            self._advised(remote, problem)
            raise
        return made

    def _install(self, remote: RemoteFragment, arrival: Delivery | Unpushed) -> None:
        self._arrivals[remote.name] = arrival
        try:
            if isinstance(arrival, Unpushed):
                arrival.install(self._cursor)
            elif passes(self._plan):
                self.passed = arrival.reader()
            else:
                arrival.install(self._cursor, streamed=self._plan.streamed)
        except duckdb.Error:
            if not self.take_back():
                raise

    def _unpushed(self, remote: RemoteFragment) -> Unpushed:
        """The tables of a fragment, one after the other, as its store's snapshot has them."""
        tables: dict[str, Delivery] = {}
        for number, (table, fragment) in enumerate(tables_of(remote.fragment, sql.to_duckdb).items()):
            tables[table] = self._open(remote, f"{remote.name}_{number}", fragment)
            tables[table].buffer(self._buffer_bytes)
        text = text_over(remote.fragment, {table: made.name for table, made in tables.items()}, sql.to_duckdb)
        return Unpushed(remote.name, remote.fragment.columns, text, tuple(tables.values()))

    def _open(self, remote: RemoteFragment, name: str, fragment: Fragment, hints: Hints = NO_HINTS) -> Delivery:
        self._call.check()
        store = self._stores[remote.origin.store]
        with naming(self._plan, remote.origin.store, remote.name):
            stream = store.connector.open(fragment, store.snapshot, hints, self._call)
        self._held.callback(stream.close)
        self._held.enter_context(self._call.on_cancel(stream.close))
        product = products(self._plan, remote.origin.store, remote.name)
        border = checked(stream, fragment.schema, self._call, store=remote.origin.store, product=product)
        return Delivery(name, fragment.columns, border, Moved(name, snapshot=store.snapshot.version))

    def _advised(self, remote: RemoteFragment, problem: HeadgateError) -> HeadgateError:
        """A store that refuses what was pushed to it may still deliver its tables."""
        if isinstance(problem, StoreRejected) and not is_plain(remote.fragment):
            problem.hint = f"Ask with pushdown off, and report the query {self._call.id}."
        return problem
