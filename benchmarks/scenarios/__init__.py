"""The scenarios by name. Each is a function that measures in a setting and gives back what it measured."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.environments import Missing
from benchmarks.landscape import Landscape
from benchmarks.results import Scenario
from benchmarks.systems import Failed, System

Starts = Mapping[str, Callable[[], System]]


@dataclass(frozen=True)
class Setting:
    """What a scenario measures in: the stores, how often, at which scale, and which rivals stay away."""

    landscape: Landscape
    rounds: int
    without: Sequence[str] = ()

    @property
    def scale(self) -> float:
        """TPC-H's scale factor; other sizes grow with it."""
        return self.landscape.scale


@contextmanager
def running(setting: Setting, scenario: Scenario, starts: Starts) -> Iterator[list[System]]:
    """Start each system that can be had here; the others go among the scenario's missing with the reason."""
    systems: list[System] = []
    try:
        for name, start in starts.items():
            if name in setting.without:
                scenario.missing[name] = "left out by the caller"
                continue
            try:
                systems.append(start())
            except (Missing, Failed, RuntimeError) as problem:
                scenario.missing[name] = " ".join(str(problem).split())[:400]
        yield systems
    finally:
        for system in systems:
            system.close()
