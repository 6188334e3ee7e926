"""Portions are kept in order, all of them, and none over a gap."""

import pyarrow as pa
import pytest

from connectors.kafka import keeping
from connectors.kafka.chunks import Decoded
from connectors.kafka.keeping import Keeping


def chunk(number):
    return Decoded({0: pa.table({"n": [number]})}, {0: number + 1})


def numbers(portion):
    return [number for made in portion for number in made.rows[0].column("n").to_pylist()]


@pytest.fixture
def kept():
    return []


def put(keep, numbers, failure=None):
    with Keeping(keep) as writing:
        for number in numbers:
            writing.put(chunk(number))
        if failure:
            raise failure


def test_all_is_kept_in_order_in_portions(monkeypatch, kept):
    monkeypatch.setattr(keeping, "PORTION_BYTES", 16)
    put(lambda portion: kept.append(numbers(portion)), range(5))
    assert kept == [[0, 1], [2, 3], [4]]


def test_what_was_put_is_kept_when_the_block_fails(kept):
    with pytest.raises(LookupError):
        put(lambda portion: kept.append(numbers(portion)), [0], LookupError())
    assert kept == [[0]]


def test_nothing_is_kept_after_a_portion_that_could_not_be(monkeypatch, kept):
    monkeypatch.setattr(keeping, "PORTION_BYTES", 1)

    def keep(portion):
        if numbers(portion) == [1]:
            raise OSError(28, "No space left on device")
        kept.append(numbers(portion))

    with pytest.raises(OSError, match="No space left"):
        put(keep, range(5))
    assert kept == [[0]]
