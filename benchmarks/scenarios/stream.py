"""A large answer over the wire, beside bare Flight with the same batches, and with DuckDB alone behind it."""

from benchmarks.equality import difference
from benchmarks.processes import Peaks, peak
from benchmarks.results import Case, Figure, Goal, Scenario
from benchmarks.scenarios import Setting, Starts, running
from benchmarks.systems import System, flight
from benchmarks.systems.gateway import Gateway

TIMES = 5
TOLD = "lineitem out of Parquet on S3, every row five times: 5 GB of Arrow batches at scale 1, read and let go of."
_EVERY = "SELECT l.* FROM lineitem AS l"
_MANY = f"{_EVERY} CROSS JOIN (VALUES {', '.join(f'({number})' for number in range(TIMES))}) AS times(number)"


def stream(setting: Setting) -> Scenario:
    """Measure megabytes of Arrow buffers per second."""
    scenario = Scenario("result-stream", TOLD)
    land, placement = setting.landscape, {"lineitem": "parquet"}
    land.fill(placement)
    started: list[Gateway] = []

    def ours() -> Gateway:
        started.append(Gateway(land, placement))
        return started[0]

    def bare() -> flight.BareFlight:
        once = flight.table(started[0].connection, started[0].text(_EVERY))
        return flight.BareFlight(land, {"lineitem": once}, TIMES).named({"many lineitem": _MANY})

    def made() -> flight.BareFlight:
        text = _MANY.replace("lineitem AS", f"'{land.files}/lineitem.parquet' AS")
        return flight.MadeFlight(land, {"many lineitem": text}).named({"many lineitem": _MANY})

    scenario.notes.append(
        "bare-flight has the batches in memory; duckdb-flight has DuckDB make them of a local file while they are "
        "sent, as any server must that does not know its answers beforehand."
    )
    starts: Starts = {"gateway": ours, "bare-flight": bare, "duckdb-flight": made}
    with running(setting, scenario, starts) as systems:
        _measure(setting, scenario, systems)
    scenario.missing["trino"] = "its protocol carries JSON, so there are no batches to compare"
    return scenario


def _measure(setting: Setting, scenario: Scenario, systems: list[System]) -> None:
    case = Case("stream", "MB/s", more=True, figures={one.name: Figure() for one in systems})
    scenario.cases.append(case)
    digests = {one.name: one.ask(one.text(_MANY), keep="digest") for one in systems}
    reference = digests[systems[0].name]
    before = peak(systems[0].processes()["gateway"])
    for name, answer in digests.items():
        case.figures[name].rows = answer.count
        if found := difference(reference.rows or (), answer.rows or ()):
            case.figures[name].flaw = f"not the answer of the gateway: {found}"
    for _ in range(setting.rounds):
        for system in systems:
            answer = system.ask(system.text(_MANY))
            case.figures[system.name].values.append(answer.bytes / answer.seconds / 1e6)
    grown = (peak(systems[0].processes()["gateway"]) - before) / 2**20
    told = f"the peak grows by less than 64 MB over {setting.rounds} more streams of {reference.bytes / 1e6:.0f} MB"
    scenario.goals.append(Goal(told, f"{grown:.0f} MB", grown < 64))
    for system in systems:
        peaks = Peaks()
        peaks.look(system.processes())
        scenario.memory[system.name] = peaks.bytes
