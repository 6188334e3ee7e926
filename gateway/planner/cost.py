"""What a plan is expected to cost, which of several pays most, and what is streamed instead of buffered.

All figures are rough and in milliseconds. They come from stores that ran nothing, so a plan that pushes everything is
only given up for one that looks much cheaper.
"""

from collections.abc import Sequence

from sqlglot import exp

from gateway.planner.plan import InPlaceScan, Plan, RemoteFragment

_BYTE = 0.000_000_3
_ROW_IN_DUCKDB = 0.000_03
_KEYED = 0.1
"""The share of a fragment that is thought to be left once keys restrict it: they are sent only when they are few."""
_KEYED_TIME = 0.4
"""The share of its time: without an index a store reads as much as before, and only hands over less."""
_MUCH_CHEAPER = 0.7
WORTH_CHOOSING = 100.0
"""Milliseconds below which no other plan is looked for: making it would cost more than it could save."""


def price(plan: Plan) -> float | None:
    """What the fragments of a plan cost to compute, to move and to read; None while any of them has no estimate.

    In-place scans are left out: they are the same however much is pushed elsewhere.
    """
    total = 0.0
    for remote in plan.fragments:
        if remote.estimate is None or remote.estimate.milliseconds is None:
            return None
        rows, size = moves(plan, remote)
        total += remote.estimate.milliseconds * (_KEYED_TIME if _is_narrowed(plan, remote) else 1.0)
        total += rows * _ROW_IN_DUCKDB + size * _BYTE
    return total


def moves(plan: Plan, remote: RemoteFragment) -> tuple[int, int]:
    """Rows and bytes that a fragment of a plan is expected to move; nothing where its store gave no estimate."""
    if remote.estimate is None:
        return 0, 0
    share = _KEYED if any(keys.into == remote.name for keys in plan.keys) else 1.0
    return int(remote.estimate.rows * share), int(remote.estimate.bytes * share)


def _is_narrowed(plan: Plan, remote: RemoteFragment) -> bool:
    """Whether keys are likely to save time: those of a column without any condition are often all that there are."""
    return any(keys.into == remote.name and keys.narrowed for keys in plan.keys)


def choose(prices: Sequence[float | None]) -> int:
    """Which of several plans to run, by their prices. The first stands unless another is much cheaper."""
    first, *others = prices
    known = [(price, number) for number, price in enumerate(others, start=1) if price is not None]
    if first is None or first < WORTH_CHOOSING or not known:
        return 0
    cheapest, number = min(known)
    return number if cheapest < first * _MUCH_CHEAPER else 0


def streams(residual: exp.Query, fragments: Sequence[RemoteFragment], scans: Sequence[InPlaceScan]) -> bool:
    """Whether the one fragment can flow through DuckDB without being kept.

    A stream can be read once, and DuckDB guesses its size as one row: it must be alone, in a query that cannot read
    it twice and has no join to put it on the wrong side of.
    """
    if len(fragments) != 1 or scans or not isinstance(residual, exp.Select):
        return False
    queries = list(residual.find_all(exp.Query))
    in_a_line = all(node is residual or isinstance(node.parent, (exp.From, exp.Subquery)) for node in queries)
    return len(list(residual.find_all(exp.Table))) == 1 and in_a_line and residual.find(exp.Join) is None
