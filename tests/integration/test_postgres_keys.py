"""Keys sent to Postgres: the rows are exactly those with the keys, by the index where there is one, and few move."""

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import registry
from connectors.call import Call
from connectors.files import PinnedFiles
from connectors.postgres.keys import restricted
from connectors.spi import Column, Connector, Fragment, Hints, Surroundings, Table
from gateway.catalog import Catalog, Dataset, Product
from gateway.contracts import agree
from gateway.database import Database, Limits
from gateway.engine import Engine
from gateway.service import LocalService
from tests.comparing import assert_same
from tests.mesh import Mesh
from tests.services.fragments import fragment

pytestmark = pytest.mark.postgres

ROWS = 200_000
DATABASE = "keys"
SETUP = (
    f"""CREATE TABLE entries AS SELECT g::bigint AS id, (g % 5000)::integer AS account,
        (g / 100.0)::numeric(12,2) AS amount, ('2000-01-01'::date + g % 9000) AS day,
        '2020-01-01'::timestamp + g * interval '1 minute' AS at,
        (g % 4)::integer AS kind,
        CASE g % 7 WHEN 0 THEN NULL WHEN 1 THEN 'a"b\\' || g ELSE 'Ä ' || g END AS word, md5(g::text)::uuid AS mark
        FROM generate_series(1, {ROWS}) g""",
    "CREATE INDEX ON entries (id)",
    "CREATE INDEX ON entries (word)",
    "CREATE INDEX ON entries (day)",
    "CREATE INDEX ON entries (amount)",
    "CREATE INDEX ON entries (mark)",
    "CREATE TABLE accounts AS SELECT g AS id, g % 20 AS region FROM generate_series(0, 4999) g",
    "ANALYZE",
)
TYPES = {
    "id": "BIGINT",
    "account": "INTEGER",
    "amount": "DECIMAL(12,2)",
    "day": "DATE",
    "at": "TIMESTAMP",
    "word": "VARCHAR",
    "mark": "UUID",
    "kind": "INTEGER",
}
KEYS = {
    "id": pa.array([1, 5, 199_999, 2**62], pa.int64()),
    "account": pa.array([3, 4, 5, 6], pa.int32()),
    "amount": pa.array([Decimal("1.50"), Decimal("-3.00")], pa.decimal128(12, 2)),
    "day": pa.array([date(2000, 1, 3), date(1970, 1, 1)]),
    "at": pa.array([datetime(2020, 1, 1, 0, 8), datetime(1999, 1, 1)], pa.timestamp("us")),
    "word": pa.array(['a"b\\8', "Ä 9", "ä 9", "with\0nul", "it's {1,2}", "", "NULL"]),
    "mark": pa.array([str(uuid.UUID("c4ca4238a0b923820dcc509a6f75849b")), str(uuid.UUID(int=7))]),
}


@pytest.fixture(scope="module")
def dsn(postgres_server: Any) -> str:
    made = postgres_server.createdb(DATABASE)
    postgres_server.execute(*SETUP, database=DATABASE)
    return str(made)


@pytest.fixture(scope="module")
def store(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connector]:
    around = Surroundings(PinnedFiles(), tmp_path_factory.mktemp("state"))
    made = registry.connect("postgres")("ledger", {"dsn": dsn}, around)
    yield made
    made.close()


@pytest.fixture(scope="module")
def entries(store: Connector) -> Table:
    return Table("entries", store.describe(Table("entries", ()), Call(timeout=10)).columns)


def read(store: Connector, wanted: Any, **keys: pa.Array) -> pa.Table:
    call = Call(timeout=30)
    with store.snapshot([table for _, table in wanted.tables], call) as snapshot:
        stream = store.open(wanted, snapshot, Hints(keys=keys), call)
        try:
            return pa.Table.from_batches(stream, wanted.schema)
        finally:
            stream.close()


@pytest.mark.parametrize("column", KEYS)
def test_exactly_the_rows_with_a_key_arrive(store: Connector, entries: Table, column: str) -> None:
    where = "" if column == "mark" else " WHERE e.id <> 7"
    wanted = fragment(f"SELECT e.id, e.{column} AS k FROM entries AS e{where}", {"e": entries})
    every = read(store, wanted)
    keys = KEYS[column]
    expected = {row["id"] for row in every.to_pylist() if row["k"] in set(keys.to_pylist())}
    found = read(store, wanted, k=keys)
    assert {row["id"] for row in found.to_pylist()} == expected
    assert expected
    assert found.num_rows == len(expected)
    assert read(store, wanted, k=keys.slice(0, 0)).num_rows == 0


