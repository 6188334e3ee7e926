"""What goes wrong between the gateway and a broker ends soon, and with an error that says what it was."""

import json
import os
import signal
import threading
import time
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from connectors.call import Call
from connectors.errors import (
    CallCancelled,
    ConnectorMisconfigured,
    DeadlineExceeded,
    SnapshotIncomplete,
    StoreChanged,
    StoreDenied,
    StoreError,
    StoreTimeout,
    StoreUnavailable,
)
from connectors.files import PinnedFiles
from connectors.kafka import connect
from connectors.kafka import topic as topic_module
from connectors.spi import Column, Surroundings, Table
from tests.services import free_port, kafka

pytestmark = pytest.mark.kafka

COLUMNS = (Column("id", "BIGINT"), Column("pad", "VARCHAR"))


def connector(tmp_path, bootstrap, **more):
    return connect("stream", {"bootstrap_servers": bootstrap, **more}, Surroundings(PinnedFiles(), tmp_path))


def filled(server, count=1, pad=0):
    name = f"faults-{uuid4().hex[:8]}"
    server.create_topic(name)
    producer = Producer({"bootstrap.servers": server.bootstrap, "queue.buffering.max.messages": 1_000_000})
    for number in range(count):
        producer.produce(name, json.dumps({"id": number, "pad": "x" * pad}), partition=0)
    assert producer.flush(30) == 0
    return Table(name, COLUMNS)


def take(store, table, call=None):
    with store.snapshot([table], call or Call(timeout=30)) as snapshot:
        return store.scan(table, snapshot).rows


