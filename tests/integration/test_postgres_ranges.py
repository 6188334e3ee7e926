"""A large table is read by several connections of one snapshot: the same rows, each once, and nothing left behind."""

import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import HeadgateError, StoreValueError
from connectors.postgres import PostgresConnector
from connectors.postgres.ranges import is_divisible
from connectors.postgres.session import Session
from connectors.postgres.together import Together
from connectors.spi import NO_HINTS, Column, Fragment, Hints, Table
from tests.services.fragments import fragment
from tests.services.numbers import made, until

pytestmark = pytest.mark.postgres

ROWS = 300_000
DATABASE = "ranges"
SETUP = (
    f"""CREATE TABLE large AS SELECT g AS id, repeat('x', 20) || g AS word,
        (CASE WHEN g = {ROWS} THEN 'NaN' ELSE g::text END)::numeric AS amount FROM generate_series(1, {ROWS}) g""",
    "CREATE INDEX ON large (id)",
    "CREATE VIEW seen AS SELECT * FROM large",
    "CREATE TABLE small AS SELECT * FROM large LIMIT 1000",
    "CREATE TABLE parent AS SELECT * FROM large",
    "CREATE TABLE child () INHERITS (parent)",
    "ANALYZE",
)
COLUMNS = (
    Column("id", "INTEGER", native="integer"),
    Column("word", "VARCHAR", native="text", facts=frozenset({"collation:pg_catalog.default"})),
    Column("amount", "DECIMAL(12,2)", native="numeric", facts=frozenset({"unbounded"})),
)


def table(name: str) -> Table:
    return Table(name, COLUMNS)


def selecting(text: str, name: str = "large") -> Fragment:
    return fragment(f"{text.replace('FROM t', f'FROM {name}')}", {"t": table(name)})


WHOLE = "SELECT t.id, t.word FROM t AS t"


@pytest.fixture(scope="module")
def dsn(postgres_server: Any) -> str:
    created = postgres_server.createdb(DATABASE)
    postgres_server.execute(*SETUP, database=DATABASE)
    return str(created)


@pytest.fixture
def store(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresConnector]:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    connector = made(dsn)
    yield connector
    until(lambda: connector.pool.in_use == 0)
    connector.close()


def read(store: PostgresConnector, wanted: Fragment, hints: Hints = NO_HINTS) -> tuple[int, pa.Table]:
    """How many connections read, and what."""
    call = Call(timeout=30)
    with store.snapshot([item for _, item in wanted.tables], call) as snapshot:
        stream = store.open(wanted, snapshot, hints, call)
        connections = len(stream._streams) if isinstance(stream, Together) else 1
        try:
            return connections, pa.Table.from_batches(stream, wanted.schema)
        finally:
            stream.close()


@pytest.mark.parametrize(
    ("text", "rows"), [(WHOLE, ROWS), (f"{WHOLE} WHERE t.id <> 5 AND (t.word > 'x' OR t.id = 9)", ROWS - 1)]
)
def test_every_row_arrives_once(store: PostgresConnector, text: str, rows: int) -> None:
    connections, found = read(store, selecting(text))
    assert connections == 3
    ids = sorted(found.column("id").to_pylist())
    assert ids == [number for number in range(1, ROWS + 1) if rows == ROWS or number != 5]
    assert found.filter(pa.compute.equal(found.column("id"), 77)).column("word").to_pylist() == ["x" * 20 + "77"]


@pytest.mark.parametrize(
    ("text", "name", "hints"),
    [
        (f"{WHOLE} WHERE t.id = 17", "large", NO_HINTS),
        (WHOLE, "small", NO_HINTS),
        (WHOLE, "seen", NO_HINTS),
        (WHOLE, "parent", NO_HINTS),
        (WHOLE, "large", Hints(keys={"id": pa.array([1, 500, 90_000], pa.int32())})),
    ],
)
def test_one_connection_reads_what_is_small_indexed_or_no_plain_table(
    store: PostgresConnector, text: str, name: str, hints: Hints
) -> None:
    connections, found = read(store, selecting(text, name), hints)
    assert connections == 1
    assert found.num_rows in (1, 3, 1000, ROWS)


@pytest.mark.parametrize(
    ("hints", "text"),
    [
        (Hints(keys={"word": pa.array([f"{'x' * 20}{number}" for number in range(0, 60_000, 2)])}), WHOLE),
        (
            Hints(keys={"amount": pa.array([Decimal(number) for number in range(0, 60_000, 2)], pa.decimal128(12, 2))}),
            "SELECT t.id, t.word, t.amount FROM t AS t WHERE t.id < 299999",
        ),
    ],
)
def test_many_keys_without_an_index_are_looked_for_by_several(
    store: PostgresConnector, hints: Hints, text: str
) -> None:
    connections, found = read(store, selecting(text), hints)
    assert connections == 3
    assert sorted(found.column("id").to_pylist()) == list(range(2, 60_000, 2))
    assert found.filter(pa.compute.equal(found.column("id"), 88)).column("word").to_pylist() == ["x" * 20 + "88"]