@pytest.mark.parametrize(("kinds", "rows"), [([0, 1, 2, 3], ROWS), ([0, 1, 2], ROWS), ([1], ROWS // 4)])
def test_keys_that_leave_most_rows_are_not_looked_for(
    store: Connector, entries: Table, kinds: list[int], rows: int
) -> None:
    wanted = fragment("SELECT e.id, e.kind AS k FROM entries AS e", {"e": entries})
    found = read(store, wanted, k=pa.array(kinds, pa.int32()))
    assert (found.num_rows, len(set(found.column(0).to_pylist()))) == (rows, rows)
    assert set(kinds) <= set(found.column(1).to_pylist())


def one_column(kind: str) -> Fragment:
    """A fragment of which only the type of its output matters."""
    return fragment("SELECT e.k FROM entries AS e", {"e": Table("entries", (Column("k", kind),))})


@pytest.mark.parametrize(
    ("keys", "condition"),
    [
        ([4, 5, 6], 'q."c0" BETWEEN 4 AND 6'),
        ([4, 6, 9], 'q."c0" BETWEEN 4 AND 9 AND q."c0" = ANY(\'{"4","6","9"}\'::bigint[])'),
        ([1, 100], 'q."c0" = ANY(\'{"1","100"}\'::bigint[])'),
        ([], "q.\"c0\" = ANY('{}'::bigint[])"),
    ],
)
def test_whole_numbers_close_together_become_a_range(keys: list[int], condition: str) -> None:
    told = restricted("SELECT 1", one_column("BIGINT"), {"k": pa.array(keys, pa.int64())})
    assert told.under() == f'SELECT * FROM (SELECT 1) AS q("c0") WHERE {condition}'


def test_what_cannot_be_written_is_only_a_hint() -> None:
    for kind, keys in {
        "DATE": pa.array([2**31 - 1], pa.int32()).view(pa.date32()),
        "TIMESTAMP": pa.array([2**63 - 1], pa.int64()).view(pa.timestamp("us")),
        "DOUBLE": pa.array([1.0]),
        "VARCHAR": pa.array([1]),
    }.items():
        told = restricted("SELECT 1", one_column(kind), {"k": keys})
        assert (told.under(), told.is_keyed) == ("SELECT 1", False)


@pytest.mark.parametrize("column", ["id", "word", "day", "amount", "mark"])
def test_an_index_is_used(store: Connector, entries: Table, postgres_server: Any, column: str) -> None:
    text = f"SELECT e.{column} AS k, e.amount FROM entries AS e"
    grouped = f"SELECT e.{column} AS k, COUNT(*) AS n FROM entries AS e GROUP BY e.{column}"
    kind = Column("k", TYPES[column])
    shapes = [(text, Column("amount", "DECIMAL(12,2)")), (grouped, Column("n", "BIGINT"))]
    for sql, other in shapes[:1] if column in ("amount", "mark") else shapes:
        made = fragment(sql, {"e": entries}, kind, other)
        query = restricted(store.render(made), made, {"k": KEYS[column]}).under()
        with postgres_server.admin(DATABASE) as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(f"EXPLAIN {query}")
            told = "\n".join(row[0] for row in cursor.fetchall())
        assert "Index" in told, told


@pytest.fixture(scope="module")
def mesh(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """Many entries and their accounts in Postgres, a few watched accounts in a Parquet file."""
    files, folder = PinnedFiles(), tmp_path_factory.mktemp("lake")
    watched = pa.table({"account": pa.array([17, 18, 4000, None], pa.int32()), "why": ["late", "late", "new", "?"]})
    pq.write_table(watched, folder / "watched.parquet")
    around = Surroundings(files, Path(tmp_path_factory.mktemp("state")))
    stores = {
        "ledger": registry.connect("postgres")("ledger", {"dsn": dsn}, around),
        "people": registry.connect("postgres")("people", {"dsn": dsn}, around),
        "lake": registry.connect("parquet")("lake", {"url": str(folder)}, around),
    }
    columns = tuple(Column(name, kind) for name, kind in TYPES.items())
    placed = {
        "entries": Dataset("entries", "ledger", Table("entries", columns)),
        "accounts": Dataset(
            "accounts", "people", Table("accounts", (Column("id", "INTEGER"), Column("region", "INTEGER")))
        ),
        "watched": Dataset(
            "watched", "lake", Table("watched.parquet", (Column("account", "INTEGER"), Column("why", "VARCHAR")))
        ),
    }
    products = tuple(Product("bank", name, 1, (dataset,)) for name, dataset in placed.items())
    agreement = agree(Catalog("bank", products), stores, lambda: Call(timeout=10))
    assert agreement.problems == ()
    database = Database(Limits(memory="500MB"), files)
    service = LocalService(lambda: agreement.catalog, stores, database, Engine(stores, database, files, 64 * 2**20))
    yield Mesh(service)
    database.close()
    for made in stores.values():
        made.close()


JOINS = {
    "select e.id, w.why from bank.entries e join bank.watched w on e.account = w.account": 120,
    "select w.why, sum(e.amount) from bank.watched w left join bank.entries e on e.account = w.account "
    "where w.why = 'new' group by all": 40,
    "select e.id, a.region from bank.entries e join bank.accounts a on e.account = a.id where a.id in (5, 4100)": 80,
    "select count(e.amount) from bank.entries e where e.account in (select account from bank.watched)": 120,
}


@pytest.mark.parametrize("sql", JOINS)
def test_only_matching_rows_move(mesh: Mesh, sql: str) -> None:
    made = mesh.plan(sql)
    answer = mesh.service.run(made, Call(timeout=30))
    found = pa.Table.from_batches(list(answer), made.schema)
    [moved] = [
        moved
        for moved in answer.moved
        for remote in made.fragments
        if remote.name == moved.name and remote.origin.store == "ledger"
    ]
    assert (moved.rows, moved.bytes < 20_000) == (JOINS[sql], True), made
    assert_same(found, mesh.ask(sql, pushdown=False), ordered=False, told=sql)


def test_a_large_side_is_brought_whole_when_most_of_it_matches(mesh: Mesh) -> None:
    sql = "select count(e.amount), min(a.region) from bank.entries e join bank.accounts a on e.account = a.id"
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)
