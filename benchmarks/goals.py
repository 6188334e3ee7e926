"""The goals: ratios against named rivals, each with what was measured for it."""

import statistics

from benchmarks.ratios import OURS, against, overall
from benchmarks.results import Figure, Goal, Scenario
from benchmarks.systems import MEMORY_MB

_OVER = 256 * 2**20
_MEMORY = f"the gateway's memory within its limit and 256 MB ({MEMORY_MB + 256} MB)"
_NO_SERVER = {"planning"}  # scenarios in which no gateway runs in a process of its own


def of(scenario: Scenario) -> list[Goal]:
    """The goals of a scenario, met or not, and those that the scenario could not measure."""
    found = [_overall(scenario, rival, least) for rival, least in _RATIOS.get(scenario.name, {}).items()]
    found += [_each(scenario, rival, least) for rival, least in _EACH.get(scenario.name, {}).items()]
    found += [_raw(scenario)] if scenario.name == "kafka" else []
    found += [_slower(scenario, rival, most) for rival, most in _SLOWER.get(scenario.name, {}).items()]
    found += _crowd(scenario) if scenario.name == "dashboard" else []
    return found + _memory(scenario)


# How many times faster than the rival over all cases, by the geometric mean.
_RATIOS = {
    "tpch-mixed": {"trino": 5.0, "duckdb-attach": 1.5, "duckdb-local": 1 / 1.5},
    "tpch-postgres": {"duckdb-attach": 2.0},
    "result-stream": {"bare-flight": 0.9},
    "postgres-extraction": {"duckdb-attach": 1.0},
}
# The same for the worst case.
_EACH = {"tpch-mixed": {"duckdb-attach": 1 / 1.1}}
_SLOWER = {"select-1": {"bare-flight": 2.0}, "point": {"bare-flight": 2.0}}  # by how many ms each median at most


def _overall(scenario: Scenario, rival: str, least: float) -> Goal:
    told = f"at least {least:.2f} times as fast as {rival}, geometric mean"
    ratio = overall(scenario, rival)
    if ratio is None:
        return Goal(told, "not measured", None)
    return Goal(told, f"{ratio:.2f} times{_of_how_many(scenario, rival)}", ratio >= least)


def _each(scenario: Scenario, rival: str, least: float) -> Goal:
    told = f"in no case below {least:.2f} times {rival}"
    ratios = {case.name: ratio.median for case in scenario.cases if (ratio := against(case, rival))}
    if not ratios:
        return Goal(told, "not measured", None)
    slow = [f"{name} {ratio:.2f}" for name, ratio in sorted(ratios.items(), key=lambda one: one[1]) if ratio < least]
    measured = f"below it: {', '.join(slow)}" if slow else f"{min(ratios.values()):.2f} at worst"
    return Goal(told, f"{measured}{_of_how_many(scenario, rival)}", not slow)


def _of_how_many(scenario: Scenario, rival: str) -> str:
    """Cases without a ratio are told: leaving out those that a system loses would flatter it."""
    counted = sum(against(case, rival) is not None for case in scenario.cases)
    return "" if counted == len(scenario.cases) else f" ({counted} of {len(scenario.cases)} cases)"


def _slower(scenario: Scenario, rival: str, most: float) -> Goal:
    told = f"the median within {most:g} ms of {rival}"
    medians = {case.name: [case.figures.get(name, Figure()) for name in (OURS, rival)] for case in scenario.cases}
    over = {
        name: statistics.median(ours.values) - statistics.median(theirs.values)
        for name, (ours, theirs) in medians.items()
        if ours.values and theirs.values and not ours.flaw and not theirs.flaw
    }
    if not over:
        return Goal(told, "not measured", None)
    measured = ", ".join(f"{name} {extra:+.1f} ms" for name, extra in over.items())
    return Goal(told, f"{measured}{_of_how_many(scenario, rival)}", max(over.values()) <= most)


def _raw(scenario: Scenario) -> Goal:
    """The first case alone: the catch-up has a goal of its own."""
    ratio = next((against(case, "librdkafka") for case in scenario.cases), None)
    told = "first snapshot at 0.60 of librdkafka's rate"
    return Goal(told, f"{ratio.median:.2f}" if ratio else "not measured", ratio.median >= 0.6 if ratio else None)


def _crowd(scenario: Scenario) -> list[Goal]:
    found = {case.name: case for case in scenario.cases if case.name.startswith("64 clients")}
    middle = {
        name.rpartition(" ")[2]: statistics.median(case.figures[OURS].values)
        for name, case in found.items()
        if OURS in case.figures
    }
    if not {"errors", "p50", "p99"} <= middle.keys():
        return [Goal("64 clients", "not measured", None)]
    ratio = against(found["64 clients, throughput"], "trino")
    spread = middle["p99"] / middle["p50"]
    return [
        Goal("64 clients without errors", f"{middle['errors']:.0f}", middle["errors"] == 0),
        Goal("64 clients: p99 at most 4 times p50", f"{spread:.1f} times", spread <= 4),
        Goal(
            "64 clients: at least 3 times the throughput of trino",
            f"{ratio.median:.1f} times" if ratio else "not measured",
            ratio.median >= 3 if ratio else None,
        ),
    ]


def _memory(scenario: Scenario) -> list[Goal]:
    """Of several gateways the greatest counts, each with its children."""
    if scenario.name in _NO_SERVER:
        return []
    peaks = [sum(processes.values()) for processes in scenario.memory.values() if OURS in processes]
    if not peaks:
        return [Goal(_MEMORY, "not measured", None)]
    return [Goal(_MEMORY, f"{max(peaks) / 2**20:.0f} MB", max(peaks) <= MEMORY_MB * 2**20 + _OVER)]