def test_only_rows_that_stand_for_themselves_are_divided() -> None:
    assert is_divisible(selecting(f"{WHOLE} WHERE t.id > 3"))
    for text in (
        f"{WHOLE} ORDER BY t.id LIMIT 3",
        f"{WHOLE} LIMIT 3",
        "SELECT DISTINCT t.id FROM t AS t",
        "SELECT t.id FROM t AS t GROUP BY t.id",
        f"{WHOLE} WHERE t.id IN (SELECT t.id FROM t AS t)",
    ):
        assert not is_divisible(selecting(text)), text
    counted = fragment("SELECT COUNT(*) AS n FROM large AS t", {"t": table("large")}, Column("n", "BIGINT"))
    ranked = fragment("SELECT RANK() OVER () AS n FROM large AS t", {"t": table("large")}, Column("n", "BIGINT"))
    nested = fragment("SELECT q.n FROM (SELECT t.id AS n FROM large AS t) AS q", {"t": table("large")}, COLUMNS[0])
    assert not is_divisible(nested)
    assert not is_divisible(counted)
    assert not is_divisible(ranked)


@pytest.mark.parametrize(("inner", "rows"), [(WHOLE, ROWS), (f"{WHOLE} ORDER BY t.id LIMIT 200000", 200_000)])
def test_what_is_computed_in_a_subquery_is_not_divided(store: PostgresConnector, inner: str, rows: int) -> None:
    wanted = fragment(
        f"SELECT q.id, q.word FROM ({inner.replace('FROM t', 'FROM large')}) AS q", {"t": table("large")}, *COLUMNS[:2]
    )
    assert not is_divisible(wanted)
    connections, found = read(store, wanted)
    assert (connections, sorted(found.column("id").to_pylist())) == (1, list(range(1, rows + 1)))


def test_all_connections_see_one_snapshot(store: PostgresConnector, postgres_server: Any) -> None:
    call = Call(timeout=30)
    wanted = selecting(WHOLE)
    with store.snapshot([table("large")], call) as snapshot:
        postgres_server.execute(
            "INSERT INTO large SELECT g, 'new', 1 FROM generate_series(1, 1000) g", database=DATABASE
        )
        try:
            stream = store.open(wanted, snapshot, NO_HINTS, call)
            assert isinstance(stream, Together)
            assert sum(batch.num_rows for batch in stream) == ROWS
        finally:
            postgres_server.execute("DELETE FROM large WHERE word = 'new'", database=DATABASE)


def test_a_failure_of_one_stops_the_others(store: PostgresConnector) -> None:
    call = Call(timeout=30)
    wanted = selecting("SELECT t.id, t.amount FROM t AS t")
    with store.snapshot([table("large")], call) as snapshot:
        stream = store.open(wanted, snapshot, NO_HINTS, call)
        assert isinstance(stream, Together)
        with pytest.raises(StoreValueError):
            list(stream)
        assert read_one(store, snapshot, call) == 1


def read_one(store: PostgresConnector, snapshot: Any, call: Call) -> int:
    """The snapshot goes on answering."""
    return sum(batch.num_rows for batch in store.open(selecting(f"{WHOLE} WHERE t.id = 3"), snapshot, NO_HINTS, call))


def test_cancelling_stops_all(store: PostgresConnector) -> None:
    call = Call(timeout=30)
    with store.snapshot([table("large")], call) as snapshot:
        batches = iter(store.open(selecting(WHOLE), snapshot, NO_HINTS, call))
        next(batches)
        call.cancel()
        with pytest.raises(HeadgateError) as raised:
            list(batches)
        assert raised.value.code == "CANCELLED"
    until(lambda: store.pool.in_use == 0)


def test_other_queries_keep_half_of_the_pool(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    for size, expected in ((3, 1), (4, 2), (8, 4)):
        store = made(dsn, max_connections=size)
        assert read(store, selecting(WHOLE))[0] == expected
        store.close()


def test_a_standby_cannot_share_its_snapshot(store: PostgresConnector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "export", lambda _: "")
    call = Call(timeout=30)
    with store.snapshot([table("large")], call) as snapshot:
        stream = store.open(selecting(WHOLE), snapshot, NO_HINTS, call)
        assert not isinstance(stream, Together)
        assert sum(batch.num_rows for batch in stream) == ROWS
