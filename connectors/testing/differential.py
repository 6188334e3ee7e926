"""One claim at a time: the store's rows for each of its fragments against DuckDB's."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing

from connectors.call import Call
from connectors.errors import HeadgateError, StoreValueError
from connectors.spi import Claim, Clause, Fidelity, Fragment, Snapshot
from connectors.testing.bench import TIMEOUT, Bench, Side
from connectors.testing.case import Case
from connectors.testing.cases import cases, clause_cases
from connectors.testing.oracle import DuckDBFailed, Rows
from connectors.types import Family, family

_REFUSED = "refused"


def breach(bench: Bench, claim: Claim) -> str:
    """How the store breaks a claim, with the first fragments that show it; empty when the claim is kept.

    A store may raise :class:`StoreValueError` for single fragments, which are then computed by DuckDB; it may not
    answer where DuckDB raises.
    """
    return _told(bench, cases(claim, bench.connector.capabilities), claim.fidelity)


def clause_breach(bench: Bench, clause: Clause, of: Family | None = None) -> str:
    """How the store breaks its promise to take over a clause; empty when it keeps it. See :func:`breach`.

    ``of`` is the one family to try it over.
    """
    given = clause_cases(clause, bench.connector.capabilities)
    chosen = (case for case in given if of is None or family(case.types[0]) is of)
    return _told(bench, chosen, Fidelity.EXACT)


def _told(bench: Bench, given: Iterable[Case], fidelity: Fidelity) -> str:
    with closing(_Asking(bench, fidelity)) as asking:
        outcomes = [outcome for case in given for outcome in asking.outcomes(case)]
    if not outcomes:
        return "Nothing can show this claim, so drop it: no fragment has such a column, or constants of such a type."
    wrong = [outcome for outcome in outcomes if outcome not in ("", _REFUSED)]
    if wrong:
        return "\n".join([f"{len(wrong)} of {len(outcomes)} fragments differ from DuckDB, the first:", *wrong[:5]])
    return "" if "" in outcomes else "Every fragment was refused."


class _Asking:
    """Asks the store and DuckDB the same, under one snapshot for as long as the table stays and nothing fails."""

    def __init__(self, bench: Bench, fidelity: Fidelity) -> None:
        self.bench = bench
        self.fidelity = fidelity
        self._held: tuple[Side, ExitStack, Snapshot, Call] | None = None

    def close(self) -> None:
        """Let go of the snapshot."""
        if self._held is not None:
            held, self._held = self._held, None
            held[1].close()

    def outcomes(self, case: Case) -> Iterator[str]:
        """The outcome of a case, or of each of its parts where the whole is not answered alike."""
        side = self.bench.side(case)
        if side is None:
            return
        outcome = self._outcome(case, side)
        if outcome == "" or not case.parts:
            yield outcome
            return
        apart = [self._outcome(part, side) for part in case.parts]
        yield from apart if any(apart) else [outcome]

    def _outcome(self, case: Case, side: Side) -> str:
        """Empty when the store is right, ``refused`` when it met a value it cannot compute with, or the difference."""
        told = f"{case.sql}  -- a {case.types[0]}, b {case.types[1]}:"
        try:
            made = self.bench.fragment(case.sql, side)
        except ValueError:
            return _REFUSED  # DuckDB has no such operation over this type of the family
        try:
            expected = self.bench.oracle.answer(made)
        except DuckDBFailed as problem:
            return self._also_fails(made, side, f"{told} DuckDB raised {problem}")
        try:
            found = self._found(made, side)
        except StoreValueError:
            return _REFUSED
        except HeadgateError as problem:
            return f"{told} the store raised {problem}"
        difference = _difference(expected, found, self.fidelity, ordered=case.ordered)
        return f"{told} {difference}" if difference else ""

    def _found(self, made: Fragment, side: Side) -> Rows:
        snapshot, call = self._snapshot(side)
        try:
            return self.bench.computed(made, snapshot, call)
        except HeadgateError:
            self.close()
            raise

    def _snapshot(self, side: Side) -> tuple[Snapshot, Call]:
        if self._held is None or self._held[0] is not side:
            self.close()
            stack, call = ExitStack(), Call(timeout=10 * TIMEOUT)
            self._held = side, stack, stack.enter_context(self.bench.connector.snapshot([side.table], call)), call
        return self._held[2], self._held[3]

    def _also_fails(self, made: Fragment, side: Side, told: str) -> str:
        try:
            self._found(made, side)
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
