"""Topics of a real broker as tables: what a snapshot holds, and what the next one has to read."""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from confluent_kafka import IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import NewPartitions, OffsetSpec

from connectors.call import Call
from connectors.errors import CallCancelled, DeadlineExceeded, StoreDataCorrupt, StoreSchemaMismatch, TableUnknown
from connectors.files import PinnedFiles
from connectors.kafka import connect
from connectors.kafka import topic as topic_module
from connectors.spi import Column, Surroundings, Table

pytestmark = pytest.mark.kafka

COLUMNS = (
    Column("id", "BIGINT", nullable=False),
    Column("who", "VARCHAR"),
    Column("price", "DECIMAL(10,2)"),
    Column("at", "TIMESTAMP WITH TIME ZONE", source="played_at"),
)


class LocalFiles(PinnedFiles):
    """Pins, and lets a test read what is pinned with pyarrow, through the same positional reads."""

    def __init__(self):
        super().__init__()
        self.pinned = {}

    @contextmanager
    def pin(self, files):
        with super().pin(files) as urls:
            self.pinned.update(zip(urls, files, strict=True))
            yield urls

    def table(self, urls):
        files = [self.pinned[url] for url in urls]
        return pa.concat_tables([pq.read_table(pa.BufferReader(f.read_at(0, f.size))) for f in files])


class Bench:
    """A topic of its own, a producer, and a connector with its own state."""

    def __init__(self, server, state, partitions=1):
        self.server, self.topic, self.state = server, f"plays-{uuid4().hex[:8]}", state
        server.create_topic(self.topic, partitions)
        self.table = Table(self.topic, COLUMNS)
        self.reopen()

    def reopen(self):
        self.files = LocalFiles()
        self.connector = connect(
            "stream", {"bootstrap_servers": self.server.bootstrap}, Surroundings(self.files, self.state)
        )

    def send(self, *values, partition=0, **more):
        producer = Producer({"bootstrap.servers": self.server.bootstrap})
        for value in values:
            body = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
            producer.produce(self.topic, body, partition=partition, **more)
        assert producer.flush(10) == 0

    @contextmanager
    def snapshot(self, table=None, call=None):
        with self.connector.snapshot([table or self.table], call or Call(timeout=20)) as snapshot:
            scan = self.connector.scan(table or self.table, snapshot)
            yield scan, self.files.table(scan.urls)

    def rows(self, *names, table=None):
        with self.snapshot(table) as (_, found):
            ordered = found.sort_by([("_partition", "ascending"), ("_offset", "ascending")])
            return [tuple(row.values()) for row in ordered.select(list(names)).to_pylist()]

    def segment_files(self):
        return sorted(path.name for path in self.state.rglob("*.parquet"))


@pytest.fixture
def bench(kafka_broker, tmp_path):
    bench = Bench(kafka_broker, tmp_path)
    yield bench
    bench.connector.close()


@pytest.fixture
def consumed(monkeypatch):
    """The offsets that were read from the broker, as (partition, offset)."""
    seen = []
    read = topic_module.read

    def watched(*arguments):
        for batch in read(*arguments):
            seen.extend((batch.partition, message.offset()) for message in batch.messages)
            yield batch

    monkeypatch.setattr(topic_module, "read", watched)
    return seen


def ids(*numbers):
    return [{"id": number} for number in numbers]


def transaction(server, topic, values, *, commit):
    producer = Producer({"bootstrap.servers": server.bootstrap, "transactional.id": uuid4().hex})
    producer.init_transactions(20)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, json.dumps(value).encode(), partition=0)
    producer.flush(10)
    if commit is None:
        return producer
    (producer.commit_transaction if commit else producer.abort_transaction)(20)
    until_decided(server, topic)
    return None


