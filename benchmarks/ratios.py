"""Ratios between systems: of the rounds of one case pair by pair, and over cases by the geometric mean."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.results import Case, Figure, Scenario

OURS = "gateway"


@dataclass(frozen=True)
class Ratio:
    """How many times better the first system is than the second: 2.0 is twice as fast, 0.5 half as fast."""

    median: float
    least: float
    most: float


def pairwise(ours: Sequence[float], theirs: Sequence[float], *, more: bool = False) -> Ratio | None:
    """The ratio of each round with the other system's same round; None when there is no round that both have.

    ``more`` says that of the unit more is better.
    """
    pairs = [(first, second) for first, second in zip(ours, theirs, strict=False) if first > 0 and second > 0]
    if not pairs:
        return None
    each = [first / second if more else second / first for first, second in pairs]
    return Ratio(statistics.median(each), min(each), max(each))


def against(case: Case, rival: str, ours: str = OURS) -> Ratio | None:
    """How a case's systems compare; None unless the values of both count."""
    first, second = (case.figures.get(name, Figure()) for name in (ours, rival))
    if first.flaw or second.flaw:
        return None
    return pairwise(first.values, second.values, more=case.more)


def cold(case: Case, rival: str, ours: str = OURS) -> Ratio | None:
    """The same for the first time in a fresh process."""
    first, second = (case.figures.get(name, Figure()) for name in (ours, rival))
    if first.flaw or second.flaw or first.cold is None or second.cold is None:
        return None
    return pairwise([first.cold], [second.cold], more=case.more)


def geometric_mean(values: Iterable[float]) -> float | None:
    """The mean that treats twice and half alike; None of nothing. Values are positive."""
    logarithms = [math.log(value) for value in values]
    return math.exp(statistics.fmean(logarithms)) if logarithms else None


def overall(scenario: Scenario, rival: str) -> float | None:
    """The geometric mean of the median ratios over all cases that both systems have."""
    return geometric_mean(ratio.median for case in scenario.cases if (ratio := against(case, rival)))


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed, by the nearest rank."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]
