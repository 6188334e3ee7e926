"""Snapshots over librdkafka's mock cluster: fast, and what the demo runs on. Transactions need the real broker."""

import json
import os
import time

import duckdb
import pytest
from confluent_kafka import Producer
from sqlglot import exp

from connectors.call import Call
from connectors.errors import CallCancelled, StoreError, StoreRejected, StoreUnavailable, TableUnknown
from connectors.files import PinnedFiles
from connectors.kafka import chunks, connect, keeping, retire, segments
from connectors.kafka.manifest import NAME, Manifest, Segment, load, save
from connectors.registry import connect as registered
from connectors.spi import NO_HINTS, Column, Connector, Fragment, Surroundings, Table

TABLE = Table("plays", (Column("id", "BIGINT"), Column("Song", "VARCHAR", source="song")))


@pytest.fixture
def producer():
    return Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "replaced", "log_level": 0})


@pytest.fixture
def kafka(producer, tmp_path):
    (broker,) = producer.list_topics().brokers.values()
    options = {"bootstrap_servers": f"{broker.host}:{broker.port}", "request_timeout": 2}
    connector = connect("stream", options, Surroundings(PinnedFiles(), tmp_path))
    yield connector
    connector.close()


def send(producer, *records, topic="plays"):
    for record in records:
        producer.produce(topic, json.dumps(record), partition=record["id"] % 2)
    assert producer.flush(5) == 0


def version(kafka):
    with kafka.snapshot([TABLE], Call(timeout=5)) as snapshot:
        return snapshot.version


def rows_of(kafka, table):
    """The ids in a snapshot, as DuckDB reads them."""
    with duckdb.connect() as con, kafka.snapshot([table], Call(timeout=5)) as snapshot:
        con.register_filesystem(kafka._surroundings.files.filesystem())
        return con.execute(
            "SELECT id FROM read_parquet($1) ORDER BY 1", [list(kafka.scan(table, snapshot).urls)]
        ).fetchall()


def test_duckdb_reads_a_snapshot_through_the_pinned_filesystem(kafka, producer):
    send(producer, *({"id": number, "song": f"s{number}"} for number in range(10)))
    with duckdb.connect() as con, kafka.snapshot([TABLE], Call(timeout=5)) as snapshot:
        scan = kafka.scan(TABLE, snapshot)
        con.register_filesystem(kafka._surroundings.files.filesystem())
        told = con.execute(
            "SELECT _partition, count(*), min(id), max(song), max(_offset) FROM read_parquet($1) GROUP BY 1 ORDER BY 1",
            [list(scan.urls)],
        ).fetchall()
    assert told == [(0, 5, 0, "s8", 4), (1, 5, 1, "s9", 4)]
    assert (scan.rows, scan.columns) == (10, TABLE.columns)


def test_versions_differ_exactly_when_the_topic_does(kafka, producer):
    send(producer, {"id": 0})
    first = version(kafka)
    assert version(kafka) == first == "plays/[0:0-1,1:0-0,2:0-0,3:0-0]"
    send(producer, {"id": 1})
    assert version(kafka) == "plays/[0:0-1,1:0-1,2:0-0,3:0-0]"


def test_it_is_a_connector_found_by_its_kind(kafka):
    assert isinstance(kafka, Connector)
    assert registered("kafka") is connect
    assert kafka.capabilities.in_place
    assert not kafka.capabilities.claims


def test_estimates_count_offsets_and_nothing_is_opened(kafka, producer):
    send(producer, {"id": 1}, {"id": 2}, {"id": 3})
    fragment = Fragment(exp.select("*"), "SELECT id FROM plays", (("plays", TABLE),), TABLE.columns)
    told = kafka.estimate(fragment)
    assert (told.rows, told.source) == (3, "offsets")
    assert kafka.render(fragment) == "SELECT id FROM plays"
    with kafka.snapshot([TABLE], Call(timeout=5)) as snapshot, pytest.raises(StoreRejected):
        kafka.open(fragment, snapshot, NO_HINTS, Call())


def test_refusals_name_the_store(kafka, producer):
    send(producer, {"id": 1})
    with pytest.raises(TableUnknown, match="no topic 'songs'") as unknown:
        kafka.describe(Table("songs", TABLE.columns), Call(timeout=5))
    cancelled = Call()
    cancelled.cancel()
    with pytest.raises(CallCancelled):
        kafka.describe(TABLE, cancelled)
    kafka.close()
    with pytest.raises(StoreUnavailable, match="is closed"):
        kafka.describe(TABLE, Call(timeout=5))
    assert unknown.value.store == "stream"


def test_what_could_not_be_written_once_is_read_again_and_never_left_out(kafka, producer, monkeypatch):
    send(producer, *({"id": number, "song": "s"} for number in range(20)))
    write, failures = segments.write, [OSError(28, "No space left on device")]

    def failing_once(*arguments):
        if failures:
            raise failures.pop()
        return write(*arguments)

    monkeypatch.setattr(segments, "write", failing_once)
    monkeypatch.setattr(keeping, "PORTION_BYTES", 1)
    monkeypatch.setattr(chunks, "ROWS", 1)
    with pytest.raises(StoreError, match="cannot keep the segments of a topic"):
        version(kafka)
    with kafka.snapshot([TABLE], Call(timeout=5)) as snapshot:
        assert kafka.scan(TABLE, snapshot).rows == 20


def test_an_empty_topic_is_written_once_and_not_for_each_question(kafka, producer, tmp_path):
    producer.list_topics("plays")  # a mock cluster makes what it is asked for
    files = []
    for _ in range(2):
        with kafka.snapshot([TABLE], Call(timeout=5)) as snapshot:
            assert kafka.scan(TABLE, snapshot).rows == 0
        files.append([path.name for path in tmp_path.rglob("*.parquet")])
    assert len(files[0]) == 1
    assert files[1] == files[0]
    send(producer, {"id": 2})
    assert rows_of(kafka, TABLE) == [(2,)]


def test_a_shape_that_was_let_go_is_read_again(kafka, producer, tmp_path):
    send(producer, {"id": 1, "song": "a"})
    other = Table("plays", (Column("id", "INTEGER"),))
    assert rows_of(kafka, TABLE) == [(1,)]
    (manifest,) = tmp_path.rglob(NAME)
    long_ago = time.time() - retire.UNUSED_SECONDS - 60
    os.utime(manifest, (long_ago, long_ago))
    assert rows_of(kafka, other) == [(1,)]
    assert not manifest.exists()
    assert rows_of(kafka, TABLE) == [(1,)]


def test_manifests_survive_and_only_whole_ones_are_trusted(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"12345")
    told = Manifest("id", {0: 9, 3: 0}, (Segment("a.parquet", 0, 0, 9, 2, 5),))
    save(tmp_path, told)
    assert load(tmp_path) == told
    (tmp_path / "a.parquet").write_bytes(b"123")
    assert load(tmp_path) is None
    assert load(tmp_path / "nowhere") is None


def test_shapes_unused_for_a_day_are_let_go(tmp_path):
    now = time.time()
    for name, age in (("used", retire.UNUSED_SECONDS * 2), ("recent", 60), ("old", retire.UNUSED_SECONDS + 60)):
        (tmp_path / name).mkdir()
        save(tmp_path / name, Manifest())
        os.utime(tmp_path / name / NAME, (now - age, now - age))
    retire.retire_siblings(tmp_path / "used")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recent", "used"]
    assert (tmp_path / "used" / NAME).stat().st_mtime > now - 60