def until_decided(server, topic, partition=0):
    """A transaction that has ended shows as such a moment later, when the broker has written so behind its records."""
    admin, place, deadline = server.admin(), TopicPartition(topic, partition), time.monotonic() + 10

    def end(level):
        return admin.list_offsets({place: OffsetSpec.latest()}, isolation_level=level)[place].result(10).offset

    while end(IsolationLevel.READ_COMMITTED) < end(IsolationLevel.READ_UNCOMMITTED):
        assert time.monotonic() < deadline


def test_values_and_the_four_extra_columns(bench):
    moment = 1_700_000_000_123
    bench.send(
        {"id": 1, "who": "ada", "price": 12.30, "played_at": "2026-01-02T03:04:05.5+01:00", "other": [1]},
        {"id": 2, "price": "0.10"},
        key="k1",
        timestamp=moment,
    )
    at, stamp = datetime(2026, 1, 2, 2, 4, 5, 500_000, tzinfo=UTC), datetime.fromtimestamp(moment / 1000, UTC)
    assert bench.rows("id", "who", "price", "played_at", "_partition", "_offset", "_timestamp", "_key") == [
        (1, "ada", Decimal("12.30"), at, 0, 0, stamp, "k1"),
        (2, None, Decimal("0.10"), None, 0, 1, stamp, "k1"),
    ]


def test_describe_adds_the_extras_and_counts_offsets(bench):
    bench.send(*ids(1, 2, 3))
    told = bench.connector.describe(bench.table, Call(timeout=10))
    assert [column.name for column in told.columns] == [
        "id", "who", "price", "at", "_partition", "_offset", "_timestamp", "_key",
    ]  # fmt: skip
    assert (told.rows, told.key) == (3, ("_partition", "_offset"))


def test_describe_refuses_other_formats_types_and_topics(bench):
    call = Call(timeout=10)
    with pytest.raises(StoreSchemaMismatch, match="has the format 'avro', which is not decoded"):
        bench.connector.describe(Table(bench.topic, COLUMNS, options=(("format", "avro"),)), call)
    with pytest.raises(StoreSchemaMismatch, match=r"'raw' of the topic .* has the type BLOB"):
        bench.connector.describe(Table(bench.topic, (Column("raw", "BLOB"),)), call)
    for name in ("no-such-topic", "../etc", ".."):
        with pytest.raises(TableUnknown, match="store 'stream'"):
            bench.connector.describe(Table(name, COLUMNS), call)


def test_an_empty_topic_is_an_empty_table_with_its_columns(bench):
    with bench.snapshot() as (scan, found):
        assert (found.num_rows, scan.rows) == (0, 0)
        assert found.schema.names == ["id", "who", "price", "played_at", "_partition", "_offset", "_timestamp", "_key"]


def test_the_next_snapshot_reads_only_what_is_new(bench, consumed):
    bench.send(*ids(*range(50)))
    assert len(bench.rows("id")) == 50
    bench.send(*ids(50, 51))
    assert bench.rows("id")[-2:] == [(50,), (51,)]
    assert consumed == [(0, offset) for offset in range(52)]
    bench.reopen()  # and what was read survives the process
    assert bench.rows("id") == [(number,) for number in range(52)]
    assert len(consumed) == 52


def test_partitions_are_read_each_to_its_own_end(kafka_broker, tmp_path):
    bench = Bench(kafka_broker, tmp_path, partitions=5)
    for partition in (0, 2, 4):
        bench.send(*ids(*range(partition + 1)), partition=partition)
    expected = [(p, o) for p in (0, 2, 4) for o in range(p + 1)]
    assert bench.rows("_partition", "_offset") == expected
    assert bench.rows("_partition", "_offset") == expected


def test_a_partition_that_was_added_is_read_with_the_others(bench):
    bench.send(*ids(1))
    assert bench.rows("id", "_partition") == [(1, 0)]
    admin = bench.server.admin()
    admin.create_partitions([NewPartitions(bench.topic, 3)])[bench.topic].result(10)
    bench.send(*ids(2), partition=2)
    assert bench.rows("id", "_partition") == [(1, 0), (2, 2)]


