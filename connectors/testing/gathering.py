"""Aggregates over all rows and by group, with FILTER and over windows, and the functions of windows alone."""

from collections.abc import Iterator

from connectors.spi import Capabilities, Clause, Fidelity
from connectors.testing.case import ROWS, Case
from connectors.types import Family

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
}
NUMBERED = ("ROW_NUMBER", "RANK", "DENSE_RANK")


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
    if Clause.WINDOW in clauses and operator != "COUNT DISTINCT":
        running = f"{one} OVER (PARTITION BY t.g ORDER BY t.id) AS v, {one} OVER () AS w"
        some = f", {one} FILTER (WHERE t.g > 0) OVER (PARTITION BY t.g) AS x" if Clause.FILTER in clauses else ""
        yield Case(f"SELECT t.id, {running}{some} {ROWS}", types)


def numbered(operator: str, types: tuple[str, str]) -> Iterator[Case]:
    """A function over windows: within parts, in both directions, with ties where it may have them."""
    last = ", t.id" if operator == "ROW_NUMBER" else ""
    for order in ("ASC NULLS LAST", "DESC NULLS FIRST"):
        over = f"{operator}() OVER (PARTITION BY t.g ORDER BY t.a {order}{last})"
        yield Case(f"SELECT t.id, {over} AS v, {operator}() OVER (ORDER BY t.b {order}{last}) AS w {ROWS}", types)
