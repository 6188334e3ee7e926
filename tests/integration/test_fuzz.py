"""Twenty thousand random questions over the real stores, in every placement: the gateway answers as DuckDB alone."""

import pytest

from tests.fuzz import cases
from tests.fuzz.placements import PLACEMENTS, load, opened
from tests.fuzz.processes import shares
from tests.fuzz.runner import compare
from tests.landscape import Landscape, Options

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3]

SEED = 1_000_000
COUNTS = {"postgres": 11_000, "mixed": 3_500, "remixed": 1_500, "parquet": 2_500, "kafka": 1_500}


@pytest.fixture(scope="module")
def options(postgres_server, kafka_broker, s3_server) -> Options:
    return load(Landscape("fuzz", postgres_server, kafka_broker, s3_server))


def test_at_least_twenty_thousand_questions_are_asked() -> None:
    assert sum(COUNTS.values()) >= 20_000
    assert {*COUNTS, "duck"} == {*PLACEMENTS}


@pytest.mark.slow
@pytest.mark.parametrize("placement", COUNTS)
def test_random_questions(placement: str, options: Options) -> None:
    seed = SEED + 100_000 * list(COUNTS).index(placement)
    outcome = shares(placement, seed, COUNTS[placement], options)
    print(f"{placement}: {outcome.asked} questions from seed {seed}, {outcome.errors} errors, {outcome.seconds:.0f} s")
    assert outcome.asked == COUNTS[placement]
    assert outcome.errors < outcome.asked / 10
    told = [f"seed {failure.seed}: {failure.why}\n{failure.question.sql}" for failure in outcome.failures[:5]]
    assert not outcome.failures, f"{len(outcome.failures)} differences\n" + "\n".join(told)


def test_cases_that_were_kept(options: Options) -> None:
    with opened("postgres", options) as house:
        for path in cases.saved():
            assert compare(house, cases.read(path), unpushed=True)[0] == "", path.stem
