"""How cost grows with size: what one more costs, and the power of the size that cost grows with."""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.results import Case


@dataclass(frozen=True)
class Series:
    """One piece of work at growing sizes. Costs are told for ``per`` of a size's ``unit``: 1 "store", 1e6 "rows"."""

    told: str
    unit: str
    cases: Mapping[int, Case]
    per: float = 1.0


def steps(sizes: Sequence[float], costs: Sequence[float]) -> list[float]:
    """What one more costs between each size and the next. Growing steps are a cost that grows faster than the size."""
    pairs = itertools.pairwise(zip(sizes, costs, strict=True))
    return [(costly - cost) / (larger - size) for (size, cost), (larger, costly) in pairs]


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power of the size that fits the costs best: 0 is no growth, 1 is in proportion, 2 is with the square."""
    across, up = ([math.log(value) for value in values] for values in (sizes, costs))
    return statistics.linear_regression(across, up).slope


def line(series: Series) -> str:
    """What there is to say of a series, system by system; those without a value at every size are left out."""
    sizes = list(series.cases)
    told = [
        f"{name} {_growth(sizes, costs, series)}"
        for name in dict.fromkeys(name for case in series.cases.values() for name in case.figures)
        if (costs := _costs(series, name))
    ]
    return f"{series.told}: {'; '.join(told) or 'not measured'}."


def _growth(sizes: Sequence[int], costs: Sequence[float], series: Series) -> str:
    unit = next(iter(series.cases.values())).unit
    each = ", then ".join(_short(step * series.per) for step in steps(sizes, costs))
    per = series.unit if series.per == 1 else f"{series.per:,.0f} {series.unit}"
    return f"{each} {unit} per {per}, exponent {exponent(sizes, costs):.2f}"


def _costs(series: Series, name: str) -> list[float]:
    figures = [case.figures.get(name) for case in series.cases.values()]
    counted = [statistics.median(one.values) for one in figures if one and one.values and not one.flaw]
    return counted if len(counted) == len(figures) and min(counted) > 0 else []


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
