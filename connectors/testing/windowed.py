"""Functions that stand over windows alone, and the frames that these and aggregates see."""

from collections.abc import Iterator

from connectors.spi import Capabilities, Clause, Fidelity
from connectors.testing.awkward import constants
from connectors.testing.case import ROWS, Case
from connectors.types import Family, family

WINDOWED = {
    "ROW_NUMBER": ("ROW_NUMBER()",),
    "RANK": ("RANK()",),
    "DENSE_RANK": ("DENSE_RANK()",),
    "PERCENT_RANK": ("PERCENT_RANK()",),
    "CUME_DIST": ("CUME_DIST()",),
    "NTILE": ("NTILE(1)", "NTILE(3)", "NTILE(7)", "NTILE(100000)"),
    "LAG": ("LAG({0})", "LAG({0}, 0)", "LAG({0}, 3)", "LAG({0}, 1, NULL)", "LAG({0}, 999999)"),
    "LEAD": ("LEAD({0})", "LEAD({0}, 0)", "LEAD({0}, 3)", "LEAD({0}, 1, NULL)", "LEAD({0}, 999999)"),
    "FIRST_VALUE": ("FIRST_VALUE({0})",),
    "LAST_VALUE": ("LAST_VALUE({0})",),
    "NTH_VALUE": ("NTH_VALUE({0}, 1)", "NTH_VALUE({0}, 2)", "NTH_VALUE({0}, 7)"),
}
_TIED = frozenset({"RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST"})
_CHOOSING = frozenset({"FIRST_VALUE", "LAST_VALUE", "NTH_VALUE"})
# Of these it matters which of equal rows is which, so their order is always total.
OF_ROWS = (
    "ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
    "ROWS BETWEEN 3 FOLLOWING AND 5 FOLLOWING",
    "ROWS BETWEEN 3 FOLLOWING AND 2 FOLLOWING",
    "ROWS BETWEEN 0 PRECEDING AND CURRENT ROW",
    "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW",
    "ROWS BETWEEN 999999 PRECEDING AND 2 FOLLOWING EXCLUDE TIES",
    "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP",
)
OF_PEERS = (
    "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP",
    "RANGE BETWEEN CURRENT ROW AND CURRENT ROW",
    "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW",
    "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW",
    "GROUPS BETWEEN 2 FOLLOWING AND UNBOUNDED FOLLOWING",
    "GROUPS BETWEEN UNBOUNDED PRECEDING AND 0 FOLLOWING EXCLUDE TIES",
)
_WAYS = ("ASC NULLS LAST", "DESC NULLS FIRST", "DESC NULLS LAST")


def windowed(operator: str, types: tuple[str, str], capabilities: Capabilities) -> Iterator[Case]:
    """One function: within parts, in every direction, with ties where it may have them, over frames where it sees them.

    One fragment for each call, because a call that DuckDB does not have is passed over.
    """
    by = "t.a" if capabilities.fidelity("ORDER BY", family(types[0])) is Fidelity.EXACT else "t.g"
    last = "" if operator in _TIED else ", t.id"
    for call in _calls(operator, types):
        for way in _WAYS:
            over = f"{call.format('t.a')} OVER (PARTITION BY t.g ORDER BY {by} {way}{last})"
            whole = f"{call.format('t.n')} OVER (ORDER BY {by} {way}, t.id DESC)"
            yield Case(f"SELECT t.id, {over} AS v, {whole} AS w {ROWS}", types)
    yield from _framed(operator, types, by, last)
    if operator in _CHOOSING and by == "t.a" and family(types[0]) not in (Family.REAL, Family.DOUBLE):
        yield from (_of_peers(call, types) for call in WINDOWED[operator])


def _calls(operator: str, types: tuple[str, str]) -> Iterator[str]:
    yield from WINDOWED[operator]
    if operator in ("LAG", "LEAD"):
        yield f"{operator}({{0}}, 2, t.b)"
        yield from (f"{operator}({{0}}, 2, {value})" for value in constants(types[0])[1:3])


def _framed(operator: str, types: tuple[str, str], by: str, last: str) -> Iterator[Case]:
    """Over every frame; those that see no frames are none the wiser."""
    call = WINDOWED[operator][-1].format("t.a")
    for frame in (*OF_ROWS, *OF_PEERS):
        over = f"{call} OVER (PARTITION BY t.g ORDER BY {by} DESC NULLS LAST{last} {frame})"
        yield Case(f"SELECT t.id, {over} AS v {ROWS}", types)


def _of_peers(call: str, types: tuple[str, str]) -> Case:
    """Equal rows give out the same value, whichever of them is taken."""
    overs = (f"{call.format('t.a')} OVER (ORDER BY t.a ASC NULLS FIRST {frame})" for frame in OF_PEERS)
    outputs = ", ".join(f"{over} AS v{number}" for number, over in enumerate(overs))
    return Case(f"SELECT t.id, {outputs} {ROWS}", types)


def frames(capabilities: Capabilities, of: Family) -> Iterator[str]:
    """Aggregates over every frame, in an order that is total for those that are counted in rows."""
    exact = [name for name in ("COUNT", "SUM", "MAX") if capabilities.fidelity(name, Family.INTEGER) is Fidelity.EXACT]
    calls = [f"{name}(t.id)" for name in exact] + ["COUNT(*)", "COUNT(t.b)"]
    if Clause.FILTER in capabilities.clauses:
        calls.append("COUNT(*) FILTER (WHERE t.g = 1)")
    by = "t.a DESC NULLS LAST" if capabilities.fidelity("ORDER BY", of) is Fidelity.EXACT else "t.g NULLS FIRST"
    for frame in OF_ROWS:
        yield f"SELECT t.id, {_overs(calls, f'PARTITION BY t.g ORDER BY {by}, t.id {frame}')} {ROWS}"
    for frame in OF_PEERS:
        yield f"SELECT t.id, {_overs(calls, f'PARTITION BY t.g ORDER BY {by} {frame}')} {ROWS}"
    unordered = "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW"
    yield f"SELECT t.id, {_overs(calls, unordered)} {ROWS}"


def _overs(calls: list[str], window: str) -> str:
    return ", ".join(f"{call} OVER ({window}) AS v{number}" for number, call in enumerate(calls))
