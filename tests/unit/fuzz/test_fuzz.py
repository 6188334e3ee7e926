"""A few hundred random questions over stores that are DuckDB themselves, and every case that was ever kept."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.errors import StoreValueError
from tests.fuzz import cases, data
from tests.fuzz.grammar import Grammar, Question
from tests.fuzz.placements import House, opened
from tests.fuzz.runner import UNPUSHED_EVERY, compare, made
from tests.fuzz.shrink import shrink
from tests.fuzz.verdict import difference

SEEDS = range(120)
_WORDS = ("LEFT JOIN", "ANTI JOIN", "EXISTS", "NOT IN (SELECT", "ROLLUP", "FILTER", "OVER (", "UNION", "WITH w", "CASE")
_WORDS += (
    "ROWS BETWEEN",
    "GROUPS BETWEEN",
    "EXCLUDE",
    "lag(",
    "nth_value(",
    "percent_rank(",
    "array_agg(",
    "string_agg(",
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with opened("duck") as made:
        yield made


def test_pushed_equals_duckdb_alone(house: House) -> None:
    for seed in SEEDS:
        question = made(seed)
        why, _ = compare(house, question, unpushed=seed % UNPUSHED_EVERY == 0)
        assert not why, f"seed {seed}: {why}\n{question.sql}"


@pytest.mark.parametrize("path", cases.saved(), ids=lambda path: path.stem)
def test_case(house: House, path: Path) -> None:
    question = cases.read(path)
    assert compare(house, question, unpushed=True)[0] == ""


def test_duckdb_is_asked_for_all_that_is_written_only_to_explain_a_failure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = {path.stem: cases.read(path) for path in cases.saved()}
    avoided, other = saved["overflow_that_the_optimiser_avoids"], saved["comparison_between"]

    def ask(sql: str, *, pushdown: bool = True) -> pa.Table:
        if pushdown:
            raise StoreValueError("too large")
        return house.expected(sql)

    monkeypatch.setattr(house.mesh, "ask", ask)
    assert compare(house, avoided) == ("", False)
    assert compare(house, other)[0].startswith("pushdown on: fails with")


def test_questions_are_many_and_repeatable() -> None:
    texts = [made(seed).sql for seed in range(2000)]
    assert [made(seed).sql for seed in range(20)] == texts[:20]
    assert len(set(texts)) > 1990
    assert not [word for word in _WORDS if sum(word in text for text in texts) < 10]
    assert Grammar(1, data.sources()).question() != Grammar(2, data.sources()).question()


def test_most_questions_have_an_answer_with_rows(house: House) -> None:
    found = [house.expected(made(seed).sql).num_rows for seed in range(60, 100)]
    assert sum(rows > 0 for rows in found) > 15


@pytest.mark.parametrize(
    ("question", "found", "why"),
    [
        (Question(""), [{"a": 1}, {"a": 2}], ""),
        (Question("", (0,)), [{"a": 1}, {"a": 2}], "the order"),
        (Question(""), [{"a": 2}, {"a": 2}], "the rows"),
        (Question("", (), limited=True), [{"a": 2}, {"a": 2}], ""),
        (Question(""), [{"a": 2}], "1 rows instead of 2"),
    ],
)
def test_what_counts_as_a_difference(question: Question, found: list[dict[str, int]], why: str) -> None:
    expected = pa.Table.from_pylist([{"a": 2}, {"a": 1}])
    assert difference(question, pa.Table.from_pylist(found), expected) == why


def test_nan_infinity_and_the_sign_of_zero_are_told_apart() -> None:
    def of(*values: float) -> pa.Table:
        return pa.table({"x": pa.array(values, pa.float64())})

    nan, inf = float("nan"), float("inf")
    assert difference(Question(""), of(nan, inf, -0.0), of(-0.0, nan, inf)) == ""
    assert difference(Question(""), of(0.0), of(-0.0)) == "the rows"
    assert difference(Question("SELECT DISTINCT"), of(0.0), of(-0.0)) == ""
    assert difference(Question(""), of(inf), of(nan)) == "the rows"
    assert difference(Question(""), pa.table({"x": [1]}), of(1.0)).startswith("types")


def test_a_failing_question_is_shrunk_to_what_makes_it_fail() -> None:
    question = Question(
        "SELECT a + 1 AS c0, upper(b) AS c1 FROM d.p AS x JOIN d.q AS y ON x.id = y.id "
        "WHERE x.n > 3 AND (y.m LIKE 'a%' OR x.k IS NULL) ORDER BY 1 LIMIT 3",
        (0,),
        limited=True,
    )
    smaller = shrink(question, lambda asked: "LIKE" in asked.sql)
    assert smaller.keys == ()
    assert "LIKE 'a%'" in smaller.sql
    assert not any(word in smaller.sql for word in ("JOIN", "ORDER", "OR", "UPPER"))


def test_a_case_is_read_as_it_was_kept(tmp_path: Path) -> None:
    question = Question("SELECT 1\nFROM d.p", (1, 0), limited=True)
    path = cases.save("one", question, "pushdown on:\nthe rows", tmp_path)
    assert cases.read(path) == question
    assert path.read_text().startswith("-- pushdown on: the rows\n")
