"""What is streamed and what is buffered."""

from collections.abc import Sequence

from sqlglot import exp

from gateway.planner.plan import InPlaceScan, RemoteFragment


def streams(residual: exp.Query, fragments: Sequence[RemoteFragment], scans: Sequence[InPlaceScan]) -> bool:
    """Whether the one fragment can flow through DuckDB without being kept.

    A stream can be read once, and DuckDB guesses its size as one row: it must be alone, in a query that cannot read
    it twice and has no join to put it on the wrong side of.
    """
    if len(fragments) != 1 or scans or not isinstance(residual, exp.Select):
        return False
    tables = list(residual.find_all(exp.Table))
    return len(tables) == 1 and len(list(residual.find_all(exp.Query))) == 1 and not residual.args.get("joins")
