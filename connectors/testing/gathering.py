"""Aggregates over all rows and by group, with FILTER and ORDER BY, and over windows."""

from collections.abc import Iterator

from connectors.spi import Capabilities, Clause, Fidelity
from connectors.testing.case import ROWS, Case
from connectors.types import Family, family

AGGREGATES = {
    "COUNT": "COUNT({0})",
    "COUNT DISTINCT": "COUNT(DISTINCT {0})",
    "SUM": "SUM({0})",
    "MIN": "MIN({0})",
    "MAX": "MAX({0})",
    "AVG": "AVG({0})",
    "BOOL_AND": "BOOL_AND({0})",
    "BOOL_OR": "BOOL_OR({0})",
    "BIT_AND": "BIT_AND({0})",
    "BIT_OR": "BIT_OR({0})",
    "BIT_XOR": "BIT_XOR({0})",
    "COUNT_IF": "COUNT_IF({0})",
    "SUM DISTINCT": "SUM(DISTINCT {0})",
    "STRING_AGG": "STRING_AGG({0} ORDER BY t.id)",
    "ARRAY_AGG": "ARRAY_AGG({0} ORDER BY t.id DESC)",
}
# Over windows these have no meaning that every store knows.
_GROUPED_ONLY = frozenset({"COUNT DISTINCT", "SUM DISTINCT", "STRING_AGG", "ARRAY_AGG"})


def gathered(operator: str, types: tuple[str, str], capabilities: Capabilities) -> Iterator[Case]:
    """One aggregate over a column, and over a column of nothing but NULLs."""
    one, nothing = (AGGREGATES[operator].format(column) for column in ("t.a", "t.n"))
    called = f"{one} AS v, {nothing} AS w{', COUNT(*) AS x' if operator == 'COUNT' else ''}"
    clauses = capabilities.clauses
    if Clause.FILTER in clauses:
        called += f", {one} FILTER (WHERE t.g = 1) AS y, {one} FILTER (WHERE t.g > 9) AS z"
    yield Case(f"SELECT {called} {ROWS}", types)
    yield Case(f"SELECT {called} {ROWS} WHERE t.id < 0", types)
    if capabilities.fidelity("GROUP BY", Family.INTEGER) is Fidelity.EXACT:
        most = f" HAVING NOT ({nothing} IS NULL) OR {one} IS NULL OR t.g > 0" if Clause.HAVING in clauses else ""
        yield Case(f"SELECT t.g, {called} {ROWS} GROUP BY t.g{most}", types)
    if Clause.WINDOW in clauses and operator not in _GROUPED_ONLY:
        running = f"{one} OVER (PARTITION BY t.g ORDER BY t.id) AS v, {one} OVER () AS w"
        yield Case(f"SELECT t.id, {running} {ROWS}", types)
        if Clause.FILTER in clauses:
            some = f"{one} FILTER (WHERE t.g > 0) OVER (PARTITION BY t.g)"
            yield Case(f"SELECT t.id, {some} AS v {ROWS}", types)
    if operator in _COLLECTED:
        yield from collected(operator, types, capabilities)


def collected(operator: str, types: tuple[str, str], capabilities: Capabilities) -> Iterator[Case]:
    """What is put in a row: in every direction, by values of its own and others, and different ones once."""
    own = capabilities.fidelity("ORDER BY", family(types[0])) is Fidelity.EXACT
    calls = [call.format("t.a", order) for call in _COLLECTED[operator] for order in ("t.id", "t.g DESC, t.id DESC")]
    if own:
        calls += [call.format("t.a", "t.a NULLS FIRST, t.id") for call in _COLLECTED[operator]]
    if own and family(types[0]) not in (Family.REAL, Family.DOUBLE):
        calls += [call.format("t.a", "t.a DESC NULLS LAST") for call in _COLLECTED[operator]]
        calls += [call.format("DISTINCT t.a", "t.a DESC NULLS FIRST") for call in _COLLECTED[operator]]
    for call in calls:
        yield Case(f"SELECT {call} AS v {ROWS}", types)
        if capabilities.fidelity("GROUP BY", Family.INTEGER) is Fidelity.EXACT:
            yield Case(f"SELECT t.g, {call} AS v {ROWS} GROUP BY t.g", types)


_COLLECTED = {
    "STRING_AGG": ("STRING_AGG({0}, ', ' ORDER BY {1})", "STRING_AGG({0}, 'ä''%' ORDER BY {1})"),
    "ARRAY_AGG": ("ARRAY_AGG({0} ORDER BY {1})",),
}
