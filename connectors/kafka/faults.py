"""Kafka's errors in the words of :mod:`connectors.errors`, and the complaints librdkafka makes in the background."""

import threading

from confluent_kafka import KafkaError

from connectors.errors import (
    SnapshotIncomplete,
    StoreChanged,
    StoreDataCorrupt,
    StoreDenied,
    StoreError,
    StoreTimeout,
    StoreUnavailable,
    TableUnknown,
)

# librdkafka's own errors have names that begin with "_", which is no mark of privacy there.
_DENIED = {
    "_AUTHENTICATION",
    "SASL_AUTHENTICATION_FAILED",
    "UNSUPPORTED_SASL_MECHANISM",
    "ILLEGAL_SASL_STATE",
    "TOPIC_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED",
}
_UNREACHABLE = {"_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "_SSL"}
_UNKNOWN = {
    "UNKNOWN_TOPIC_OR_PART",
    "_UNKNOWN_TOPIC",
    "_UNKNOWN_PARTITION",
    "TOPIC_EXCEPTION",
    "UNKNOWN_TOPIC_ID",
    "INCONSISTENT_TOPIC_ID",
}
_LOST = {"OFFSET_OUT_OF_RANGE", "_AUTO_OFFSET_RESET"}
_SILENT = {"_TIMED_OUT", "_TIMED_OUT_QUEUE", "REQUEST_TIMED_OUT"}
_LEADERLESS = {"_NOENT", "LEADER_NOT_AVAILABLE", "NOT_LEADER_FOR_PARTITION", "REPLICA_NOT_AVAILABLE"}
_CORRUPT = {"_BAD_MSG", "_BAD_COMPRESSION", "INVALID_MSG"}


class Complaints:
    """The last thing that went wrong in a client's background threads since it last worked. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._denied = self._unreachable = False

    def hear(self, error: KafkaError) -> None:
        """librdkafka's ``error_cb``."""
        with self._lock:
            self._denied = self._denied or error.name() in _DENIED
            self._unreachable = self._unreachable or error.name() in _UNREACHABLE

    def forget(self) -> None:
        """The client works: what was said before is past."""
        with self._lock:
            self._denied = self._unreachable = False

    @property
    def denied(self) -> bool:
        """Whether the broker refused the credentials."""
        return self._denied

    @property
    def unreachable(self) -> bool:
        """Whether no connection could be made, or one broke."""
        return self._unreachable

    def silence(self) -> StoreError:
        """Why there was no answer in time."""
        if self._denied:
            return denied()
        return unavailable() if self._unreachable else silent()


def denied(topic: str = "") -> StoreDenied:
    """The credentials, or the rights on a topic, do not suffice."""
    what = f"reading the topic {topic!r}" if topic else "the gateway's credentials"
    hint = "The gateway needs Describe and Read on the topic." if topic else "Check username, password and mechanism."
    return StoreDenied(f"The Kafka cluster refuses {what}.", hint=hint)


def unavailable() -> StoreUnavailable:
    """No broker can be reached."""
    return StoreUnavailable("No Kafka broker can be reached.", hint="Check that the cluster is up, then try again.")


def silent() -> StoreTimeout:
    """A broker is there and does not answer."""
    return StoreTimeout("The Kafka cluster did not answer in time.", hint="Try again, or raise request_timeout.")


def unknown(topic: str) -> TableUnknown:
    """There is no such topic."""
    return TableUnknown(
        f"The Kafka cluster has no topic {topic!r}.",
        hint="Check physicalName in the contract, and the gateway's rights.",
    )


def changed(topic: str) -> StoreChanged:
    """The topic under the snapshot is not the same any more."""
    return StoreChanged(f"The topic {topic!r} was deleted or recreated while it was read.", hint="Run the query again.")


def incomplete(topic: str, partition: int, start: int, end: int) -> SnapshotIncomplete:
    """Retention was faster than the reader."""
    return SnapshotIncomplete(
        f"Retention has deleted records of the topic {topic!r}, partition {partition}, within the offsets "
        f"{start} to {end} that the snapshot must hold.",
        hint="Run the query again: a new snapshot starts where the topic starts now.",
    )


def is_about_groups(error: KafkaError) -> bool:
    """Whether an error only concerns consumer groups: who assigns itself partitions needs none."""
    return "GROUP" in error.name() or "COORDINATOR" in error.name()


def lost_offsets(error: KafkaError) -> bool:
    """Whether offsets that were asked for do not exist any more."""
    return error.name() in _LOST


def end_of_partition(error: KafkaError) -> bool:
    """Whether this is no failure but the news that a partition has no more to give."""
    return error.name() == "_PARTITION_EOF"


class Leaderless(StoreUnavailable):
    """A partition has no leader just now: it was made, or its broker started, a moment ago."""


def leaderless(topic: str) -> Leaderless:
    """The error for a topic of which a partition cannot be asked yet."""
    return Leaderless(f"A partition of the topic {topic!r} has no leader now.", hint="Try again in a moment.")


def fault(error: KafkaError, topic: str, complaints: Complaints, *, reading: bool = False) -> StoreError:
    """One error of librdkafka or the broker, about a topic; ``reading`` when the topic was there before."""
    code = error.name()
    if code in _DENIED:
        return denied(topic if code == "TOPIC_AUTHORIZATION_FAILED" else "")
    if code in _UNKNOWN:
        return changed(topic) if reading else unknown(topic)
    if code in _UNREACHABLE:
        # A broker that refuses a login closes the connection; only the complaint before tells the two apart.
        return denied() if complaints.denied else unavailable()
    if code in _SILENT:
        return complaints.silence()
    if code in _LEADERLESS:
        return leaderless(topic)
    if code in _CORRUPT:
        return StoreDataCorrupt(f"The broker sent damaged records of the topic {topic!r}.", hint="Check the brokers.")
    return StoreError(f"Kafka failed on the topic {topic!r} with {code}.")
