"""The goals: ratios against named rivals, each with what was measured for it."""

from benchmarks.ratios import OURS, against, overall
from benchmarks.results import Goal, Scenario
from benchmarks.systems import MEMORY_MB

_OVER = 256 * 2**20
_MEMORY = f"the gateway's memory within its limit and 256 MB ({MEMORY_MB + 256} MB)"


def of(scenario: Scenario) -> list[Goal]:
    """The goals of a scenario, met or not, and those that the scenario could not measure."""
    found = [_overall(scenario, rival, least) for rival, least in _RATIOS.get(scenario.name, {}).items()]
    found += [_each(scenario, rival, least) for rival, least in _EACH.get(scenario.name, {}).items()]
    found += [_limit(scenario, *limit) for limit in _LIMITS.get(scenario.name, ())]
    return found + _memory(scenario)


# How many times faster than the rival over all cases, by the geometric mean.
_RATIOS = {
    "tpch-mixed": {"trino": 5.0, "duckdb-attach": 1.5, "duckdb-local": 1 / 1.5},
    "tpch-postgres": {"duckdb-attach": 2.0},
}
# The same for the worst case.
_EACH = {"tpch-mixed": {"duckdb-attach": 1 / 1.1}}
# Case, how it is told, and the most that its median may be.
_LIMITS: dict[str, tuple[tuple[str, str, float], ...]] = {}


def _overall(scenario: Scenario, rival: str, least: float) -> Goal:
    told = f"at least {least:.2f} times as fast as {rival}, geometric mean"
    ratio = overall(scenario, rival)
    return Goal(
        told, "not measured" if ratio is None else f"{ratio:.2f} times", None if ratio is None else ratio >= least
    )


def _each(scenario: Scenario, rival: str, least: float) -> Goal:
    told = f"in no case below {least:.2f} times {rival}"
    ratios = {case.name: ratio.median for case in scenario.cases if (ratio := against(case, rival))}
    if not ratios:
        return Goal(told, "not measured", None)
    slow = [f"{name} {ratio:.2f}" for name, ratio in sorted(ratios.items(), key=lambda one: one[1]) if ratio < least]
    return Goal(told, f"below it: {', '.join(slow)}" if slow else f"{min(ratios.values()):.2f} at worst", not slow)


def _limit(scenario: Scenario, case: str, told: str, most: float) -> Goal:
    values = [one.figures[OURS].values for one in scenario.cases if one.name == case and OURS in one.figures]
    if not values or not values[0]:
        return Goal(told, "not measured", None)
    middle = sorted(values[0])[len(values[0]) // 2]
    return Goal(told, f"{middle:.1f}", middle <= most)


def _memory(scenario: Scenario) -> list[Goal]:
    peak = scenario.memory.get(OURS, {}).get(OURS)
    if peak is None:
        return []
    return [Goal(_MEMORY, f"{peak / 2**20:.0f} MB", peak <= MEMORY_MB * 2**20 + _OVER)]
