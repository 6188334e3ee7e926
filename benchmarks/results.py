"""What a run measured, as values that go into JSON and come back."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Figure:
    """What one system did in one case.

    ``values`` are in the case's unit, one per round and in their order; ``cold`` is what the same work took the first
    time in a fresh process. ``moved`` tells per store what crossed, in ``rows`` and ``bytes``. A ``flaw`` says in one
    sentence why the values do not count.
    """

    values: list[float] = field(default_factory=list)
    cold: float | None = None
    rows: int | None = None
    moved: dict[str, dict[str, int]] = field(default_factory=dict)
    flaw: str = ""


@dataclass
class Case:
    """One piece of work. Of a unit such as ``ms`` less is better; of one such as ``MB/s``, ``more`` is."""

    name: str
    unit: str = "ms"
    more: bool = False
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass
class Goal:
    """One goal of a scenario: what was asked, what was measured, whether it is met; None when it was not measured."""

    told: str
    measured: str
    met: bool | None


@dataclass
class Scenario:
    """One scenario's cases. ``memory`` is the peak in bytes by system and process; ``missing`` says why by system."""

    name: str
    told: str
    cases: list[Case] = field(default_factory=list)
    memory: dict[str, dict[str, int]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Run:
    """Everything that one call of the harness measured, with what is needed to do it again."""

    command: str
    started: str
    scale: float
    rounds: int
    machine: dict[str, str]
    versions: dict[str, str]
    scenarios: list[Scenario] = field(default_factory=list)


def write(run: Run, path: Path) -> None:
    """Keep a run as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(run), indent=1) + "\n", "utf-8")


def read(path: Path) -> Run:
    """The run that a file holds."""
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    scenarios = [_scenario(one) for one in told.pop("scenarios")]
    return Run(**told, scenarios=scenarios)


def _scenario(told: dict[str, Any]) -> Scenario:
    cases = [_case(one) for one in told.pop("cases")]
    goals = [Goal(**one) for one in told.pop("goals")]
    return Scenario(**told, cases=cases, goals=goals)


def _case(told: dict[str, Any]) -> Case:
    figures = {name: Figure(**one) for name, one in told.pop("figures").items()}
    return Case(**told, figures=figures)
