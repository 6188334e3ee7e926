"""The in-process door: prepare(sql, who) → Plan, run(plan, call) → Answer. Flight and the CLI both come in here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from connectors.call import Call
from gateway.catalog import Catalog
from gateway.planner.plan import Plan
from gateway.policy import Principal

Present = Callable[[str], str]
"""Maps a DuckDB type name of the answer to the type the client is to be given (itself where nothing changes)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a session may choose about a query."""

    pushdown: bool = True
    present: Present | None = None


class Answer(Protocol):
    """A running query's result. Pulled by one thread; :meth:`close` may come from any."""

    @property
    def schema(self) -> pa.Schema:
        """The schema of every batch; equal to the plan's."""

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches; raises a :class:`connectors.errors.HeadgateError` when anything failed."""

    def close(self) -> None:
        """Stop the engine and every store, and free what they hold. Idempotent."""


class Service(Protocol):
    """What a transport needs of the gateway."""

    @property
    def catalog(self) -> Catalog:
        """The catalog in force now."""

    def prepare(
        self, sql: str, who: Principal, *, parameters: Sequence[Any] | None = None, options: Options = Options()
    ) -> Plan:
        """Plan a statement without running any of it.

        ``parameters`` are Python values for ``?``, ``$1`` …; None means not bound yet: the plan is then good for
        its ``schema`` and its ``parameters`` (DuckDB type names in order), not for running.
        """

    def run(self, plan: Plan, call: Call) -> Answer:
        """Start a plan under a call (its deadline and cancellation hold for everything done for it)."""
