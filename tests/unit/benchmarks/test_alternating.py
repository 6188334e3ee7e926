"""Asking in turn: how many rounds a case gets, and which answers keep a time from counting."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from benchmarks.alternating import BUDGET, LEAST, Contest
from benchmarks.results import Case, Scenario
from benchmarks.systems import Answer, Failed

LANDSCAPE = SimpleNamespace(servers=dict)


@dataclass
class Fake:
    """A system that answers in ``seconds`` with what is next in ``answers``, the last of them for ever."""

    name: str
    seconds: float = 0.1
    answers: list[list[tuple[int, ...]]] = field(default_factory=lambda: [[(1,)]])
    asked: int = 0
    fails_at: int = -1
    log: list[str] = field(default_factory=list)

    def text(self, sql: str) -> str:
        return sql

    def ask(self, text: str, *, keep: str = "") -> Answer:
        rows = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        self.log.append(self.name)
        if self.asked == self.fails_at:
            raise Failed("gone")
        return Answer(self.seconds, len(rows), rows if keep else ())

    def moved(self, text: str) -> dict[str, dict[str, int]]:
        return {}

    def processes(self) -> dict[str, int]:
        return {}

    def close(self) -> None:
        pass


def held(rounds: int, *systems: Fake) -> Case:
    scenario = Scenario("s", "")
    Contest(LANDSCAPE, systems, rounds).hold(scenario, {"q": "SELECT 1"})  # type: ignore[arg-type]
    return scenario.cases[0]


def test_every_system_has_a_cold_time_a_warm_up_and_the_rounds():
    ours, theirs = Fake("gateway"), Fake("trino", 0.2)
    figures = held(4, ours, theirs).figures
    assert [ours.asked, theirs.asked] == [6, 6]
    assert figures["gateway"].cold == 100
    assert figures["trino"].values == [200] * 4


def test_small_questions_are_asked_in_a_row_and_a_failure_ends_the_row():
    asked: list[str] = []
    scenario, ours, theirs = Scenario("s", ""), Fake("gateway", log=asked), Fake("trino", fails_at=6, log=asked)
    Contest(LANDSCAPE, (ours, theirs), 2, in_a_row=3).hold(scenario, {"q": "SELECT 1"})  # type: ignore[arg-type]
    one, other = ["gateway"], ["trino"]
    assert asked == one + other + 3 * one + 3 * other + 3 * one + 2 * other + 3 * one
    assert len(scenario.cases[0].figures["gateway"].values) == 6
    assert scenario.cases[0].figures["trino"].flaw == "gone"


def test_no_further_round_is_begun_when_the_budget_is_spent():
    slow = Fake("trino", BUDGET / 4)
    figures = held(20, Fake("gateway", 0.0), slow).figures
    assert len(figures["trino"].values) == 5  # the fifth began when exactly the budget was spent
    assert len(figures["gateway"].values) == 5


def test_what_takes_long_warms_up_once():
    slow = Fake("gateway", BUDGET)
    assert len(held(1, slow).figures["gateway"].values) == 1
    assert slow.asked == 2


@pytest.mark.parametrize(("rounds", "given"), [(5, LEAST), (2, 2)])
def test_the_slowest_case_gets_the_least_number_of_rounds(rounds: int, given: int):
    assert len(held(rounds, Fake("gateway", 10 * BUDGET)).figures["gateway"].values) == given


def test_an_answer_that_differs_does_not_count_and_is_not_asked_again():
    wrong = Fake("trino", answers=[[(2,)]])
    figure = held(3, Fake("gateway"), wrong).figures["trino"]
    assert figure.flaw == "not the answer of gateway: row 0, column 0: 1 and 2"
    assert (figure.values, wrong.asked) == ([], 1)


def test_duckdb_is_what_others_are_compared_with_wherever_it_stands():
    figures = held(3, Fake("gateway", answers=[[(2,)]]), Fake("duckdb-attach"), Fake("trino")).figures
    assert figures["gateway"].flaw == "not the answer of duckdb-attach: row 0, column 0: 1 and 2"
    assert figures["trino"].flaw == ""
    figures = held(3, Fake("gateway"), Fake("duckdb-attach", answers=[[(2,)]]), Fake("duckdb-local")).figures
    assert figures["duckdb-attach"].flaw == "not the answer of duckdb-local: row 0, column 0: 1 and 2"


def test_an_answer_that_becomes_shorter_does_not_count():
    shrinks = Fake("gateway", answers=[[(1,), (2,)], [(1,), (2,)], [(1,)]])
    assert held(3, shrinks).figures["gateway"].flaw == "1 rows, and 2 when it was asked first"


def test_a_system_that_fails_in_a_round_does_not_count():
    case = held(3, Fake("gateway"), Fake("trino", fails_at=4))
    assert case.figures["trino"].flaw == "gone"
    assert case.figures["gateway"].values == [100] * 3
