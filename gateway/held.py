"""What one plan reads under: a snapshot of each of its stores, and errors that name the products read there."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from connectors.call import Call
from connectors.errors import HeadgateError
from connectors.spi import Connector, Snapshot, Table
from gateway.planner.plan import Plan


@dataclass(frozen=True)
class Held:
    """A store, and the version of its tables that the plan reads."""

    connector: Connector
    snapshot: Snapshot


def hold(plans: Sequence[Plan], connectors: Mapping[str, Connector], call: Call, held: ExitStack) -> dict[str, Held]:
    """One snapshot per store, of all that the plans read there, let go of when ``held`` is left.

    Several stores are asked side by side. Where one fails the call is cancelled, so that nobody waits for the others.
    """
    wanted = _tables(plans)

    def take(store: str) -> Held:
        try:
            with naming(plans[-1], store), ExitStack() as own:
                taken = connectors[store].snapshot(tuple(wanted[store].values()), call)
                made = Held(connectors[store], own.enter_context(taken))
                held.push(own.pop_all())
                return made
        except HeadgateError as problem:
            call.cancel(problem)
            raise

    if len(wanted) < 2:
        return {store: take(store) for store in wanted}
    with ThreadPoolExecutor(len(wanted), "headgate-hold") as pool:
        asked = {store: pool.submit(take, store) for store in wanted}
    call.check()
    return {store: future.result() for store, future in asked.items()}


def _tables(plans: Sequence[Plan]) -> dict[str, dict[str, Table]]:
    """By store and name, every table that the plans read."""
    tables: dict[str, dict[str, Table]] = {}
    for remote in (remote for plan in plans for remote in plan.fragments):
        of_store = tables.setdefault(remote.origin.store, {})
        of_store.update((table.name, table) for _, table in remote.fragment.tables)
    for scan in (scan for plan in plans for scan in plan.scans):
        tables.setdefault(scan.origin.store, {})[scan.table.name] = scan.table
    return tables


def products(plan: Plan, store: str, leaf: str = "") -> str:
    """The products that a plan reads in a store, or in one of its leaves there, as an error names them."""
    origins = {made.name: made.origin for made in plan.fragments} | {made.name: made.origin for made in plan.scans}
    named = [origin for name, origin in origins.items() if origin.store == store and leaf in ("", name)]
    return ", ".join(dict.fromkeys(product for origin in named for product in origin.products))


@contextlib.contextmanager
def naming(plan: Plan, store: str, leaf: str = "") -> Iterator[None]:
    """Complete a connector's error with the product that the gateway knows and the connector does not."""
    try:
        yield
    except HeadgateError as problem:
        problem.about(product=products(plan, store, leaf), store=store)
        raise
