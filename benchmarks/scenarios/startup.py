"""What one waits for before the first question: the command line, a server with many contracts, its metadata."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import planning, products, tables
from benchmarks.landscape import Landscape
from benchmarks.processes import Peaks
from benchmarks.results import Case, Figure, Goal, Scenario
from benchmarks.scenarios import Setting
from gateway.garbage import settle
from gateway.policy import LOCAL
from gateway.service import LocalService, Options

PRODUCTS = 1000


def startup(setting: Setting) -> Scenario:
    """Measure the command line's help, the import of the gateway, and a server with 1,000 contracts."""
    told = (
        f"`headgate --help`, importing the gateway, and `headgate serve` with {PRODUCTS:,} contracts until it is ready."
    )
    scenario, land = Scenario("startup", told), setting.landscape
    products.create(land, PRODUCTS)
    peaks = Peaks()
    headgate = str(Path(sys.executable).with_name("headgate"))
    commands = {
        "headgate --help": [headgate, "--help"],
        "import gateway.app": [sys.executable, "-c", "import gateway.app"],
        "bare python": [sys.executable, "-c", "pass"],
    }
    for name, command in commands.items():
        scenario.cases.append(_case(name, setting.rounds, partial(_run, command)))
    scenario.cases.append(_case("server, 1,000 contracts", min(setting.rounds, 3), partial(_started, land, peaks)))
    scenario.memory["gateway"] = peaks.bytes
    scenario.goals += [_limit(scenario.cases[0], 400), _limit(scenario.cases[-1], 2000)]
    return scenario


def metadata(setting: Setting) -> Scenario:
    """Measure what a tool asks when it draws its tree of 1,000 products."""
    scenario, land = Scenario("metadata", f"What ADBC asks for a tree of {PRODUCTS:,} products."), setting.landscape
    products.create(land, PRODUCTS)
    gateway, peaks = products.start(land, PRODUCTS), Peaks()
    try:
        for depth in ("catalogs", "db_schemas", "tables", "all"):
            case = _case(f"get_objects, {depth}", setting.rounds, partial(products.objects, gateway, depth))
            scenario.cases.append(case)
        if (found := products.shown(gateway)) != PRODUCTS:
            scenario.cases[-1].figures["gateway"].flaw = f"{found} datasets"
        peaks.look(gateway.processes())
        scenario.memory["gateway"] = peaks.bytes
    finally:
        gateway.close()
    scenario.missing["trino"] = "a catalog of 1,000 tables for it would measure its connector's metadata, not its own"
    return scenario


def plans(setting: Setting) -> Scenario:
    """Measure planning alone, in this process, in words that are new and in words that were asked before.

    Garbage is collected as a server does, by the benchmark's own process from here on.
    """
    scenario = Scenario("planning", "Planning each query of TPC-H over PostgreSQL; nothing is run.")
    choices = Options(within=("bench", "tpch"))
    with planning.service() as planner:
        settle()
        for name, sql in tables.queries().items():
            cases = Case(f"{name}, new words"), Case(f"{name}, again")
            for case in cases:
                case.figures["gateway"] = Figure()
            for number in range(setting.rounds + 1):
                for case, text in zip(cases, (f"{sql} -- {number}", sql), strict=True):
                    case.figures["gateway"].values.append(_planned(planner, text, choices))
            for case in cases:
                del case.figures["gateway"].values[0]
            scenario.cases += cases
    return scenario


def _planned(planner: LocalService, text: str, choices: Options) -> float:
    started = time.perf_counter()
    planner.prepare(text, LOCAL, options=choices)
    return (time.perf_counter() - started) * 1000


def _started(landscape: Landscape, peaks: Peaks) -> float:
    gateway = products.start(landscape, PRODUCTS)
    peaks.look(gateway.processes())
    gateway.close()
    return gateway.start_seconds


def _run(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return time.perf_counter() - started


def _case(name: str, rounds: int, measure: Callable[[], float]) -> Case:
    """A case of the gateway alone, after a first time that warms up."""
    cold = measure() * 1000
    return Case(name, figures={"gateway": Figure([measure() * 1000 for _ in range(rounds)], cold)})


def _limit(case: Case, most: float) -> Goal:
    values = sorted(case.figures["gateway"].values)
    middle = values[len(values) // 2]
    return Goal(f"{case.name} in less than {most:g} ms", f"{middle:.0f} ms", middle < most)
