"""However a query ends, nothing of it is left behind, and the next one is answered."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, HeadgateError, StoreTimeout, StoreUnavailable
from connectors.postgres import PostgresConnector
from connectors.spi import NO_HINTS
from tests.services import postgres
from tests.services.numbers import ALL, COUNTED, ENDLESS, NUMBERS, active, count, fill, made, until
from tests.services.proxy import proxied

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def dsn(postgres_server: Any) -> str:
    return fill(postgres_server, "endings", 400_000)


@pytest.fixture
def store(dsn: str) -> Iterator[PostgresConnector]:
    connector = made(dsn)
    yield connector
    connector.close()


def test_a_cancelled_call_leaves_no_backend_working(store: PostgresConnector, postgres_server: Any) -> None:
    call = Call(timeout=60)
    with store.snapshot([NUMBERS], call) as snapshot:
        stream = store.open(ENDLESS, snapshot, NO_HINTS, call)
        until(lambda: active(postgres_server, call) >= 1, 5)
        call.cancel()
        took = until(lambda: active(postgres_server, call) == 0)
        with pytest.raises(CallCancelled):
            list(stream)
    assert took < 2
    until(lambda: store.pool.in_use == 0)
    assert count(store) == 400_000
    assert store.pool.abandoned == 0


def test_closing_a_half_read_stream_is_quick_and_keeps_the_snapshot(
    store: PostgresConnector, postgres_server: Any
) -> None:
    call = Call(timeout=20)
    with store.snapshot([NUMBERS], call) as snapshot:
        stream = store.open(ALL, snapshot, NO_HINTS, call)
        next(iter(stream))
        begin = time.monotonic()
        stream.close()
        stream.close()
        assert time.monotonic() - begin < 1
        assert active(postgres_server, call) == 0
        again = store.open(COUNTED, snapshot, NO_HINTS, call)
        assert [batch.to_pylist() for batch in again] == [[{"c": 400_000}]]
        with pytest.raises(CallCancelled):
            list(stream)
    until(lambda: store.pool.in_use == 0)


def test_a_deadline_ends_the_query_in_the_server(store: PostgresConnector, postgres_server: Any) -> None:
    call = Call(timeout=0.5)
    begin = time.monotonic()
    with pytest.raises(StoreTimeout), store.snapshot([NUMBERS], call) as snapshot:
        list(store.open(ENDLESS, snapshot, NO_HINTS, call))
    assert time.monotonic() - begin < 2
    until(lambda: active(postgres_server, call) == 0)


def test_leaving_the_snapshot_ends_unread_streams(store: PostgresConnector, postgres_server: Any) -> None:
    call = Call(timeout=20)
    before = threading.active_count()
    with store.snapshot([NUMBERS], call) as snapshot:
        store.open(ALL, snapshot, NO_HINTS, call)
        store.open(ENDLESS, snapshot, NO_HINTS, call)
    until(lambda: active(postgres_server, call) == 0 and store.pool.in_use == 0)
    until(lambda: threading.active_count() <= before)


def test_a_full_pool_waits_until_the_deadline(dsn: str) -> None:
    store = made(dsn, max_connections=1)
    holder = Call(timeout=20)
    with store.snapshot([NUMBERS], holder):
        begin = time.monotonic()
        with pytest.raises(StoreUnavailable, match="in use"):
            count(store, Call(timeout=0.4))
        assert 0.3 < time.monotonic() - begin < 1.5
    assert count(store) == 400_000
    store.close()


def test_killed_server_is_an_error_and_a_restarted_one_answers(tmp_path: Path) -> None:
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.running(tmp_path) as server:
        store = made(fill(server, "dying", 400_000))
        call = Call(timeout=30)
        with store.snapshot([NUMBERS], call) as snapshot:
            batches = iter(store.open(ALL, snapshot, NO_HINTS, call))
            next(batches)
            server.kill()
            begin = time.monotonic()
            with pytest.raises(StoreUnavailable):
                list(batches)
            assert time.monotonic() - begin < 5
        until(lambda: store.pool.in_use == 0)
        server.restart()
        assert count(store) == 400_000
        store.close()


def test_terminated_idle_connections_are_replaced_unseen(store: PostgresConnector, postgres_server: Any) -> None:
    assert count(store) == 400_000
    ended = postgres_server.rows(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'headgate%'"
    )
    assert ended[0][0] >= 1
    assert count(store) == 400_000


def test_a_silent_peer_ends_at_the_deadline_and_is_accounted_for(dsn: str, postgres_server: Any) -> None:
    with proxied(postgres_server.port) as proxy:
        store = made(dsn.replace(str(postgres_server.port), str(proxy.port)), connect_timeout=2)
        call = Call(timeout=1.5)
        with store.snapshot([NUMBERS], call) as snapshot:
            stream = store.open(ALL, snapshot, NO_HINTS, call)
            batches = iter(stream)
            next(batches)
            proxy.silent.set()
            begin = time.monotonic()
            with pytest.raises(StoreTimeout):
                list(batches)
            assert time.monotonic() - begin < 2
            begin = time.monotonic()
            stream.close()
        assert time.monotonic() - begin < 2.5
        until(lambda: store.pool.abandoned == 1, 8)
        with pytest.raises(HeadgateError):
            count(store, Call(timeout=1))
        proxy.close()
        until(lambda: store.pool.abandoned == 0 and store.pool.in_use == 0, 5)
    until(lambda: active(postgres_server, call) == 0, 5)
    store.close()
