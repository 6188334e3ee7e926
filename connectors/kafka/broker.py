"""Questions to the cluster: which topic is it, and between which offsets does it lie right now."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import OffsetSpec as _OffsetSpec  # type: ignore[attr-defined]

from connectors.call import Call
from connectors.errors import ConnectorMisconfigured, StoreUnavailable
from connectors.kafka import faults
from connectors.kafka.options import Options, client_settings, reading_settings

LOG = logging.getLogger(__name__)
SLICE = 0.05
Asked = Mapping[Any, Future[Any]]
OFFSETS: Any = _OffsetSpec  # untyped in the library


@dataclass(frozen=True, slots=True)
class Frozen:
    """A topic at one moment: its id ("" where the cluster has none) and per partition [low, end) of its offsets.

    ``end`` is the last stable offset: nothing at or above it is read, and nothing below it is undecided.
    """

    topic: str
    id: str
    ranges: Mapping[int, tuple[int, int]]

    @property
    def rows(self) -> int:
        """An upper bound of the number of records."""
        return sum(end - low for low, end in self.ranges.values())


class Broker:
    """One cluster. Thread-safe; connects on first use. Errors are :class:`connectors.errors.StoreError`."""

    def __init__(self, store: str, options: Options) -> None:
        self._store = store
        self._settings = client_settings(options)
        self._lock = threading.Lock()
        self._admin: AdminClient | None = None
        self._describes = False
        # As they were last. They are asked for each time, but their ends meanwhile: one way to the broker, not two.
        self._partitions: dict[str, list[int]] = {}
        self._closed = False
        self.timeout = options.request_timeout
        self.complaints = faults.Complaints()

    def freeze(self, topics: Sequence[str], call: Call) -> dict[str, Frozen]:
        """The extents of several topics, asked for together. Raises TableUnknown, StoreDenied, StoreUnavailable …

        A partition without a leader is waited for as long as a request may take: elections end in a moment.
        """
        deadline = time.monotonic() + self.timeout
        while True:
            call.check()
            try:
                return self._frozen(topics, call)
            except faults.Leaderless:
                if time.monotonic() > deadline or call.wait(SLICE):
                    raise

    def _frozen(self, topics: Sequence[str], call: Call) -> dict[str, Frozen]:
        guessed = {topic: self._partitions[topic] for topic in topics if topic in self._partitions}
        early = self._ends(guessed)
        found = self._topics(topics, call)
        numbers = {topic: partitions for topic, (_, partitions) in found.items()}
        self._partitions |= numbers
        low, end = (self._answers(asked, call) for asked in (early if guessed == numbers else self._ends(numbers)))
        for topic, number in low:
            if low[topic, number].offset < 0 or end[topic, number].offset < 0:
                raise faults.leaderless(topic)  # librdkafka's way to say that nobody answered for the partition
        return {
            topic: Frozen(
                topic,
                id_,
                {n: (low[topic, n].offset, max(low[topic, n].offset, end[topic, n].offset)) for n in partitions},
            )
            for topic, (id_, partitions) in found.items()
        }

    def _ends(self, partitions: Mapping[str, Sequence[int]]) -> tuple[Asked, Asked]:
        """Where these partitions begin and where they end: asked, not yet answered."""
        places = [TopicPartition(topic, number) for topic, numbers in partitions.items() for number in numbers]
        return self._offsets(places, OFFSETS.earliest()), self._offsets(places, OFFSETS.latest())

    def topic_id(self, topic: str, call: Call) -> str:
        """The identity of a topic, which a topic recreated under the same name does not share."""
        return self._topics([topic], call)[topic][0]

    def is_alive(self) -> bool:
        """Whether any broker answers within half a second."""
        try:
            return bool(self._client().list_topics(timeout=0.5).brokers)
        except KafkaException:
            return False

    def consumer(self, complaints: faults.Complaints) -> Consumer:
        """A new consumer; its owner closes it."""
        settings = reading_settings(self._settings) | {"error_cb": complaints.hear}
        return Consumer(settings, logger=LOG)

    def close(self) -> None:
        """Let the client go; its threads end with it. Later questions are refused."""
        with self._lock:
            self._closed = True
            self._admin = None

    def _client(self) -> AdminClient:
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"The store {self._store!r} is closed.", store=self._store)
            if self._admin is None:
                settings: Any = self._settings | {"error_cb": self.complaints.hear}
                try:
                    self._admin = AdminClient(settings, logger=LOG)
                except KafkaException as error:
                    # librdkafka names the setting and sometimes repeats its value, which may be a secret.
                    raise ConnectorMisconfigured(
                        f"The store {self._store!r} cannot be used: librdkafka refuses its settings.",
                        hint="Check security_protocol, sasl_mechanism and ssl_ca.",
                        store=self._store,
                    ) from error
            return self._admin

    def _topics(self, topics: Sequence[str], call: Call) -> dict[str, tuple[str, list[int]]]:
        if not self._describes:
            metadata = self._metadata(call)
            # Describing goes to the controller. A mock cluster has none, and so it has no topic ids either.
            self._describes = metadata.controller_id in metadata.brokers
            if not self._describes:
                return _listed(topics, metadata)
        asked = self._client().describe_topics(TopicCollection(list(topics)), request_timeout=self.timeout)
        found = self._answers(asked, call)
        return {
            topic: ("" if told.topic_id is None else str(told.topic_id), sorted(p.id for p in told.partitions))
            for topic, told in found.items()
        }

    def _metadata(self, call: Call) -> Any:
        """Of all topics, because asking an admin client for one by name may create it."""
        deadline = time.monotonic() + self.timeout
        client = self._client()
        while True:
            call.check()
            try:
                return client.list_topics(timeout=max(0.1, min(0.5, deadline - time.monotonic())))
            except KafkaException as error:
                client.poll(0)
                if self.complaints.denied or time.monotonic() >= deadline:
                    raise faults.fault(error.args[0], "", self.complaints) from error

    def _offsets(self, places: Iterable[TopicPartition], spec: Any) -> Asked:
        asked = dict.fromkeys(places, spec)
        if not asked:
            return {}
        client = self._client()
        return client.list_offsets(asked, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=self.timeout)

    def _answers(self, asked: Asked, call: Call) -> dict[Any, Any]:
        """Wait for all; keys become topic names, or (topic, partition) pairs."""
        self._wait(list(asked.values()), call)
        found = {}
        for key, future in asked.items():
            topic, name = (key, key) if isinstance(key, str) else (key.topic, (key.topic, key.partition))
            try:
                found[name] = future.result(timeout=0)
            except KafkaException as error:
                raise faults.fault(error.args[0], topic, self.complaints) from error
        self.complaints.forget()
        return found

    def _wait(self, futures: list[Future[Any]], call: Call) -> None:
        # librdkafka ends each request after ``timeout``; one second more is for a librdkafka that is stuck itself.
        deadline = time.monotonic() + self.timeout + 1
        client = self._client()
        while wait(futures, timeout=SLICE).not_done:
            call.check()
            client.poll(0)
            if self.complaints.denied or time.monotonic() > deadline:
                raise self.complaints.silence()
        client.poll(0)


def _listed(topics: Sequence[str], metadata: Any) -> dict[str, tuple[str, list[int]]]:
    for topic in topics:
        if topic not in metadata.topics:
            raise faults.unknown(topic)
    return {topic: ("", sorted(metadata.topics[topic].partitions)) for topic in topics}
