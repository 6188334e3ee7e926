"""Asking several systems the same questions in turn, A B A B …, and counting a time only where the answers agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.equality import Row, difference
from benchmarks.landscape import Landscape
from benchmarks.processes import Peaks, written
from benchmarks.results import Case, Figure, Scenario
from benchmarks.systems import Failed, System

_COUNTED = ("s3", "kafka")


@dataclass
class Contest:
    """Systems over one landscape. The first asking warms up, and gives answers to compare and cold times."""

    landscape: Landscape
    systems: Sequence[System]
    rounds: int
    keep: str = "rows"
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
        """Against the first system that answered: it is DuckDB over local files where that takes part."""
        reference = next(iter(answers), "")
        for name, rows in answers.items():
            if name != reference and (found := difference(answers[reference], rows)):
                case.figures[name].flaw = f"not the answer of {reference}: {found}"

    def _rounds(self, case: Case, sql: str) -> None:
        texts = {one.name: one.text(sql) for one in self.systems if not case.figures[one.name].flaw}
        for number in range(self.rounds + 1):
            for system in self.systems:
                figure = case.figures[system.name]
                if not figure.flaw:
                    self._timed(system, texts[system.name], figure)
                    del figure.values[: number == 0]  # the second asking still warms up
        for system in self.systems:
            if not case.figures[system.name].flaw:
                case.figures[system.name].moved |= system.moved(texts[system.name])
        self.look()

    def _timed(self, system: System, text: str, figure: Figure) -> None:
        pids = {name: pid for name, pid in self.landscape.servers().items() if name in _COUNTED}
        before = {name: written(pid) for name, pid in pids.items()}
        try:
            answer = system.ask(text)
        except Failed as problem:
            figure.flaw = str(problem)
            return
        figure.values.append(answer.seconds * 1000)
        for name, pid in pids.items():
            if sent := written(pid) - before[name]:
                figure.moved[f"{name} (sent)"] = {"bytes": sent}
