"""Which of the possible keys are worth sending, judged by sizes that stores tell without running anything."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from sqlglot import exp

from connectors.spi import Column, Estimate, Fragment
from gateway.planner.draft import Print
from gateway.planner.keys import candidates
from gateway.planner.leaves import Leaves
from gateway.planner.plan import Keys, Plan

Expect = Callable[[str, Fragment], Estimate | None]

SMALL = 50_000
"""Rows below which a table is brought whole: asking its store how large a part of it is would cost more."""
_MOST_KEYS = 100_000
_READ_FOR_ONE = 8
"""Rows that DuckDB reads of a file in the time in which a store delivers one: 10 to 20 ns each, beside 150 or more."""


def with_keys(made: Plan, residual: exp.Query, leaves: Leaves, expect: Expect, printed: Print) -> Plan:
    """The plan with the keys that are worth sending, and with the estimates that this was judged by."""
    rows = _rows(leaves)
    large = {name for name in leaves.fragments if _is_large(rows[name])}
    relations: dict[str, tuple[Column, ...]] = {remote.name: remote.fragment.columns for remote in made.fragments}
    relations |= {scan.name: scan.table.columns for scan in made.scans}
    if len(relations) < 2 or not large:
        return made
    scans = {scan.name: not _is_large(rows[scan.name]) for scan in made.scans}
    possible = list(candidates(residual, relations, large, scans, printed))
    if not possible:
        return made
    named = {keys.into for keys in possible} | {keys.source for keys in possible}
    fragments = tuple(
        replace(remote, estimate=expect(remote.origin.store, remote.fragment)) if remote.name in named else remote
        for remote in made.fragments
    )
    for remote in fragments:
        if remote.estimate:
            rows[remote.name] = remote.estimate.rows
        elif remote.name in large:
            rows[remote.name] = None
    return replace(made, fragments=fragments, keys=chosen(possible, rows, scans.keys(), _unique(leaves)))


def chosen(
    possible: list[Keys],
    rows: Mapping[str, int | None],
    scans: Collection[str],
    unique: Collection[tuple[str, str]] = (),
) -> tuple[Keys, ...]:
    """For each column the keys of the smallest source, where they are few beside the rows that they restrict.

    ``rows`` has the estimated rows of each relation, None where nobody knows; ``unique`` are the columns of relations
    that have as many keys as rows. Keys always go from a smaller to a larger fragment, so they never run in a circle.
    """
    best = _best(possible, rows, scans, unique)
    restricted = {keys.into for source, keys in best.values() if keys.narrowed and source < SMALL}
    # What few keys restrict gives few keys itself.
    hopeful = [replace(keys, narrowed=keys.narrowed or keys.source in restricted) for keys in possible]
    best = _best(hopeful, rows, scans, unique)
    at_hand = restricted | {keys.into for _, keys in best.values() if keys.source in restricted}
    # A large source is read in the hope of few keys: not where a small one restricts the fragment already.
    return tuple(
        keys
        for source, keys in best.values()
        if source <= 2 * keys.limit or keys.source in restricted or keys.into not in at_hand
    )


def _best(
    possible: list[Keys], rows: Mapping[str, int | None], scans: Collection[str], unique: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, Keys]]:
    """For each column that may be restricted the rows of the smallest source, and its keys."""
    best: dict[tuple[str, str], tuple[int, Keys]] = {}
    for keys in possible:
        target, source = rows[keys.into], rows[keys.source]
        if target is None or source is None or target < SMALL:
            continue
        limit = min(_MOST_KEYS, target // 10)
        repeated = 1 if (keys.source, keys.key) in unique else 2
        most = _READ_FOR_ONE * target if keys.narrowed else repeated * limit
        if source > most or (keys.source not in scans and source > target // 2):
            continue
        known = best.get((keys.into, keys.column))
        if known is None or source < known[0]:
            best[keys.into, keys.column] = source, replace(keys, limit=limit)
    return best


def _unique(leaves: Leaves) -> set[tuple[str, str]]:
    """The key columns that fragments over one table give out as they are."""
    found: set[tuple[str, str]] = set()
    for name, (_, fragment) in leaves.fragments.items():
        if len(fragment.tables) == 1 and isinstance(fragment.query, exp.Select):
            key = [column.lower() for column in fragment.tables[0][1].key]
            outputs = zip(fragment.columns, fragment.query.expressions, strict=True)
            found |= {(name, made.name) for made, node in outputs if [_column(node)] == key}
    return found


def _column(node: exp.Expr) -> str:
    inner = node.unalias()
    return inner.name.lower() if isinstance(inner, exp.Column) else ""


def _is_large(rows: int | None) -> bool:
    return rows is None or rows >= SMALL


def _rows(leaves: Leaves) -> dict[str, int | None]:
    """Rows of each leaf, for a fragment those of its largest table, as the catalog has them."""
    known = {(place.dataset.store, place.dataset.table.name): place.dataset.rows for place in leaves.places.values()}
    found: dict[str, int | None] = {}
    for name, (origin, fragment) in leaves.fragments.items():
        sizes = [known[origin.store, table.name] for _, table in fragment.tables]
        found[name] = None if None in sizes else max(size for size in sizes if size is not None)
    return found | {scan.name: known[scan.origin.store, scan.table.name] for scan in leaves.scans.values()}
