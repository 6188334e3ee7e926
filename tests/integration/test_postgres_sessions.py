"""One snapshot per query, settings nobody can change, and nothing left behind however a query ends."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, HeadgateError, StoreDenied, StoreTimeout, StoreUnavailable
from connectors.files import PinnedFiles
from connectors.postgres import PostgresConnector, connect
from connectors.spi import NO_HINTS, Column, Surroundings, Table
from tests.services import postgres
from tests.services.fragments import fragment

pytestmark = pytest.mark.postgres

NUMBERS = Table("numbers", (Column("n", "INTEGER", native="integer"), Column("word", "VARCHAR", native="text")))
ALL = fragment("SELECT x.n, x.word FROM numbers AS x", {"x": NUMBERS})
COUNTED = fragment("SELECT COUNT(*) AS c FROM numbers AS x", {"x": NUMBERS}, Column("c", "BIGINT"))
# Work without an end in sight: a product of a million rows with itself.
ENDLESS = fragment(
    "SELECT COUNT(*) AS c FROM numbers AS x CROSS JOIN numbers AS y WHERE x.word < y.word",
    {"x": NUMBERS, "y": NUMBERS},
    Column("c", "BIGINT"),
)


def made(dsn: str, **options: Any) -> PostgresConnector:
    return connect("shop", {"dsn": dsn, **options}, Surroundings(PinnedFiles(), Path("/nonexistent")))


def fill(server: Any, database: str, rows: int) -> str:
    dsn = server.createdb(database)
    values = f"SELECT g AS n, repeat('x', 40) || g AS word FROM generate_series(1, {rows}) g"
    server.execute(f"CREATE TABLE numbers AS {values}", database=database)
    return dsn


@pytest.fixture(scope="module")
def dsn(postgres_server: Any) -> str:
    return fill(postgres_server, "sessions", 400_000)


@pytest.fixture
def store(dsn: str) -> Iterator[PostgresConnector]:
    connector = made(dsn)
    yield connector
    connector.close()


def until(true: Callable[[], bool], seconds: float = 2.0) -> float:
    """Wait for something; the seconds it took. Fails when it never comes."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - begin


def active(server: Any, call: Call) -> int:
    query = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate:{call.id}' AND state = 'active'"
    return int(server.rows(query)[0][0])


def count(store: PostgresConnector, call: Call | None = None) -> int:
    call = call or Call(timeout=10)
    with store.snapshot([NUMBERS], call) as snapshot:
        return sum(row["c"] for batch in store.open(COUNTED, snapshot, NO_HINTS, call) for row in batch.to_pylist())


def test_all_rows_arrive(store: PostgresConnector) -> None:
    call = Call(timeout=20)
    with store.snapshot([NUMBERS], call) as snapshot:
        assert snapshot.version.count(":") == 2
        batches = list(store.open(ALL, snapshot, NO_HINTS, call))
    assert sum(batch.num_rows for batch in batches) == 400_000
    assert len(batches) > 3
    assert {batch.schema for batch in batches} == {ALL.schema}
    until(lambda: store.pool.in_use == 0)


def test_fragments_of_one_query_see_one_snapshot(postgres_server: Any) -> None:
    store = made(fill(postgres_server, "moving", 400_000))
    call = Call(timeout=20)
    with store.snapshot([NUMBERS], call) as snapshot:
        first = store.open(ALL, snapshot, NO_HINTS, call)
        postgres_server.execute("DELETE FROM numbers WHERE n <= 300", database="moving")
        found: list[int] = []

        def read() -> None:
            stream = store.open(COUNTED, snapshot, NO_HINTS, call)
            found.extend(row["c"] for batch in stream for row in batch.to_pylist())

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert store.pool.in_use >= 2
        assert sum(batch.num_rows for batch in first) == 400_000
        read()
    assert found == [400_000] * 5
    assert count(store) == 399_700
    store.close()


