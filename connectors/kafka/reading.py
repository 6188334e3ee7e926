"""Reads exact offset ranges of a topic. The end is a position, never a count of records."""

import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connectors.call import Call
from connectors.kafka import faults
from connectors.kafka.broker import Broker
from connectors.kafka.record import Record

BATCH = 500
"""Messages asked for at once: few enough that Python does not search them for cycles; :mod:`raw` lets them go."""
# A broker that answers but sends nothing may be skipping over a large aborted transaction: it gets this much longer.
PATIENCE = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition in order of offset, none beyond the range, and the offset reached after them."""

    partition: int
    messages: list[Record]
    reached: int


def read(broker: Broker, topic: str, ranges: Mapping[int, tuple[int, int]], call: Call) -> Generator[Batch]:
    """Every committed record of ``ranges`` (partition → [start, end)); a partition's last batch has reached its end.

    Raises SnapshotIncomplete when retention deletes what is still to be read, StoreUnavailable and StoreTimeout
    when nothing comes, StoreChanged when the topic goes away, and whatever ends the call.
    """
    complaints = faults.Complaints()
    consumer = broker.consumer(complaints)
    try:
        consumer.assign([TopicPartition(topic, partition, start) for partition, (start, _) in ranges.items()])
        yield from _Reading(broker, consumer, complaints, topic, ranges, call).batches()
    except KafkaException as error:
        raise faults.fault(error.args[0], topic, complaints, reading=True) from error
    finally:
        consumer.close()


class _Reading:
    def __init__(
        self,
        broker: Broker,
        consumer: Consumer,
        complaints: faults.Complaints,
        topic: str,
        ranges: Mapping[int, tuple[int, int]],
        call: Call,
    ) -> None:
        self._broker, self._consumer, self._complaints = broker, consumer, complaints
        self._topic, self._ranges, self._call = topic, ranges, call
        self._ends = {partition: end for partition, (_, end) in ranges.items()}
        self._progress = time.monotonic()

    def batches(self) -> Iterator[Batch]:
        while self._ends:
            self._call.check()
            events = self._consume(BATCH, 0) or self._consume(1, 0.1)
            if not events:
                self._check_silence()
                continue
            self._progress = time.monotonic()
            self._complaints.forget()
            yield from self._sorted(events)
            # Decoding and writing what was yielded is not the broker's silence.
            self._progress = time.monotonic()

    def _sorted(self, events: list[Record]) -> Iterator[Batch]:
        origins = {None if event.error() else event.partition() for event in events}
        if len(origins) == 1 and (only := origins.pop()) is not None:
            if only in self._ends:
                yield self._batch(only, events)
            return
        records: dict[int, list[Record]] = defaultdict(list)
        marks: list[tuple[int, int, KafkaError]] = []
        for event in events:
            if error := event.error():
                marks.append((event.partition(), event.offset(), error))
            else:
                records[event.partition()].append(event)
        for partition, messages in records.items():
            if partition in self._ends:
                yield self._batch(partition, messages)
        for mark in marks:
            if (ended := self._after(*mark)) is not None:
                yield ended

    def _batch(self, partition: int, messages: list[Record]) -> Batch:
        end = self._ends[partition]
        reached = messages[-1].offset() + 1
        if reached >= end:
            self._finish(partition)
            return Batch(partition, [message for message in messages if message.offset() < end], end)
        return Batch(partition, messages, reached)

    def _consume(self, count: int, seconds: float) -> list[Record]:
        return cast(list[Record], self._consumer.consume(count, timeout=seconds))

    def _after(self, partition: int, offset: int, error: KafkaError) -> Batch | None:
        """What an event that is no record means: the end of a partition, nothing, or a failure."""
        if faults.end_of_partition(error):
            if partition in self._ends and offset >= self._ends[partition]:
                return Batch(partition, [], self._finish(partition))
            return None
        if faults.lost_offsets(error) and partition in self._ends:
            raise faults.incomplete(self._topic, partition, *self._ranges[partition])
        finished = partition >= 0 and partition not in self._ends
        if finished or error.retriable() or faults.is_about_groups(error):
            return None
        raise faults.fault(error, self._topic, self._complaints, reading=True)

    def _finish(self, partition: int) -> int:
        """Fetch no more of a partition; returns its end."""
        with suppress(KafkaException):
            self._consumer.incremental_unassign([TopicPartition(self._topic, partition)])
        return self._ends.pop(partition)

    def _check_silence(self) -> None:
        silent = time.monotonic() - self._progress
        limit = self._broker.timeout
        if self._complaints.denied or silent > limit * PATIENCE:
            raise self._complaints.silence()
        # The first question comes early when connections are failing: the client must hear of a dead broker soon.
        if silent > (limit / 2 if self._complaints.unreachable else limit) and not self._broker.is_alive():
            raise faults.unavailable()
