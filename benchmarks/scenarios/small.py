"""What the gateway costs when there is next to nothing to compute: one row, with and without a store behind it."""

from collections.abc import Mapping

from benchmarks.alternating import Contest
from benchmarks.results import Scenario
from benchmarks.scenarios import Setting, Starts, running
from benchmarks.systems import duck, flight
from benchmarks.systems.gateway import Gateway
from benchmarks.systems.trino import Trino

EACH, IN_A_ROW = 2, 10
POINT = "SELECT * FROM {} WHERE {} = {}"


def select_one(setting: Setting) -> Scenario:
    """``select 1``."""
    scenario = Scenario("select-1", "One row that no store is asked for.")
    return _asked(setting, scenario, {"select one": "SELECT 1 AS one"})


def point(setting: Setting) -> Scenario:
    """One row by its key, out of PostgreSQL and out of Parquet on S3."""
    scenario = Scenario("point", "One row by its key: an order out of PostgreSQL, a part out of Parquet on S3.")
    number = 32 * max(1, round(1000 * setting.scale))  # in TPC-H there is an order for each such number
    questions = {
        "order postgres": POINT.format("orders", "o_orderkey", number),
        "part parquet": POINT.format("part", "p_partkey", number),
    }
    return _asked(setting, scenario, questions)


def _asked(setting: Setting, scenario: Scenario, questions: Mapping[str, str]) -> Scenario:
    land = setting.landscape
    placement = {"orders": "postgres", "part": "parquet"}
    land.fill(placement)
    started: list[Gateway] = []

    def ours() -> Gateway:
        started.append(Gateway(land, placement))
        return started[0]

    def bare() -> flight.BareFlight:
        asked = {name: started[0].text(sql) for name, sql in questions.items()}
        answers = {name: flight.table(started[0].connection, text) for name, text in asked.items()}
        return flight.BareFlight(land, answers).named(dict(questions))

    starts: Starts = {
        "gateway": ours,
        "bare-flight": bare,
        "duckdb-attach": lambda: duck.attached(land, placement),
        "trino": lambda: Trino(land, placement),
    }
    scenario.notes += [
        "bare-flight serves the gateway's answers out of memory, to the same driver and by the same calls.",
        f"Each is asked {IN_A_ROW} times in a row: a single question finds the processor full of what another left.",
    ]
    with running(setting, scenario, starts) as systems:
        Contest(land, systems, setting.rounds * EACH, in_a_row=IN_A_ROW).hold(scenario, questions)
    return scenario
