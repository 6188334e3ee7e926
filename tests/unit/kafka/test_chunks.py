"""Decoding beside the reading: the same records in the same order, and nothing beyond what has failed."""

import pytest

from connectors.errors import StoreDataCorrupt, StoreUnavailable
from connectors.kafka import chunks
from connectors.kafka.chunks import decoded
from connectors.kafka.decode import Decoder
from connectors.kafka.reading import Batch
from connectors.spi import Column
from tests.unit.kafka.test_decode import Sent

DECODER = Decoder("plays", (Column("id", "BIGINT"),))


def batch(partition, *offsets, bad=(), gone=()):
    def body(offset):
        return None if offset in gone else b'{"id":"no"}' if offset in bad else b'{"id":%d}' % offset

    return Batch(partition, [Sent(body(offset), offset) for offset in offsets], offsets[-1] + 1)


def given(batches):
    """What came out, per partition: offsets of its rows, offset reached. And the failure at the end, if any."""
    rows, reached, failure = {}, {}, None
    try:
        for chunk in decoded(batches, DECODER):
            reached |= chunk.reached
            for partition, table in chunk.rows.items():
                assert table.column("id").to_pylist() == table.column("_offset").to_pylist()
                assert set(table.column("_partition").to_pylist()) <= {partition}
                rows.setdefault(partition, []).extend(table.column("_offset").to_pylist())
    except Exception as error:
        failure = error
    return rows, reached, failure


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_rows_come_in_order_whatever_is_decoded_together(monkeypatch, size):
    monkeypatch.setattr(chunks, "ROWS", size)
    batches = [batch(n % 3, *range(10 * n, 10 * n + 5), gone={10 * n + 2}) for n in range(20)]
    rows, reached, failure = given([*batches, Batch(1, [], 500)])
    assert failure is None
    assert rows == {p: [10 * n + i for n in range(p, 20, 3) for i in (0, 1, 3, 4)] for p in range(3)}
    assert reached == {0: 185, 1: 500, 2: 175}


def test_many_bytes_are_decoded_apart_as_many_rows_are(monkeypatch):
    monkeypatch.setattr(chunks, "BYTES", 1)
    assert len(list(decoded([batch(0, n) for n in range(9)], DECODER))) == 10


def test_what_came_before_the_reading_failed_is_given(monkeypatch):
    monkeypatch.setattr(chunks, "ROWS", 4)
    gone = StoreUnavailable("No Kafka broker can be reached.")

    def failing():
        yield from (batch(0, n, n + 1) for n in range(0, 18, 2))
        raise gone

    assert given(failing()) == ({0: list(range(18))}, {0: 18}, gone)


@pytest.mark.parametrize("size", [1, 4])
def test_nothing_is_given_after_a_record_that_does_not_decode(monkeypatch, size):
    monkeypatch.setattr(chunks, "ROWS", size)
    rows, reached, failure = given([batch(0, n, n + 1, bad={9}) for n in range(0, 40, 2)])
    assert rows == {0: list(range(8))}
    assert reached == {0: 8}
    assert isinstance(failure, StoreDataCorrupt)
    assert "partition 0, offset 9, has no BIGINT" in failure.sentence


def test_the_reading_is_not_ahead_of_the_decoding_by_more_than_a_few_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "ROWS", 1)
    asked = []

    def endless():
        for number in range(1000):
            asked.append(number)
            yield batch(0, number)

    out = decoded(endless(), DECODER)
    next(out)
    assert len(asked) <= chunks.AHEAD + 1
    out.close()
