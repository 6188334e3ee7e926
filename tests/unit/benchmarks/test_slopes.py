"""What one more costs, and the power that cost grows with."""

import pytest

from benchmarks.results import Case, Figure
from benchmarks.slopes import Series, exponent, line, steps


def series(costs: dict[int, dict[str, Figure]], unit: str = "ms", **options: float) -> Series:
    return Series(
        "a join", "store", {size: Case(f"{size}", unit, figures=one) for size, one in costs.items()}, **options
    )


@pytest.mark.parametrize(
    ("cost", "power"),
    [(lambda size: 5.0, 0), (lambda size: 3.0 * size, 1), (lambda size: 2.0 * size**2, 2), (lambda size: 1 / size, -1)],
)
def test_the_exponent_is_the_power_that_the_cost_has(cost, power: int):
    sizes = [1, 4, 16]
    assert exponent(sizes, [cost(size) for size in sizes]) == pytest.approx(power)


def test_steps_are_what_one_more_costs():
    assert steps([1, 4, 16], [10, 16, 40]) == [2, 2]
    assert steps([1, 3], [5, 5]) == [0]


def test_a_start_that_costs_something_shows_in_the_exponent_and_not_in_the_steps():
    told = line(
        series({1: {"gateway": Figure([12.0])}, 4: {"gateway": Figure([18.0])}, 16: {"gateway": Figure([42.0])}})
    )
    assert told == "a join: gateway 2, then 2 ms per store, exponent 0.45."


def test_costs_are_told_for_so_many_of_a_unit_and_for_every_system():
    costs = {size: {"gateway": Figure([size / 1e3]), "trino": Figure([size / 500])} for size in (1_000, 2_000, 4_000)}
    told = line(Series("every row", "rows", {size: Case("", figures=one) for size, one in costs.items()}, 1e6))
    assert told == (
        "every row: gateway 1,000, then 1,000 ms per 1,000,000 rows, exponent 1.00; "
        "trino 2,000, then 2,000 ms per 1,000,000 rows, exponent 1.00."
    )


@pytest.mark.parametrize("flawed", [Figure([1.0], flaw="wrong"), Figure([])])
def test_what_does_not_count_at_one_size_is_not_told(flawed: Figure):
    assert line(series({1: {"gateway": Figure([1.0])}, 4: {"gateway": flawed}})) == "a join: not measured."
