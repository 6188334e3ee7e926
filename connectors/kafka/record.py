"""A record as this connector uses it; :class:`confluent_kafka.Message` has this shape once it came from a broker."""

from typing import Protocol

from confluent_kafka import KafkaError


class Record(Protocol):
    """One record, or an event in its place (``error`` tells). Timestamps are (kind, ms), of kind 0 when not there."""

    def error(self) -> KafkaError | None: ...  # noqa: D102
    def partition(self) -> int: ...  # noqa: D102
    def offset(self) -> int: ...  # noqa: D102
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102
    def key(self) -> bytes | None: ...  # noqa: D102
    def value(self) -> bytes | None: ...  # noqa: D102
