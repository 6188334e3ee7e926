"""Many people with a dashboard open: a mix of small questions from 1, 8, 32 and 64 clients at once."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.processes import Peaks
from benchmarks.ratios import quantile
from benchmarks.results import Case, Figure, Scenario
from benchmarks.scenarios import Setting, Starts, running
from benchmarks.systems import Failed, System
from benchmarks.systems.gateway import Gateway, ask
from benchmarks.systems.trino import Trino
from benchmarks.systems.trino_client import Client

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
Asker = Callable[[str], object]


@dataclass
class Load:
    """What some clients saw: the milliseconds of each answer, and what went wrong instead of one."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def dashboard(setting: Setting) -> Scenario:
    """Measure answers per second, and the median and the slowest hundredth."""
    scenario, land = Scenario("dashboard", TOLD), setting.landscape
    land.fill(PLACEMENT)
    starts: Starts = {"gateway": lambda: Gateway(land, PLACEMENT), "trino": lambda: Trino(land, PLACEMENT)}
    with running(setting, scenario, starts) as systems:
        peaks = {one.name: Peaks() for one in systems}
        for system in systems:
            _load(system, 4, setting.scale, seed=1)  # warms up
        for clients in CLIENTS:
            for number in range(max(1, setting.rounds // 2)):
                for system in systems:
                    _note(scenario, system.name, clients, _load(system, clients, setting.scale, seed=number))
                    peaks[system.name].look(system.processes())
        scenario.memory = {name: one.bytes for name, one in peaks.items()}
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


def _load(system: System, clients: int, scale: float, seed: int) -> Load:
    load, ready = Load(), threading.Barrier(clients + 1)
    texts = [[system.text(sql) for sql in questions(scale, 1000 * seed + number)] for number in range(clients)]
    deadline = [0.0]
    workers = [threading.Thread(target=_client, args=(system, mine, ready, deadline, load)) for mine in texts]
    for worker in workers:
        worker.start()
    deadline[0] = time.perf_counter() + 3600
    ready.wait(60)
    started = time.perf_counter()
    deadline[0] = started + SECONDS
    for worker in workers:
        worker.join()
    load.seconds = time.perf_counter() - started
    return load


def _client(system: System, texts: list[str], ready: threading.Barrier, deadline: list[float], load: Load) -> None:
    asker, close = _connected(system)
    ready.wait(60)
    number = 0
    while time.perf_counter() < deadline[0]:
        started = time.perf_counter()
        try:
            asker(texts[number % len(texts)])
            load.times.append((time.perf_counter() - started) * 1000)
        except Failed as problem:
            load.errors.append(str(problem))
        number += 1
    close()


def _connected(system: System) -> tuple[Asker, Callable[[], object]]:
    """A connection of the client's own: how to ask over it, and how to close it."""
    if isinstance(system, Gateway):
        connection = system.connect()
        return lambda text: ask(connection, text), connection.close
    assert isinstance(system, Trino)
    client = Client(system.port)
    return client.ask, client.close


def _note(scenario: Scenario, name: str, clients: int, load: Load) -> None:
    told = {"throughput": ("1/s", len(load.times) / load.seconds), "errors": ("errors", float(len(load.errors)))}
    if load.times:
        told |= {"p50": ("ms", quantile(load.times, 0.5)), "p99": ("ms", quantile(load.times, 0.99))}
    for what, (unit, value) in told.items():
        title = f"{clients} clients, {what}"
        case = next((one for one in scenario.cases if one.name == title), None)
        if case is None:
            case = Case(title, unit, more=what == "throughput")
            scenario.cases.append(case)
        case.figures.setdefault(name, Figure()).values.append(value)
    if load.errors:
        scenario.notes.append(f"{name}, {clients} clients: {load.errors[0][:200]}")
