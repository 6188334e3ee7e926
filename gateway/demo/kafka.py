"""The plays as a Kafka topic: JSON values, made and handed to librdkafka in columns, not one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

TOPIC = "plays"
PARTITIONS = 4

_CHUNK = 50_000
_SECONDS = 60.0
_QUIET = {"log_level": 3}
# The embedded broker keeps only 5 MB of each partition, so batches are large and well compressed.
_SENDING = {
    "compression.type": "zstd",
    "compression.level": 9,
    "linger.ms": 100,
    "batch.size": 950_000,
    "batch.num.messages": 100_000,
    "queue.buffering.max.messages": 2_000_000,
    "queue.buffering.max.kbytes": 1_000_000,
}


class TopicIncomplete(Exception):
    """The broker did not take, or did not keep, every play."""


@contextmanager
def embedded_broker() -> Iterator[str]:
    """librdkafka's own broker, listening on a free loopback port for the length of the block; yields its address."""
    owner = Producer({"test.mock.num.brokers": 1, **_QUIET})
    try:
        brokers = owner.list_topics(timeout=5).brokers.values()
        yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    finally:
        owner.close()


def load_plays(bootstrap: str, plays: pa.Table) -> None:
    """Send every play to the topic and see that the broker holds them all; raises :class:`TopicIncomplete`.

    Time order holds within a partition: play *n* goes to partition *n* modulo :data:`PARTITIONS`.
    """
    producer = Producer({"bootstrap.servers": bootstrap, **_SENDING, **_QUIET})
    try:
        for partition, values in _messages(plays):
            producer.produce_batch(TOPIC, values, partition=partition)
        left = producer.flush(_SECONDS)
    except (BufferError, KafkaException) as problem:
        raise TopicIncomplete("The broker does not take the plays.") from problem
    finally:
        producer.close()
    held = _held(bootstrap)
    if left or held != plays.num_rows:
        raise TopicIncomplete(f"The broker holds {held:,} of {plays.num_rows:,} plays; choose a smaller --scale.")


def as_json(plays: pa.Table) -> pa.StringArray:
    """One JSON object per play; ``shuffled`` is left out where it is unknown, as old players do."""
    column = {name: plays[name].combine_chunks() for name in plays.column_names}
    moment = pc.replace_substring(pc.cast(column["played_at"], pa.utf8()), " ", "T")
    shuffled = pc.if_else(column["shuffled"], ',"shuffled":true}', ',"shuffled":false}')
    parts = ['{"play_id":', _text(column["play_id"]), ',"listener_id":', _text(column["listener_id"])]
    parts += [',"song_id":', _text(column["song_id"]), ',"played_at":"', moment, '","device":"', column["device"]]
    parts += ['","ms_played":', _text(column["ms_played"]), pc.coalesce(shuffled, "}")]
    return pc.binary_join_element_wise(*parts, "")


def _messages(plays: pa.Table) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Batches for one partition each, going through the partitions in turns."""
    for start in range(0, plays.num_rows, _CHUNK):
        values = as_json(plays.slice(start, _CHUNK)).to_pylist()
        for partition in range(PARTITIONS):
            first = (partition - start) % PARTITIONS
            yield partition, [{"value": value} for value in values[first::PARTITIONS]]


def _held(bootstrap: str) -> int:
    """How many records the topic holds, by its watermarks."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "headgate-demo", **_QUIET})
    try:
        marks = [
            consumer.get_watermark_offsets(TopicPartition(TOPIC, partition), timeout=10)
            for partition in range(PARTITIONS)
        ]
        return sum(high - low for low, high in marks)
    finally:
        consumer.close()


def _text(column: pa.Array) -> pa.StringArray:
    return pc.cast(column, pa.utf8())
