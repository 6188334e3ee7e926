"""What is written is what is read, and what two runs have to say about each other."""

from pathlib import Path

from benchmarks.compare import lines
from benchmarks.goals import of
from benchmarks.report import markdown
from benchmarks.results import Case, Figure, Goal, Run, Scenario, read, write

MB = 2**20


def run(gateway: list[float], rival: list[float]) -> Run:
    figures = {"gateway": Figure(gateway, 9.5, 3, {"db": {"rows": 3, "bytes": 24}}), "duckdb-attach": Figure(rival)}
    missing = {"trino": "there is no Java"}
    scenario = Scenario(
        "tpch-postgres", "told", [Case("q01", figures=figures)], {"gateway": {"gateway": 9 * MB}}, missing
    )
    return Run("python -m benchmarks", "2026-01-01", 0.1, 2, {"cores": "2"}, {"duckdb": "2"}, [scenario])


def test_a_run_comes_back_from_its_file(tmp_path: Path):
    made = run([10.0, 11.0], [20.0, 33.0])
    made.scenarios[0].goals = of(made.scenarios[0])
    write(made, tmp_path / "run.json")
    assert read(tmp_path / "run.json") == made


def test_goals_tell_what_was_measured():
    assert of(run([10.0], [25.0]).scenarios[0]) == [
        Goal("at least 2.00 times as fast as duckdb-attach, geometric mean", "2.50 times", True),
        Goal("the gateway's memory within its limit and 256 MB (2304 MB)", "9 MB", True),
    ]
    assert of(run([20.0], [25.0]).scenarios[0])[0].met is False
    assert of(run([20.0], []).scenarios[0])[0].met is None


def test_the_report_names_what_is_missing_and_strikes_what_does_not_count():
    made = run([10.0, 10.0], [20.0, 30.0])
    page = markdown(made)
    assert "- **trino is missing**: there is no Java" in page
    assert "| q01 (ms) | 10.0 (10.0–10.0, cold 9.5) | 25.0 (20.0–30.0) | 2.50 (2.00–3.00) |" in page
    assert "| q01 | gateway | db | 3 | 24 |" in page
    made.scenarios[0].cases[0].figures["duckdb-attach"].flaw = "not the answer of gateway"
    assert "| q01 (ms) | 10.0 (10.0–10.0, cold 9.5) | ~~does not count~~ | – |" in markdown(made)


def test_two_runs_are_compared_by_their_ratios():
    # The machine was twice as slow the second time: against the rival nothing has changed.
    told = list(lines(run([10.0], [20.0]), run([20.0], [40.0])))
    assert told == ["tpch-postgres · q01 · gateway: 10.0 → 20.0 ms (×2.00); ÷ duckdb-attach 2.00 → 2.00 (×1.00)"]
