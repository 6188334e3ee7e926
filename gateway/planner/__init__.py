"""From a gated query to a plan. Pure: no I/O, no drivers; what must be asked of an engine is passed in.

The passes, in order::

    resolve    addresses → datasets                              (resolve.py)
    qualify    every column names its source, every source has a name of its own (qualify.py, aliases.py),
               and short clauses are written out              (expand.py)
    fold       constants are computed, once                      (fold.py)
    split      one store's exact parts → fragments, with reasons (split.py: alone, groups, topn, sets, mixed)
               what is exact is judged by claims and DuckDB's own types (judge/)
    protect    the finished plan is checked against what was resolved and granted (protect.py)
    cost       what is streamed and what is buffered             (cost.py)
               and whether less should be pushed after all       (choice.py: cost)
    keys       which leaf can tell another what to leave out      (shipping.py: keys, lineage)

Where a query cannot be analysed with certainty, and when pushdown is off, whole tables are delivered and DuckDB
runs the user's own query over them (whole.py): slower, and never wrong.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from sqlglot import exp

from connectors.errors import HeadgateError
from connectors.spi import Capabilities, Column, Fragment
from connectors.typed import Ask
from gateway.errors import UserError
from gateway.planner.aliases import make_unique
from gateway.planner.choice import cheapest
from gateway.planner.cost import streams
from gateway.planner.draft import Print
from gateway.planner.fold import Fold, fold_constants
from gateway.planner.greed import Greed
from gateway.planner.leaves import Leaves
from gateway.planner.names import Names
from gateway.planner.plan import InPlaceScan, Output, Plan, Reason, RemoteFragment
from gateway.planner.protect import verify
from gateway.planner.qualify import qualify
from gateway.planner.refusal import Refused
from gateway.planner.resolve import Resolved
from gateway.planner.shipping import Expect, with_keys
from gateway.planner.sources import Sources
from gateway.planner.split import split
from gateway.planner.whole import deliver_whole

Relations = Mapping[str, tuple[Column, ...]]


class Describe(Protocol):
    """DuckDB's word on what a text answers over relations of these columns; ``kept`` ones are asked about often."""

    def __call__(self, text: str, relations: Relations, *, kept: bool = False) -> tuple[Output, ...]:
        """Raises :class:`gateway.errors.SqlInvalid` when names or types do not fit."""


@dataclass(frozen=True)
class Stores:
    """What the planner knows of the stores: their claims, how each writes a fragment, and what it expects of one."""

    capabilities: dict[str, Capabilities]
    render: Callable[[str, Fragment], str]
    estimate: Expect


@dataclass(frozen=True)
class Tools:
    """What is lent to the planner: the one printer, and DuckDB's own judgement of names, types and relations."""

    printed: Print
    describe: Describe
    admit: Callable[[str, Collection[str]], None]
    type_of: Ask
    fold: Fold


UNSOUND = "the pushed form does not stand up to DuckDB's own check"
"""A reason that no plan should ever show: less is pushed then, and a test looks for it."""
UNWRITTEN = "the connector does not write what it claims"
"""Another one."""


def plan(resolved: Resolved, stores: Stores, tools: Tools, *, pushdown: bool) -> Plan:
    """Plan a resolved query. Raises :class:`gateway.errors.SqlInvalid` when DuckDB rejects its names or types."""
    text = tools.printed(resolved.query)
    tables = {name: place.dataset.table.columns for name, place in resolved.places.items()}
    outputs = tools.describe(text, tables, kept=True)
    if not pushdown:
        return _whole(resolved, stores, tools, outputs, Reason("everything", "pushdown is off"))
    less = partial(_checked, resolved, stores, tools, outputs)
    try:
        return _cheapest(less(Greed.EVERYTHING), resolved, stores, less)
    except Refused as why:
        reason = Reason("everything", str(why))
    try:
        made = less(Greed.FILTERS)
    except Refused:
        return _whole(resolved, stores, tools, outputs, reason)
    return replace(made, reasons=(reason, *made.reasons))


def _cheapest(made: Plan, resolved: Resolved, stores: Stores, less: Callable[[Greed], Plan]) -> Plan:
    rows = [place.dataset.rows for place in resolved.places.values()]
    grouped = resolved.query.find(exp.AggFunc, exp.Group) is not None
    return cheapest(made, rows, less, stores.estimate, grouped=grouped)


def _checked(resolved: Resolved, stores: Stores, tools: Tools, outputs: tuple[Output, ...], greed: Greed) -> Plan:
    made = _pushed(resolved, stores, tools, outputs, greed)
    _check_outputs(made, tools)
    return made


def _pushed(resolved: Resolved, stores: Stores, tools: Tools, outputs: tuple[Output, ...], greed: Greed) -> Plan:
    bound = qualify(resolved.query, resolved.places)
    selects = make_unique(bound)
    fold_constants(bound, tools.printed, tools.fold)
    root = exp.Subquery(this=bound)
    leaves = _leaves(bound, resolved, tools)
    sources = Sources(bound, selects, resolved.places, tools.type_of, tools.printed)
    split(bound, sources, leaves, stores.capabilities, greed)
    made = _finish(root.this, leaves, stores, tools, outputs)
    return with_keys(made, root.this, leaves, stores.estimate, tools.printed)


def relations(made: Plan) -> dict[str, tuple[Column, ...]]:
    """The relations that the residual of a plan reads, with their columns."""
    read = {remote.name: remote.fragment.columns for remote in made.fragments}
    return read | {scan.name: scan.table.columns for scan in made.scans}


def _leaves(query: exp.Query, resolved: Resolved, tools: Tools) -> Leaves:
    return Leaves(Names(query), resolved.places, tools.printed)


def _whole(resolved: Resolved, stores: Stores, tools: Tools, outputs: tuple[Output, ...], reason: Reason) -> Plan:
    query = resolved.query.copy()
    leaves = _leaves(query, resolved, tools)
    leaves.reasons.append(reason)
    deliver_whole(query, leaves, stores.capabilities)
    return _finish(query, leaves, stores, tools, outputs)


def _finish(residual: exp.Query, leaves: Leaves, stores: Stores, tools: Tools, outputs: tuple[Output, ...]) -> Plan:
    fragments = tuple(
        RemoteFragment(name, origin, fragment, _native(stores, origin.store, fragment))
        for name, (origin, fragment) in leaves.fragments.items()
    )
    scans: tuple[InPlaceScan, ...] = tuple(leaves.scans.values())
    made = Plan(
        fragments=fragments,
        scans=scans,
        residual=tools.printed(residual),
        outputs=outputs,
        reasons=tuple(leaves.reasons),
        streamed=streams(residual, fragments, scans),
    )
    verify(made, residual, leaves.places.values())
    tools.admit(made.residual, relations(made).keys())
    return made


def _native(stores: Stores, store: str, fragment: Fragment) -> str:
    try:
        return stores.render(store, fragment)
    except HeadgateError as problem:
        raise Refused(UNWRITTEN) from problem


def _check_outputs(made: Plan, tools: Tools) -> None:
    """DuckDB must see the same types in the residual as in the user's own query."""
    try:
        seen = tools.describe(made.residual, relations(made))
    except UserError as problem:
        raise Refused(UNSOUND) from problem
    if [output.type for output in seen] != [output.type for output in made.outputs]:
        raise Refused(UNSOUND)
