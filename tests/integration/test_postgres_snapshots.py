"""One snapshot per query, and settings that no role or database can change."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.call import Call
from connectors.errors import StoreDenied, StoreUnavailable
from connectors.postgres import PostgresConnector
from connectors.postgres.session import Session
from connectors.spi import NO_HINTS, Column, Table
from tests.services.fragments import fragment
from tests.services.numbers import ALL, COUNTED, NUMBERS, count, fill, made, until

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def dsn(postgres_server: Any) -> str:
    return fill(postgres_server, "snapshots", 400_000)


@pytest.fixture
def store(dsn: str) -> Iterator[PostgresConnector]:
    connector = made(dsn)
    yield connector
    connector.close()


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


def test_a_lookup_shares_no_snapshot_and_what_comes_after_it_still_sees_the_same(
    postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "export", None)  # nobody is to ask for it
    store = made(fill(postgres_server, "looked_up", 1_000))
    keyed = replace(NUMBERS, key=("n",))
    lookup = fragment("SELECT t.n FROM numbers AS t WHERE t.n = 7", {"t": keyed})
    call = Call(timeout=20)
    with store.snapshot([keyed], call) as snapshot:
        assert snapshot.version.count(":") == 2
        postgres_server.execute("DELETE FROM numbers WHERE n <= 300", database="looked_up")
        streams = [store.open(wanted, snapshot, NO_HINTS, call) for wanted in (lookup, lookup, COUNTED)]
        found = [[row for batch in stream for row in batch.to_pylist()] for stream in streams]
        assert store.pool.in_use == 1
    assert found == [[{"n": 7}], [{"n": 7}], [{"c": 1_000}]]
    store.close()


def test_queries_that_all_want_a_second_connection_do_not_wait_for_each_other(dsn: str) -> None:
    """Two places, two queries, each with two fragments: the second fragment takes over when the first is through."""
    store = made(dsn, max_connections=2)
    call = Call(timeout=15)
    found: list[int] = []
    with store.snapshot([NUMBERS], call) as one, store.snapshot([NUMBERS], call) as other:
        firsts = [store.open(ALL, snapshot, NO_HINTS, call) for snapshot in (one, other)]

        def second(snapshot: Any) -> None:
            stream = store.open(COUNTED, snapshot, NO_HINTS, call)
            found.extend(row["c"] for batch in stream for row in batch.to_pylist())

        threads = [threading.Thread(target=second, args=(snapshot,)) for snapshot in (one, other)]
        for thread in threads:
            thread.start()
        started = time.monotonic()
        assert [sum(batch.num_rows for batch in stream) for stream in firsts] == [400_000, 400_000]
        for thread in threads:
            thread.join(10)
    assert found == [400_000, 400_000]
    assert time.monotonic() - started < 10
    until(lambda: store.pool.in_use == 0)
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
