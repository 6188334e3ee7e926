"""Asking several systems the same questions in turn, A B A B …, and counting a time only where the answers agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.equality import Row, difference
from benchmarks.landscape import Landscape
from benchmarks.processes import Peaks, rested, written
from benchmarks.results import Case, Figure, Scenario
from benchmarks.systems import Failed, System

BUDGET = 8.0
"""Seconds that all systems together spend on the rounds of one case, before no further round is begun."""
LEAST = 3
"""Rounds that a case gets in any case, if so many are asked for."""
_COUNTED = ("s3", "kafka")
_REFERENCES = ("duckdb-local", "duckdb-attach")


@dataclass
class Contest:
    """Systems over one landscape. The first asking warms up, and gives answers to compare and cold times.

    In each of ``rounds`` every system is asked ``in_a_row`` times before the next one is.
    """

    landscape: Landscape
    systems: Sequence[System]
    rounds: int
    keep: str = "rows"
    in_a_row: int = 1
    peaks: Mapping[str, Peaks] = field(init=False)

    def __post_init__(self) -> None:
        self.peaks = {one.name: Peaks() for one in self.systems} | {"stores": Peaks()}

    def hold(self, scenario: Scenario, questions: Mapping[str, str]) -> None:
        """Ask every question and add the cases and the memory to the scenario."""
        cases = {name: Case(name) for name in questions}
        answers: dict[str, dict[str, Sequence[Row]]] = {name: {} for name in questions}
        for system in self.systems:
            for name, sql in questions.items():
                cases[name].figures[system.name] = self._first(system, sql, answers[name])
            self.look()
        for name, sql in questions.items():
            self._compare(cases[name], answers.pop(name))
            self._rounds(cases[name], sql)
        scenario.cases += cases.values()
        scenario.memory = {name: peaks.bytes for name, peaks in self.peaks.items()}

    def look(self) -> None:
        """Note the memory of everything that runs."""
        for system in self.systems:
            self.peaks[system.name].look(system.processes())
        self.peaks["stores"].look(self.landscape.servers())

    def _first(self, system: System, sql: str, answers: dict[str, Sequence[Row]]) -> Figure:
        try:
            answer = system.ask(system.text(sql), keep=self.keep)
        except Failed as problem:
            return Figure(flaw=str(problem))
        if answer.rows is not None:
            answers[system.name] = answer.rows
        return Figure(cold=answer.seconds * 1000, rows=answer.count)

    def _compare(self, case: Case, answers: Mapping[str, Sequence[Row]]) -> None:
        """Against DuckDB, over local files where that takes part; without any, against the first that answered."""
        reference = next((name for name in (*_REFERENCES, *answers) if name in answers), "")
        for name, rows in answers.items():
            if name != reference and (found := difference(answers[reference], rows)):
                case.figures[name].flaw = f"not the answer of {reference}: {found}"

    def _rounds(self, case: Case, sql: str) -> None:
        texts = {one.name: one.text(sql) for one in self.systems if not case.figures[one.name].flaw}
        if _cold(case) < BUDGET / 2:  # what takes longer has warmed up by its first asking
            self._round(case, texts)
            for figure in case.figures.values():
                figure.values.clear()
        for number in range(self.rounds):
            if number >= LEAST and _spent(case) > BUDGET:
                break
            self._round(case, texts)
        for system in self.systems:
            if not case.figures[system.name].flaw:
                case.figures[system.name].moved |= system.moved(texts[system.name])
        self.look()

    def _round(self, case: Case, texts: Mapping[str, str]) -> None:
        for system in self.systems:
            figure = case.figures[system.name]
            if not figure.flaw:
                rested(pid for other in self.systems if other is not system for pid in other.processes().values())
                for _ in range(self.in_a_row):
                    self._timed(system, texts[system.name], figure)

    def _timed(self, system: System, text: str, figure: Figure) -> None:
        if figure.flaw:
            return
        pids = {name: pid for name, pid in self.landscape.servers().items() if name in _COUNTED}
        before = {name: written(pid) for name, pid in pids.items()}
        try:
            answer = system.ask(text)
        except Failed as problem:
            figure.flaw = str(problem)
            return
        if answer.count != figure.rows:
            figure.flaw = f"{answer.count} rows, and {figure.rows} when it was asked first"
            return
        figure.values.append(answer.seconds * 1000)
        for name, pid in pids.items():
            if sent := written(pid) - before[name]:
                figure.moved[f"{name} (sent)"] = {"bytes": sent}


def _cold(case: Case) -> float:
    """Seconds of the first asking."""
    return sum(figure.cold or 0.0 for figure in case.figures.values()) / 1000


def _spent(case: Case) -> float:
    """Seconds in the rounds so far."""
    return sum(sum(figure.values) for figure in case.figures.values()) / 1000
