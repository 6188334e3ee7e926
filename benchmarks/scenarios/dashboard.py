"""Many people with a dashboard open: a mix of small questions from 1, 8, 32 and 64 clients at once."""

import random
from collections.abc import Sequence

from benchmarks import crowd
from benchmarks.equality import difference
from benchmarks.processes import Peaks
from benchmarks.results import Scenario
from benchmarks.scenarios import Setting, Starts, running
from benchmarks.systems import System
from benchmarks.systems.gateway import Gateway
from benchmarks.systems.trino import Trino

CLIENTS = (1, 8, 32, 64)
SECONDS = 8.0
TOLD = (
    "A mix of one order, one customer's orders, orders by priority within a week, customers by nation and segment, and "
    f"taxes by day of a week, each with values of its own, for {SECONDS:g} s; 1, 8, 32 and 64 clients."
)
PLACEMENT = {"orders": "postgres", "customer": "postgres", "lineitem": "parquet", "nation": "kafka"}
WEEK = "{column} >= DATE '{day}' AND {column} < DATE '{day}' + INTERVAL '7' DAY"
MIX = (
    "SELECT * FROM orders WHERE o_orderkey = {order}",
    "SELECT count(*), sum(o_totalprice) FROM orders WHERE o_custkey = {customer}",
    f"SELECT o_orderpriority, count(*) FROM orders WHERE {WEEK.replace('{column}', 'o_orderdate')} GROUP BY 1",
    """SELECT n_name, count(*), sum(c_acctbal) FROM customer JOIN nation ON n_nationkey = c_nationkey
    WHERE c_mktsegment = '{segment}' GROUP BY n_name""",
    f"SELECT l_shipdate, sum(l_tax) FROM lineitem WHERE {WEEK.replace('{column}', 'l_shipdate')} GROUP BY l_shipdate",
)
SEGMENTS = ("BUILDING", "MACHINERY", "FURNITURE", "AUTOMOBILE", "HOUSEHOLD")
_COMPARED = 20


def dashboard(setting: Setting) -> Scenario:
    """Measure answers per second, and the median and the slowest hundredth."""
    scenario, land = Scenario("dashboard", TOLD), setting.landscape
    land.fill(PLACEMENT)
    starts: Starts = {"gateway": lambda: Gateway(land, PLACEMENT), "trino": lambda: Trino(land, PLACEMENT)}
    with running(setting, scenario, starts) as systems:
        peaks = {one.name: Peaks() for one in systems}
        flaws = differences(systems, questions(setting.scale, seed=0)[:_COMPARED])
        for system in systems:
            _asked(scenario, system, 4, setting.scale, seed=-1)
        scenario.cases.clear()  # that was the warm-up
        for clients in CLIENTS:
            for number in range(max(1, setting.rounds // 2)):
                for system in systems:
                    _asked(scenario, system, clients, setting.scale, seed=number)
                    peaks[system.name].look(system.processes())
        scenario.memory = {name: one.bytes for name, one in peaks.items()}
    for name, figure in (pair for case in scenario.cases for pair in case.figures.items()):
        figure.flaw = flaws.get(name, "")
    return scenario


def questions(scale: float, seed: int) -> list[str]:
    """A hundred questions of the mix, the same for the same seed."""
    chance = random.Random(seed)
    made = []
    for number in range(100):
        day = f"{chance.randint(1993, 1997)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        values = {"order": 32 * chance.randint(1, round(46_000 * scale)), "day": day}
        values |= {"customer": chance.randint(1, round(150_000 * scale)), "segment": chance.choice(SEGMENTS)}
        made.append(MIX[number % len(MIX)].format(**values))
    return made


def _asked(scenario: Scenario, system: System, clients: int, scale: float, seed: int) -> None:
    texts = [questions(scale, 1000 * seed + number) for number in range(clients)]
    seen = crowd.load(system, texts, SECONDS)
    crowd.note(scenario.cases, system.name, clients, seen)
    if seen.errors:
        scenario.notes.append(f"{system.name}, {clients} clients: {seen.errors[0][:200]}")


def differences(systems: Sequence[System], asked: Sequence[str]) -> dict[str, str]:
    """Why a system's times do not count: the first answer that is not that of the first system."""
    found: dict[str, str] = {}
    for sql in asked:
        answers = [(one.name, one.ask(one.text(sql), keep="rows").rows or ()) for one in systems]
        for name, rows in answers[1:]:
            if told := difference(answers[0][1], rows):
                found.setdefault(name, f"not the answer of {answers[0][0]}: {told}")
    return found
