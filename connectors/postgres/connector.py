"""The connector of one Postgres database: everything it computes is one text, opened as an Arrow stream."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

from connectors.call import Call
from connectors.errors import HeadgateError, StoreRejected
from connectors.postgres.claims import CAPABILITIES
from connectors.postgres.describe import described
from connectors.postgres.keys import restricted
from connectors.postgres.options import Options, read
from connectors.postgres.pool import Pool
from connectors.postgres.pricing import computing, handing_over
from connectors.postgres.session import Session
from connectors.postgres.snapshot import PostgresSnapshot
from connectors.render import render
from connectors.spi import (
    Capabilities,
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

T = TypeVar("T")
ESTIMATE_SECONDS = 2.0
_FEW_KEYS = 1_000
"""Keys of which Postgres tells at once how many rows they leave."""


class PostgresConnector:
    """See :class:`connectors.spi.Connector`. Connects on first use; thread-safe."""

    def __init__(self, name: str, options: Options) -> None:
        self._name = name
        # Connecting is given up a second after libpq should have done so itself.
        self._pool = Pool(name, options.uri(), options.max_connections, options.connect_timeout + 1.0)

    @property
    def name(self) -> str:
        """The store's name in the configuration."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What may be pushed."""
        return CAPABILITIES

    @property
    def pool(self) -> Pool:
        """The pool, for what operators want to know: ``in_use`` and ``abandoned``."""
        return self._pool

    def describe(self, table: Table, call: Call) -> Description:
        """Columns, key and rough rows out of ``pg_catalog``; raises :class:`TableUnknown` among others."""
        [told] = self.describe_many([table], call)
        if isinstance(told, HeadgateError):
            raise told
        return told

    def describe_many(self, tables: Sequence[Table], call: Call) -> list[Description | HeadgateError]:
        """See :class:`connectors.spi.DescribesMany`: three questions, however many tables there are."""
        names = [table.name for table in tables]
        answers = self._ask(call, lambda session: described(session, names))
        return [told if isinstance(told, Description) else self._pool.told(told) for told in answers]

    @contextmanager
    def snapshot(self, tables: Sequence[Table], call: Call) -> Iterator[Snapshot]:
        """One REPEATABLE READ READ ONLY transaction of the whole database, shared by all that is opened under it.

        ``tables`` cannot be truncated or rewritten meanwhile: that would not respect the snapshot.
        """
        try:
            snapshot = PostgresSnapshot(self._pool, tables, call)
        except ValueError as problem:
            raise self._pool.told(problem) from problem
        try:
            yield snapshot
        finally:
            snapshot.end()

    def estimate(self, fragment: Fragment) -> Estimate | None:
        """What the server's planner expects, asked within two seconds; None when it does not say."""
        try:
            query = f"EXPLAIN (FORMAT JSON) {self.render(fragment)}"
            found = self._ask(Call(timeout=ESTIMATE_SECONDS), lambda session: session.rows(query, copy=False))
            plan = json.loads(found[0][0])[0]["Plan"]
            rows = int(plan["Plan Rows"])
            spent = computing(plan) + handing_over(fragment, rows)
            return Estimate(rows, rows * int(plan["Plan Width"]), "postgres planner", spent)
        except (HeadgateError, LookupError, ValueError):
            return None

    def open(self, fragment: Fragment, snapshot: Snapshot, hints: Hints, call: Call) -> Stream:
        """Start the fragment's query under the snapshot; what it raises while reading comes out of the stream."""
        if not isinstance(snapshot, PostgresSnapshot):
            raise TypeError("a snapshot of another connector")
        query = self.render(fragment)
        few = all(len(keys) <= _FEW_KEYS for keys in hints.keys.values())
        return snapshot.open(restricted(query, fragment, hints.keys), call, few=few)

    def scan(self, table: Table, snapshot: Snapshot) -> Scan:  # noqa: ARG002
        """Never called: Postgres is not read in place."""
        raise StoreRejected("A Postgres table is not read in place.", store=self._name)

    def render(self, fragment: Fragment) -> str:
        """The Postgres text. Raises :class:`StoreRejected` for what is outside the whitelist."""
        try:
            return _rendered(fragment)
        except ValueError as problem:
            raise StoreRejected(f"The connector does not write this query: {problem}.", store=self._name) from problem

    def close(self) -> None:
        """Disconnect."""
        self._pool.close()

    def _ask(self, call: Call, work: Callable[[Session], T]) -> T:
        session = self._pool.begin(call)
        try:
            answer = self._pool.run(session, call, lambda: work(session))
        except BaseException as problem:
            self._pool.drop()
            raise self._pool.told(problem) from problem
        self._pool.release(session)
        return answer


@lru_cache(maxsize=256)
def _rendered(fragment: Fragment) -> str:
    """Written when the plan was made, and wanted again each time that the plan is run."""
    return render(fragment)


def connect(name: str, options: Mapping[str, object], surroundings: Surroundings) -> PostgresConnector:  # noqa: ARG001
    """Make the connector of the store ``name``; see :class:`connectors.postgres.options.Options` for the keys."""
    return PostgresConnector(name, read(name, options))
