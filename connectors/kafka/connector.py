"""The Kafka connector: topics are tables, read in place from segments that each snapshot brings up to date."""

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from connectors.call import Call
from connectors.errors import HeadgateError, StoreError, StoreRejected
from connectors.kafka import faults, options, retire
from connectors.kafka.broker import Broker, Frozen
from connectors.kafka.columns import EXTRAS, check_format, declared, fingerprint
from connectors.kafka.manifest import Segment
from connectors.kafka.segments import pinned
from connectors.kafka.topic import Topic
from connectors.spi import Capabilities, Description, Estimate, Fragment, Hints, Scan, Snapshot, Stream, Surroundings
from connectors.spi import Table as SpiTable

_TOPIC_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
_ROUGH_RECORD = 200
Key = tuple[str, str]


@dataclass(frozen=True)
class KafkaSnapshot:
    """Topics between frozen offsets. ``version`` names topic, its id and each partition's range, or is their hash."""

    version: str
    files: Mapping[Key, tuple[tuple[str, ...], tuple[Segment, ...]]]


class KafkaConnector:
    """One Kafka cluster. The four columns ``_partition _offset _timestamp _key`` are there beside the contract's."""

    capabilities = Capabilities(in_place=True)

    def __init__(self, name: str, broker: Broker, surroundings: Surroundings) -> None:
        self.name = name
        self._broker = broker
        self._surroundings = surroundings
        self._state = surroundings.state / name
        self._topics: dict[Key, Topic] = {}
        self._lock = threading.Lock()

    def describe(self, table: SpiTable, call: Call) -> Description:
        """The contract's columns and the four extras; rows are at most those that the offsets leave room for.

        Raises TableUnknown, and StoreSchemaMismatch for formats and types that cannot be decoded.
        """
        with self._naming():
            check_format(table)
            columns = declared(table) if table.columns else ()
            frozen = self._freeze([table], call)[table.name]
            return Description((*columns, *EXTRAS), ("_partition", "_offset"), frozen.rows)

    @contextmanager
    def snapshot(self, tables: Sequence[SpiTable], call: Call) -> Iterator[Snapshot]:
        """Freeze the topics' offsets together, bring their segments up to there, and hold those segments."""
        with ExitStack() as held:
            with self._naming():
                taken = self._take(tables, call, held)
            yield taken

    def estimate(self, fragment: Fragment) -> Estimate | None:
        """Records between the ends of the topics; None while the cluster cannot be asked."""
        tables = [table for _, table in fragment.tables]
        try:
            frozen = self._freeze(tables, Call(timeout=self._broker.timeout))
        except HeadgateError:
            return None
        rows = sum(frozen[table.name].rows for table in tables)
        return Estimate(rows, rows * _ROUGH_RECORD, "offsets")

    def open(self, fragment: Fragment, snapshot: Snapshot, hints: Hints, call: Call) -> Stream:  # noqa: ARG002
        """Topics are scanned in place; nothing is computed by the cluster."""
        raise StoreRejected("A Kafka cluster computes nothing; its topics are read in place.", store=self.name)

    def scan(self, table: SpiTable, snapshot: Snapshot) -> Scan:
        """The topic's segments, as pinned by the snapshot."""
        assert isinstance(snapshot, KafkaSnapshot)
        urls, held = snapshot.files[self._key(table)]
        rows, size = (sum(getattr(segment, what) for segment in held) for what in ("rows", "bytes"))
        return Scan(urls, table.columns, rows=rows, bytes=size)

    def render(self, fragment: Fragment) -> str:
        """The fragment as it stands: there is no other language."""
        return fragment.text

    def close(self) -> None:
        """Let the cluster's client go."""
        self._broker.close()

    def _take(self, tables: Sequence[SpiTable], call: Call, held: ExitStack) -> KafkaSnapshot:
        for table in tables:
            check_format(table)
        distinct = {self._key(table): table for table in tables}
        # Always in the same order, so that two queries over the same topics cannot wait for each other.
        topics = {key: self._topic(key, distinct[key]) for key in sorted(distinct)}
        files = {}
        with ExitStack() as locks:
            for topic in topics.values():
                locks.enter_context(topic.locked(call))
            frozen = self._freeze(tables, call)
            for key, topic in topics.items():
                segments = topic.catch_up(frozen[topic.name], self._broker, call)
                held.enter_context(topic.pinned(segments))
                files[key] = (self._pin(key, topic.directory, segments, held), segments)
                retire.retire_siblings(topic.directory)
        return KafkaSnapshot(_version(frozen), files)

    def _pin(self, key: Key, directory: Path, held: Sequence[Segment], stack: ExitStack) -> tuple[str, ...]:
        pins = [pinned(self.name, directory, "/".join(key), segment) for segment in held]
        return stack.enter_context(self._surroundings.files.pin(pins))

    def _freeze(self, tables: Sequence[SpiTable], call: Call) -> dict[str, Frozen]:
        for table in tables:
            if not _TOPIC_NAME.fullmatch(table.name):
                raise faults.unknown(table.name)
        return self._broker.freeze(sorted({table.name for table in tables}), call)

    def _key(self, table: SpiTable) -> Key:
        return table.name, fingerprint(declared(table))

    def _topic(self, key: Key, table: SpiTable) -> Topic:
        if not _TOPIC_NAME.fullmatch(table.name):
            raise faults.unknown(table.name)
        with self._lock:
            if key not in self._topics:
                self._topics[key] = Topic(self._state.joinpath(*key), table.name, declared(table))
            return self._topics[key]

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except HeadgateError as error:
            error.about(store=self.name)
            raise
        except (OSError, pa.ArrowException) as error:
            raise StoreError(
                "The gateway cannot keep the segments of a topic.", hint="Check the disk under it.", store=self.name
            ) from error


def _version(frozen: Mapping[str, Frozen]) -> str:
    parts = []
    for topic in sorted(frozen):
        ranges = ",".join(f"{number}:{low}-{end}" for number, (low, end) in sorted(frozen[topic].ranges.items()))
        parts.append(f"{topic}/{frozen[topic].id}[{ranges}]")
    text = " ".join(parts)
    return text if len(text) <= 160 else "kafka:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def connect(name: str, given: Mapping[str, object], surroundings: Surroundings) -> KafkaConnector:
    """Make the connector of a Kafka store; see :class:`connectors.kafka.options.Options`."""
    return KafkaConnector(name, Broker(name, options.parse(name, given)), surroundings)
