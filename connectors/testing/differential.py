"""One claim at a time: the store's rows for each of its fragments against DuckDB's."""

from collections import Counter

from connectors.call import Call
from connectors.errors import HeadgateError, StoreValueError
from connectors.spi import Claim, Fidelity, Fragment
from connectors.testing.bench import TIMEOUT, Bench, Side
from connectors.testing.cases import Case, cases
from connectors.testing.oracle import DuckDBFailed, Rows

_REFUSED = "refused"


def breach(bench: Bench, claim: Claim) -> str:
    """How the store breaks a claim, with the first fragments that show it; empty when the claim is kept.

    A store may raise :class:`StoreValueError` for single fragments, which are then computed by DuckDB; it may not
    answer where DuckDB raises.
    """
    sides = [(case, bench.side(case)) for case in cases(claim, bench.connector.capabilities)]
    outcomes = [_outcome(bench, claim, case, side) for case, side in sides if side is not None]
    if not outcomes:
        return "Nothing can show this claim, so drop it: no fragment has such a column, or constants of such a type."
    wrong = [outcome for outcome in outcomes if outcome not in ("", _REFUSED)]
    if wrong:
        return "\n".join([f"{len(wrong)} of {len(outcomes)} fragments differ from DuckDB, the first:", *wrong[:5]])
    return "" if "" in outcomes else "Every fragment was refused."


def _outcome(bench: Bench, claim: Claim, case: Case, side: Side) -> str:
    """Empty when the store is right, ``refused`` when it met a value it cannot compute with, or the difference."""
    made = bench.fragment(case.sql, side)
    told = f"{case.sql}  -- a {case.types[0]}, b {case.types[1]}:"
    try:
        expected = bench.oracle.answer(made)
    except DuckDBFailed as problem:
        return _also_fails(bench, made, side, f"{told} DuckDB raised {problem}")
    try:
        found = _found(bench, made, side)
    except StoreValueError:
        return _REFUSED
    except HeadgateError as problem:
        return f"{told} the store raised {problem}"
    difference = _difference(expected, found, claim.fidelity, ordered=case.ordered)
    return f"{told} {difference}" if difference else ""


def _found(bench: Bench, made: Fragment, side: Side) -> Rows:
    call = Call(timeout=TIMEOUT)
    with bench.connector.snapshot([side.table], call) as snapshot:
        return bench.computed(made, snapshot, call)


def _also_fails(bench: Bench, made: Fragment, side: Side, told: str) -> str:
    try:
        _found(bench, made, side)
    except HeadgateError:
        return ""
    return f"{told}, the store answered"


def _difference(expected: Rows, found: Rows, fidelity: Fidelity, *, ordered: bool) -> str:
    missing, surplus = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    if missing or (surplus and fidelity is Fidelity.EXACT):
        return f"missing {list(missing)[:3]}, surplus {list(surplus)[:3]}"
    if ordered and expected != found:
        return f"another order: expected {expected[:5]}, found {found[:5]}"
    return ""