def test_a_topic_recreated_with_fewer_partitions_is_read_anew(kafka_broker, tmp_path):
    bench = Bench(kafka_broker, tmp_path, partitions=3)
    bench.send(*ids(1), partition=2)
    assert bench.rows("id", "_partition") == [(1, 2)]
    bench.server.delete_topic(bench.topic)
    bench.server.create_topic(bench.topic)
    bench.send(*ids(2))
    assert bench.rows("id", "_partition") == [(2, 0)]


def test_a_snapshot_does_not_move_while_the_topic_does(bench):
    bench.send(*ids(1, 2))
    with bench.connector.snapshot([bench.table], Call(timeout=10)) as first:
        bench.send(*ids(3))
        assert bench.rows("id") == [(1,), (2,), (3,)]
        bench.send(*ids(4))
        assert bench.rows("id") == [(1,), (2,), (3,), (4,)]
        urls = bench.connector.scan(bench.table, first).urls
        assert bench.files.table(urls).column("id").to_pylist() == [1, 2]
        assert first.version.endswith("[0:0-2]")


def test_aborted_transactions_do_not_show_and_do_not_hang(bench):
    transaction(bench.server, bench.topic, ids(1, 2), commit=True)
    transaction(bench.server, bench.topic, ids(90, 91, 92), commit=False)
    started = time.monotonic()
    assert bench.rows("id") == [(1,), (2,)]
    assert time.monotonic() - started < 3
    transaction(bench.server, bench.topic, ids(3), commit=True)
    transaction(bench.server, bench.topic, ids(93), commit=False)
    assert bench.rows("id") == [(1,), (2,), (3,)]


def test_a_topic_of_only_aborted_records_is_empty(bench):
    transaction(bench.server, bench.topic, ids(90), commit=False)
    assert bench.rows("id") == []
    assert bench.rows("id") == []


def test_an_open_transaction_bounds_the_snapshot_until_it_ends(bench):
    bench.send(*ids(1))
    open_one = transaction(bench.server, bench.topic, ids(2), commit=None)
    bench.send(*ids(3))
    assert bench.rows("id") == [(1,)]
    open_one.commit_transaction(20)
    until_decided(bench.server, bench.topic)
    assert bench.rows("id") == [(1,), (2,), (3,)]


def test_tombstones_are_left_out(bench):
    bench.send({"id": 1}, None, {"id": 2}, key="k")
    assert bench.rows("id", "_offset") == [(1, 0), (2, 2)]


def test_a_poison_record_names_its_place_and_keeps_what_came_before(bench, consumed):
    bench.send(*ids(1, 2, 3))
    bench.rows("id")
    bench.send(*ids(4), {"id": "secret-value"}, *ids(5))
    for _ in range(2):
        with pytest.raises(StoreDataCorrupt) as caught:
            bench.rows("id")
        assert f"topic '{bench.topic}', partition 0, offset 4, has no BIGINT in the column 'id'" in str(caught.value)
        assert "secret-value" not in str(caught.value)
    assert min(offset for _, offset in consumed[3:]) == 3


def test_deleted_records_are_no_part_of_the_next_snapshot(bench, consumed):
    bench.send(*ids(*range(10)))
    assert len(bench.rows("id")) == 10
    bench.server.delete_records(bench.topic, 0, 4)
    assert bench.rows("id") == [(number,) for number in range(4, 10)]
    bench.server.delete_records(bench.topic, 0, 10)
    assert bench.rows("id") == []
    bench.send(*ids(*range(10, 20)))
    bench.server.delete_records(bench.topic, 0, 15)
    assert bench.rows("id", "_offset") == [(number, number) for number in range(15, 20)]
    assert len(consumed) == 15