def take_in_time(store, table, seconds=20):
    """Take once the broker is whole again; until then only errors that say it may come back."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return take(store, table)
        except StoreError as error:
            if not error.retryable or time.monotonic() > deadline:
                raise
            threading.Event().wait(0.1)


def failing(kind, store, table, call=None):
    """The error of a snapshot and the seconds it took to come."""
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        take(store, table, call)
    return caught.value, time.monotonic() - started


@pytest.fixture
def own_broker(kafka_broker, tmp_path):  # the shared one only says whether brokers can run here
    with kafka.running(tmp_path / "broker") as server:
        yield server


@pytest.fixture
def at_first_batch(monkeypatch):
    """Calls what the test sets as ``act`` once, when the first records of a reading have come."""

    class Hook:
        act = None

    read = topic_module.read

    def watched(*arguments):
        for batch in read(*arguments):
            if Hook.act is not None:
                act, Hook.act = Hook.act, None
                act()
            yield batch

    monkeypatch.setattr(topic_module, "read", watched)
    return Hook


def test_no_broker_at_all(tmp_path):
    store = connector(tmp_path, f"127.0.0.1:{free_port()}")
    error, seconds = failing(StoreUnavailable, store, Table("plays", COLUMNS))
    assert error.store == "stream"
    assert error.retryable
    assert seconds < 5
    assert "127.0.0.1" not in str(error)


def test_a_killed_broker_is_noticed_within_five_seconds_and_its_return_too(own_broker, tmp_path):
    table = filled(own_broker, 10)
    store = connector(tmp_path / "state", own_broker.bootstrap)
    assert take(store, table) == 10
    own_broker.kill()
    _, seconds = failing(StoreUnavailable, store, table)
    assert seconds < 5
    own_broker.restart()
    assert take_in_time(store, table) == 10


def test_a_broker_killed_in_mid_reading(own_broker, tmp_path, at_first_batch):
    table = filled(own_broker, 60_000, pad=1500)
    store = connector(tmp_path / "state", own_broker.bootstrap)
    died = []

    def kill():
        own_broker.kill()
        died.append(time.monotonic())

    at_first_batch.act = kill
    failing(StoreUnavailable, store, table)
    assert time.monotonic() - died[0] < 5
    own_broker.restart()
    assert take_in_time(store, table) == 60_000


def test_a_broker_that_hangs(own_broker, tmp_path):
    table = filled(own_broker)
    store = connector(tmp_path / "state", own_broker.bootstrap, request_timeout=1)
    assert take(store, table) == 1
    os.kill(own_broker.pid, signal.SIGSTOP)
    _, seconds = failing((StoreTimeout, StoreUnavailable), store, table)
    assert seconds < 5
    _, seconds = failing((DeadlineExceeded, StoreTimeout), store, table, Call(timeout=0.3))
    assert seconds < 1
    os.kill(own_broker.pid, signal.SIGCONT)
    assert take_in_time(store, table) == 1


def test_cancelling_ends_the_reading_and_keeps_what_was_read(kafka_broker, tmp_path, at_first_batch):
    table = filled(kafka_broker, 60_000, pad=1000)
    store = connector(tmp_path, kafka_broker.bootstrap)
    threads = threading.active_count()
    call = Call(timeout=30)
    at_first_batch.act = call.cancel
    _, seconds = failing(CallCancelled, store, table, call)
    assert seconds < 5
    assert threading.active_count() == threads
    assert [path.name for path in tmp_path.rglob("*.parquet")] != []
    assert take(store, table) == 60_000


def test_retention_in_mid_reading_is_said_and_not_a_hole(kafka_broker, tmp_path, at_first_batch):
    table = filled(kafka_broker, 60_000, pad=1500)
    store = connector(tmp_path, kafka_broker.bootstrap)
    at_first_batch.act = lambda: kafka_broker.delete_records(table.name, 0, 59_999)
    error, _ = failing(SnapshotIncomplete, store, table)
    assert error.sentence == (
        f"Retention has deleted records of the topic {table.name!r}, partition 0, "
        "within the offsets 0 to 60000 that the snapshot must hold."
    )
    assert take(store, table) == 1


def test_a_topic_deleted_in_mid_reading(kafka_broker, tmp_path, at_first_batch):
    table = filled(kafka_broker, 60_000, pad=1500)
    store = connector(tmp_path, kafka_broker.bootstrap)

    def recreate():
        kafka_broker.delete_topic(table.name)
        kafka_broker.create_topic(table.name)

    at_first_batch.act = recreate
    failing((StoreChanged, SnapshotIncomplete), store, table)
    assert take(store, table) == 0


SASL = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN"}


def test_credentials_are_used_and_wrong_ones_are_refused(kafka_broker, tmp_path):
    table = filled(kafka_broker, 3)
    good = {**SASL, "username": "reader", "password": kafka.USERS["reader"]}
    assert take(connector(tmp_path / "good", kafka_broker.sasl_bootstrap, **good), table) == 3
    wrong = connector(tmp_path / "wrong", kafka_broker.sasl_bootstrap, **good | {"password": "wrong-secret"})
    error, seconds = failing(StoreDenied, wrong, table)
    assert seconds < 5
    assert "wrong-secret" not in str(error)
    assert "reader" not in str(error)


@pytest.mark.parametrize("operation", [AclOperation.DESCRIBE, AclOperation.READ])
def test_a_topic_that_may_not_be_read(kafka_broker, tmp_path, operation):
    table = filled(kafka_broker)
    denial = AclBinding(
        ResourceType.TOPIC, table.name, ResourcePatternType.LITERAL, "User:stranger", "*", operation,
        AclPermissionType.DENY,
    )  # fmt: skip
    everyone = AclBinding(
        ResourceType.TOPIC, table.name, ResourcePatternType.LITERAL, "User:*", "*", AclOperation.ALL,
        AclPermissionType.ALLOW,
    )  # fmt: skip
    admin = kafka_broker.admin()
    for created in admin.create_acls([denial, everyone]).values():
        created.result(10)
    login = {**SASL, "username": "stranger", "password": kafka.USERS["stranger"]}
    store = connector(tmp_path, kafka_broker.sasl_bootstrap, **login)
    error, seconds = failing(StoreDenied, store, table)
    assert table.name in error.sentence
    assert seconds < 5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "'bootstrap_servers' is missing"),
        ({"bootstrap_servers": "h:1", "user": "x"}, "'user' is unknown"),
        ({"bootstrap_servers": "h:1", "request_timeout": 0}, "more than 0 seconds"),
        ({"bootstrap_servers": "h:1", "username": "x"}, "needs 'sasl_mechanism'"),
        ({"bootstrap_servers": "h:1", "sasl_mechanism": "PLAIN"}, "needs 'security_protocol'"),
    ],
)
def test_options_are_read_strictly(tmp_path, options, told):
    with pytest.raises(ConnectorMisconfigured, match=told):
        connect("stream", options, Surroundings(PinnedFiles(), tmp_path))


def test_settings_that_librdkafka_refuses_are_told_without_their_values(tmp_path):
    store = connector(tmp_path, "h:1", security_protocol="SSL", ssl_ca="-----BEGIN secret")
    error, _ = failing(ConnectorMisconfigured, store, Table("plays", COLUMNS))
    assert "secret" not in str(error)
