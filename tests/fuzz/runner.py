"""Asks questions by the thousand, tells what differs, and shrinks it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from connectors.errors import HeadgateError, Kind
from tests.fuzz import data
from tests.fuzz.grammar import Grammar, Question
from tests.fuzz.placements import House, opened
from tests.fuzz.shrink import shrink
from tests.fuzz.verdict import difference
from tests.landscape import Options

UNPUSHED_EVERY = 20


@dataclass
class Failure:
    """A question that two ways answer differently."""

    seed: int
    question: Question
    why: str


@dataclass
class Outcome:
    """What a run came to: questions asked, those among them that ended in an error both ways, and differences."""

    asked: int = 0
    errors: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)


def made(seed: int) -> Question:
    """The question of a seed."""
    return Grammar(seed, data.sources()).question()


def run(placement: str, seeds: Iterable[int], options: Options | None = None) -> Outcome:
    """Ask the questions of all seeds under one placement."""
    outcome = Outcome()
    started = time.perf_counter()
    with opened(placement, options) as house:
        for seed in seeds:
            question = made(seed)
            why, failed = compare(house, question, unpushed=seed % UNPUSHED_EVERY == 0)
            outcome.asked += 1
            outcome.errors += failed
            if why:
                outcome.failures.append(Failure(seed, question, why))
    outcome.seconds = time.perf_counter() - started
    return outcome


def compare(house: House, question: Question, *, unpushed: bool = False) -> tuple[str, bool]:
    """What differs between the gateway and DuckDB alone (empty for nothing), and whether both failed."""
    expected: pa.Table | None
    try:
        expected = house.expected(question.sql)
    except duckdb.Error:
        expected = None
    for pushdown in (True, False) if unpushed else (True,):
        found, why = _asked(house, question, pushdown=pushdown)
        why = why or _told(house, question, found, expected)
        if why:
            return f"pushdown {'on' if pushdown else 'off'}: {why}", False
    return "", expected is None


def _asked(house: House, question: Question, *, pushdown: bool) -> tuple[pa.Table | HeadgateError, str]:
    try:
        return house.mesh.ask(question.sql, pushdown=pushdown), ""
    except HeadgateError as problem:
        return problem, f"{problem.code}: {problem.sentence}" if problem.kind is Kind.INTERNAL else ""
    except Exception as problem:
        return HeadgateError("untyped"), f"{type(problem).__name__}: {problem}"


def _told(house: House, question: Question, found: pa.Table | HeadgateError, expected: pa.Table | None) -> str:
    if isinstance(found, pa.Table) and expected is not None:
        return difference(question, found, expected)
    if isinstance(found, HeadgateError) and expected is None:
        return ""
    if isinstance(found, HeadgateError):
        # Which rows an expression meets that fails on some of them is open: a join or a filter may come first. So an
        # answer where DuckDB alone fails is no difference, and for the reverse the unpushed way decides, or DuckDB
        # itself: it may answer only because its optimiser drops what fails.
        again, _ = _asked(house, question, pushdown=False)
        open_to_order = isinstance(again, HeadgateError) or house.fails_as_written(question.sql)
        return "" if open_to_order else f"fails with {found.code}: {found.sentence}"
    return ""


def shrunk(placement: str, failure: Failure, options: Options | None = None) -> tuple[Question, str]:
    """The smallest question found that fails like ``failure``, and what differs in it."""
    with opened(placement, options) as house:
        unpushed = failure.why.startswith("pushdown off")

        def fails(question: Question) -> bool:
            why, _ = compare(house, question, unpushed=unpushed)
            return bool(why) and _sort(why) == _sort(failure.why)

        smaller = shrink(failure.question, fails)
        why, _ = compare(house, smaller, unpushed=unpushed)
    return smaller, why or failure.why


def _sort(why: str) -> str:
    """What sort of difference it is: an error by the beginning of its text, whatever else is one."""
    way, _, told = why.partition(": ")
    return f"{way} {told[:30]}" if ":" in told else way