def test_a_recreated_topic_is_read_from_its_beginning(bench):
    bench.send(*ids(1, 2, 3))
    assert bench.rows("id") == [(1,), (2,), (3,)]
    bench.server.delete_topic(bench.topic)
    with pytest.raises(TableUnknown):
        bench.rows("id")
    bench.server.create_topic(bench.topic)
    bench.send(*ids(7, 8, 9, 10))
    assert bench.rows("id") == [(7,), (8,), (9,), (10,)]


def test_another_contract_over_the_same_topic_has_its_own_columns(bench, consumed):
    bench.send({"id": 1, "who": "ada"}, {"id": 2, "who": "bob"})
    other = Table(bench.topic, (Column("name", "VARCHAR", source="who"),))
    assert bench.rows("id") == [(1,), (2,)]
    assert bench.rows("who", "_offset", table=other) == [("ada", 0), ("bob", 1)]
    assert bench.rows("id") == [(1,), (2,)]
    assert len(consumed) == 4


def test_a_crash_between_segment_and_manifest_leaves_nothing_behind(bench, monkeypatch):
    bench.send(*ids(1, 2))
    bench.rows("id")
    bench.send(*ids(3, 4))

    def crash(*_):
        raise OSError("the machine went away")

    with monkeypatch.context() as broken:
        broken.setattr(topic_module.manifest, "save", crash)
        with pytest.raises(Exception, match="cannot keep the segments"):
            bench.rows("id")
    assert len(bench.segment_files()) == 2
    (next(bench.state.rglob("manifest.json")).parent / "manifest.json.new").write_text("{")
    bench.reopen()
    assert bench.rows("id") == [(1,), (2,), (3,), (4,)]
    assert len(bench.segment_files()) == 1


@pytest.mark.parametrize("harm", [b"", b'{"topic_id": "x"', b"[]", b'{"segments": 1}'])
def test_a_manifest_that_cannot_be_read_is_read_again_from_the_topic(bench, harm):
    bench.send(*ids(1, 2))
    bench.rows("id")
    next(bench.state.rglob("manifest.json")).write_bytes(harm)
    bench.reopen()
    assert bench.rows("id") == [(1,), (2,)]


def test_many_small_snapshots_leave_few_segments(bench):
    for number in range(40):
        bench.send(*ids(number))
        bench.rows("id")
    assert bench.rows("id") == [(number,) for number in range(40)]
    assert len(bench.segment_files()) < 8


def test_snapshots_at_the_same_time_share_the_reading(bench, consumed):
    bench.send(*ids(*range(5000)))
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(len(bench.rows("id")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert counts == [5000] * 4
    assert len(consumed) == 5000


def test_who_waits_for_another_query_keeps_its_own_deadline(bench):
    bench.send(*ids(1))
    bench.rows("id")
    (state,) = bench.connector._topics.values()
    with state.locked(Call()):
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            bench.connector.snapshot([bench.table], Call(timeout=0.3)).__enter__()
        cancelled = Call()
        threading.Timer(0.2, cancelled.cancel).start()
        with pytest.raises(CallCancelled):
            bench.connector.snapshot([bench.table], cancelled).__enter__()
        assert time.monotonic() - started < 2


def test_no_consumer_group_is_left_behind(bench):
    bench.send(*ids(1))
    bench.rows("id")
    admin = bench.server.admin()
    groups = admin.list_consumer_groups().result(10).valid
    assert not [group.group_id for group in groups if group.group_id.startswith("headgate")]


def test_two_topics_are_frozen_together(kafka_broker, tmp_path):
    one, two = (Bench(kafka_broker, Path(tmp_path)) for _ in range(2))
    one.send(*ids(1))
    two.send(*ids(2, 3))
    with one.connector.snapshot([one.table, two.table, one.table], Call(timeout=10)) as snapshot:
        scans = [one.connector.scan(table, snapshot) for table in (one.table, two.table)]
        assert [scan.rows for scan in scans] == [1, 2]
        assert [one.files.table(scan.urls).column("id").to_pylist() for scan in scans] == [[1], [2, 3]]
