"""A query whose parameters are not known yet: typed NULLs stand in, so that its columns can be told already."""

from collections.abc import Sequence

from sqlglot import exp

from gateway.sql.binding import number


def stand_in(query: exp.Query, types: Sequence[str]) -> exp.Query:
    """A copy of ``query`` with ``CAST(NULL AS type)`` for each placeholder; ``types`` are in order."""
    copy = query.copy()
    for node in list(copy.find_all(exp.Placeholder)):
        node.replace(exp.cast(exp.Null(), types[number(node) - 1], dialect="duckdb"))
    return copy
