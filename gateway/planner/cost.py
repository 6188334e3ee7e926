"""What a plan is expected to cost, which of several pays most, and what is streamed instead of buffered.

All figures are rough and in milliseconds. They come from stores that ran nothing, so a plan that pushes everything is
only given up for one that looks much cheaper.
"""

from collections.abc import Sequence

from sqlglot import exp

from connectors.spi import Column
from connectors.types import Family
from gateway.planner.plan import InPlaceScan, Plan, RemoteFragment

# Measured over a loopback with ADBC: a table of 16 columns takes 1.2 s per million rows, a numeric one twice another.
_CELL = 0.000_05
_CELL_AS_TEXT = 0.000_1
_BYTE = 0.000_001
_ROW_IN_DUCKDB = 0.000_05
_AS_TEXT = frozenset({Family.DECIMAL, Family.UUID})
_KEYED = 0.1
"""The share of a fragment that is thought to be left once keys restrict it: they are sent only when they are few."""
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
        total += remote.estimate.milliseconds * _share(plan, remote)
        total += rows * (_row(remote.fragment.columns) + _ROW_IN_DUCKDB) + size * _BYTE
    return total


def moves(plan: Plan, remote: RemoteFragment) -> tuple[int, int]:
    """Rows and bytes that a fragment of a plan is expected to move; nothing where its store gave no estimate."""
    if remote.estimate is None:
        return 0, 0
    share = _share(plan, remote)
    return int(remote.estimate.rows * share), int(remote.estimate.bytes * share)


def _share(plan: Plan, remote: RemoteFragment) -> float:
    return _KEYED if any(keys.into == remote.name for keys in plan.keys) else 1.0


def choose(prices: Sequence[float | None]) -> int:
    """Which of several plans to run, by their prices. The first stands unless another is much cheaper."""
    first, *others = prices
    known = [(price, number) for number, price in enumerate(others, start=1) if price is not None]
    if first is None or first < WORTH_CHOOSING or not known:
        return 0
    cheapest, number = min(known)
    return number if cheapest < first * _MUCH_CHEAPER else 0


def _row(columns: Sequence[Column]) -> float:
    return sum(_CELL_AS_TEXT if column.family in _AS_TEXT else _CELL for column in columns)


def streams(residual: exp.Query, fragments: Sequence[RemoteFragment], scans: Sequence[InPlaceScan]) -> bool:
    """Whether the one fragment can flow through DuckDB without being kept.

    A stream can be read once, and DuckDB guesses its size as one row: it must be alone, in a query that cannot read
    it twice and has no join to put it on the wrong side of.
    """
    if len(fragments) != 1 or scans or not isinstance(residual, exp.Select):
        return False
    tables = list(residual.find_all(exp.Table))
    return len(tables) == 1 and len(list(residual.find_all(exp.Query))) == 1 and not residual.args.get("joins")
