"""Goals: that each scenario has those it is to have, that they are met or not by value, and never left out."""

import pytest

from benchmarks.goals import of
from benchmarks.results import Case, Figure, Goal, Scenario

MB = 2**20
MEMORY = "the gateway's memory within its limit and 256 MB (2304 MB)"


def scenario(name: str, cases: dict[str, dict[str, list[float]]], unit: str = "ms", **options: object) -> Scenario:
    made = [
        Case(title, unit, unit != "ms", {system: Figure(values) for system, values in figures.items()})
        for title, figures in cases.items()
    ]
    return Scenario(name, "", made, {"gateway": {"gateway": MB}}, **options)  # type: ignore[arg-type]


def goals(one: Scenario) -> dict[str, Goal]:
    return {goal.told: goal for goal in of(one)}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tpch-mixed", "at least 5.00 times as fast as trino, geometric mean"),
        ("tpch-mixed", "at least 1.50 times as fast as duckdb-attach, geometric mean"),
        ("tpch-mixed", "at least 0.67 times as fast as duckdb-local, geometric mean"),
        ("tpch-mixed", "in no case below 0.91 times duckdb-attach"),
        ("tpch-postgres", "at least 2.00 times as fast as duckdb-attach, geometric mean"),
        ("select-1", "the median within 2 ms of bare-flight"),
        ("point", "the median within 2 ms of bare-flight"),
        ("result-stream", "at least 0.90 times as fast as bare-flight, geometric mean"),
        ("postgres-extraction", "at least 1.00 times as fast as duckdb-attach, geometric mean"),
        ("kafka", "first snapshot at 0.60 of librdkafka's rate"),
        ("dashboard", "64 clients"),
        ("growth", MEMORY),
    ],
)
def test_what_was_not_measured_is_told_as_such(name: str, told: str):
    assert goals(Scenario(name, ""))[told] == Goal(told, "not measured", None)


def test_a_mean_says_how_many_cases_are_in_it():
    cases = {"q1": {"gateway": [10.0], "trino": [70.0]}, "q2": {"gateway": [10.0]}}
    told = "at least 5.00 times as fast as trino, geometric mean"
    assert goals(scenario("tpch-mixed", cases))[told] == Goal(told, "7.00 times (1 of 2 cases)", True)


def test_the_worst_case_is_named():
    cases = {"q1": {"gateway": [10.0], "duckdb-attach": [8.0]}, "q2": {"gateway": [10.0], "duckdb-attach": [30.0]}}
    told = "in no case below 0.91 times duckdb-attach"
    assert goals(scenario("tpch-mixed", cases))[told] == Goal(told, "below it: q1 0.80", False)


def test_small_answers_are_compared_by_milliseconds():
    cases = {"order": {"gateway": [3.0], "bare-flight": [1.5]}, "part": {"gateway": [4.0], "bare-flight": [1.5]}}
    told = "the median within 2 ms of bare-flight"
    assert goals(scenario("point", cases))[told] == Goal(told, "order +1.5 ms, part +2.5 ms", False)


def test_small_answers_that_were_not_compared_are_told():
    told = "the median within 2 ms of bare-flight"
    cases = {"order": {"gateway": [3.0], "bare-flight": [1.5]}, "part": {"gateway": [4.0]}}
    assert goals(scenario("point", cases))[told] == Goal(told, "order +1.5 ms (1 of 2 cases)", True)


def test_the_first_snapshot_is_compared_by_its_rate():
    cases = {"first snapshot": {"gateway": [70.0], "librdkafka": [100.0]}}
    told = "first snapshot at 0.60 of librdkafka's rate"
    assert goals(scenario("kafka", cases, "1/s"))[told] == Goal(told, "0.70", True)


def test_a_crowd_has_three_goals():
    cases = {
        "64 clients, throughput": {"gateway": [90.0], "trino": [30.0]},
        "64 clients, errors": {"gateway": [1.0]},
        "64 clients, p50": {"gateway": [10.0]},
        "64 clients, p99": {"gateway": [41.0]},
    }
    assert list(goals(scenario("dashboard", cases, "1/s")).values())[:3] == [
        Goal("64 clients without errors", "1", False),
        Goal("64 clients: p99 at most 4 times p50", "4.1 times", False),
        Goal("64 clients: at least 3 times the throughput of trino", "3.0 times", True),
    ]


def test_of_several_gateways_the_greatest_counts_with_its_children():
    one = Scenario("growth", "")
    one.memory = {
        "gateway": {"gateway": 9 * MB},
        "gateway, 16 stores": {"gateway": 2300 * MB, "gateway: python": 5 * MB},
    }
    one.memory["stores"] = {"postgres": 9000 * MB}
    assert of(one) == [Goal(MEMORY, "2305 MB", False)]


def test_planning_runs_in_no_server():
    assert of(Scenario("planning", "")) == []
