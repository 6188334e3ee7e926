"""The harness's arithmetic: ratios round by round, means over cases, and what does not count."""

import pytest

from benchmarks.ratios import Ratio, against, cold, geometric_mean, overall, pairwise, quantile
from benchmarks.results import Case, Figure, Scenario


def case(name: str, gateway: Figure, rival: Figure, **options: bool) -> Case:
    return Case(name, figures={"gateway": gateway, "rival": rival}, **options)


def test_a_ratio_is_taken_round_by_round():
    # The second round was slow for both: as a ratio it is like the others.
    assert pairwise([10, 100, 10], [20, 200, 40]) == Ratio(median=2.0, least=2.0, most=4.0)


def test_of_throughput_more_is_better():
    assert pairwise([300.0], [100.0], more=True) == Ratio(3.0, 3.0, 3.0)


def test_rounds_that_only_one_system_has_are_left_out():
    assert pairwise([10, 10], [30]) == Ratio(3.0, 3.0, 3.0)
    assert pairwise([], [30]) is None


def test_a_system_that_differs_does_not_count():
    wrong = case("q", Figure([10.0], cold=5), Figure([90.0], cold=5, flaw="not the answer of duckdb-local"))
    assert against(wrong, "rival") is None
    assert cold(wrong, "rival") is None
    assert against(wrong, "nobody") is None


def test_the_mean_over_cases_is_geometric():
    cases = [case("a", Figure([10.0]), Figure([40.0])), case("b", Figure([10.0]), Figure([10.0]))]
    assert overall(Scenario("s", "", cases), "rival") == pytest.approx(2.0)
    assert overall(Scenario("s", "", []), "rival") is None
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)


def test_cold_times_have_a_ratio_of_their_own():
    ratio = cold(case("a", Figure([1.0], cold=100), Figure([1.0], cold=50)), "rival")
    assert ratio is not None
    assert ratio.median == 0.5


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_quantiles_are_values_that_were_measured(share: float, value: int):
    assert quantile(range(100, 0, -1), share) == value