def test_nobody_truncates_a_table_under_a_snapshot(postgres_server: Any) -> None:
    store = made(fill(postgres_server, "truncated", 1000))
    postgres_server.execute("CREATE MATERIALIZED VIEW kept AS SELECT n FROM numbers", database="truncated")
    kept = Table("kept", NUMBERS.columns[:1])
    call = Call(timeout=20)
    commands = ("TRUNCATE numbers", "REFRESH MATERIALIZED VIEW kept")
    with store.snapshot([NUMBERS, kept], call) as snapshot:
        others = [
            threading.Thread(target=postgres_server.execute, args=(command,), kwargs={"database": "truncated"})
            for command in commands
        ]
        for other in others:
            other.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        until(lambda: postgres_server.rows(waiting)[0][0] == 2, 5)
        query = fragment("SELECT COUNT(*) AS c FROM kept AS k", {"k": kept}, Column("c", "BIGINT"))
        for each in (COUNTED, query):
            assert [batch.to_pylist() for batch in store.open(each, snapshot, NO_HINTS, call)] == [[{"c": 1000}]]
    for other in others:
        other.join(10)
    assert count(store) == 0
    store.close()


def test_hostile_role_settings_change_no_answer(postgres_server: Any) -> None:
    postgres_server.createdb("hostile")
    values = "timestamptz '2024-06-01 12:00:00+00' AS happened, 'a\\b'::text AS word, 0.1::float8 AS f"
    hostile = {
        "search_path": "evil, pg_catalog, public",
        "standard_conforming_strings": "off",
        "transform_null_equals": "on",
        "TimeZone": "'America/New_York'",
        "DateStyle": "'SQL, DMY'",
        "bytea_output": "'escape'",
        "extra_float_digits": "'-10'",
        "client_encoding": "'LATIN1'",
        "default_transaction_isolation": "'read committed'",
        "default_transaction_read_only": "off",
        "idle_in_transaction_session_timeout": "'50'",
    }
    postgres_server.execute(
        f"CREATE TABLE moments AS SELECT {values}",
        "CREATE SCHEMA evil",
        "CREATE FUNCTION evil.lie(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
        "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.lie)",
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN PASSWORD 'secret-canary'",
        "GRANT SELECT ON moments TO reader",
        "GRANT USAGE ON SCHEMA evil TO reader",
        database="hostile",
    )
    postgres_server.execute(*(f"ALTER ROLE reader SET {key} = {value}" for key, value in hostile.items()))
    store = made(postgres_server.dsn_of("hostile", "reader"))
    table = Table("moments", store.describe(Table("moments", ()), Call(timeout=10)).columns)
    call = Call(timeout=10)
    before = "m.happened < CAST('2024-06-01 12:00:01+00' AS TIMESTAMPTZ)"
    sql = f"SELECT m.word, m.f, m.happened FROM moments AS m WHERE m.word = 'a\\b' AND {before}"
    with store.snapshot([table], call) as snapshot:
        time.sleep(0.1)  # longer than the role's idle limit, which is what is under test
        stream = store.open(fragment(sql, {"m": table}), snapshot, NO_HINTS, call)
        rows = [row for batch in stream for row in batch.to_pylist()]
        nothing = fragment("SELECT m.word FROM moments AS m WHERE m.word = 'else'", {"m": table})
        assert sum(batch.num_rows for batch in store.open(nothing, snapshot, NO_HINTS, call)) == 0
    assert [(row["word"], row["f"]) for row in rows] == [("a\\b", 0.1)]
    assert rows[0]["happened"].isoformat() == "2024-06-01T12:00:00+00:00"
    store.close()


def test_a_missing_right_is_told_as_such(postgres_server: Any) -> None:
    fill(postgres_server, "closed", 3)
    postgres_server.execute("DROP ROLE IF EXISTS nobody", "CREATE ROLE nobody LOGIN PASSWORD 'secret-canary'")
    for user, password in (("nobody", "secret-canary"), ("nobody", "wrong")):
        store = made(postgres_server.dsn_of("closed", user, password))
        with pytest.raises(StoreDenied) as caught:
            count(store)
        assert "secret-canary" not in str(caught.value)
        assert "nobody" not in str(caught.value)
        store.close()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    store = made("postgresql://u:secret-canary@127.0.0.1:1/x")
    with pytest.raises(StoreUnavailable) as caught:
        count(store)
    assert str(caught.value).startswith("STORE_UNAVAILABLE")
    assert "secret-canary" not in str(caught.value)
    assert store.pool.in_use == 0


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


class Proxy:
    """Forwards bytes between a client and a server until told to hold its breath; connections stay open."""

    def __init__(self, port: int) -> None:
        self.silent = threading.Event()
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.silent.is_set():
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()


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
