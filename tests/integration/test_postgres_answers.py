"""Every awkward value must come out of Postgres as DuckDB would have it, and every claim must hold over them."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import HeadgateError, StoreRejected, StoreSchemaMismatch, StoreValueError, TableUnknown
from connectors.files import PinnedFiles
from connectors.postgres import PostgresConnector, connect
from connectors.postgres.session import Session
from connectors.spi import NO_HINTS, Column, Description, Fragment, Surroundings, Table
from tests.services.fragments import fragment

pytestmark = pytest.mark.postgres

SETUP = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
    "CREATE DOMAIN posint AS integer CHECK (VALUE > 0)",
    """CREATE TABLE awkward (
        id integer PRIMARY KEY, small smallint, big bigint, money_in numeric(12,2), wide numeric(38,10), loose numeric,
        r real, d double precision, b boolean, t text, v varchar(10), c char(5), ci text COLLATE ignore_case,
        w text COLLATE words, e mood, u uuid, blob bytea, day date, ts timestamp, atz timestamptz, hour time,
        j json, jb jsonb, list integer[], words text[], net inet, p posint, gap interval, "odd ""name" text)""",
    r"""INSERT INTO awkward VALUES
        (1, 1, 9007199254740993, 12.50, 1.0000000001, 1.5, 0.1, 0.1, true, 'apple', 'apple', 'ab', 'Apple', 'a-b',
         'ok', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\x00ff', '1998-09-02', '1998-09-02 00:00:00',
         '1998-09-02 00:00:00+02', '24:00', '{"a": 1}', '{"b":2}', '{1,NULL,3}', '{x,y}', '10.0.0.1', 7, '1 mon', 'o'),
        (2, -32768, -9223372036854775808, -0.01, -1, 2, 'NaN', 'NaN', false, 'Zebra', 'Zebra', 'ab   ', 'apple', 'ab',
         'sad', '00000000-0000-0000-0000-000000000000', '', 'infinity', 'infinity', 'infinity', '00:00:00.000001',
         '[]', '[1, 2]', '{}', '{}', '::1', 1, '1 day', 'it''s'),
        (3, 32767, 9223372036854775807, 9999999999.99, 0, 10, 'inf', '-inf', NULL, 'Äpfel', '', 'B', 'BANANA', 'A b',
         'happy', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '\x61', '-infinity', '-infinity', '-infinity', '12:34:56',
         'null', 'null', NULL, NULL, NULL, 2, '01:02:03', 'back\slash'),
        (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (5, 0, 0, 0.00, 0.5, 3, 0.0, '-0', true, 'a', 'b', '', 'banana', 'AB', 'ok',
         '0fffffff-ffff-ffff-ffff-ffffffffffff', '\x6162', '0044-03-15 BC', '0044-03-15 12:00:00 BC',
         '1969-12-31 23:59:59.999999+00', '00:00', '1', '1', '{5}', '{}', '10.0.0.0/8', 3, '0', '')""",
    "CREATE TABLE parted (k integer NOT NULL, at date NOT NULL, x numeric(10,2)) PARTITION BY RANGE (at)",
    "CREATE TABLE parted_a PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
    "CREATE UNIQUE INDEX ON parted (k, at)",
    "INSERT INTO parted SELECT g, date '2020-01-01' + g % 300, g / 100.0 FROM generate_series(1, 500) g",
    "CREATE VIEW seen AS SELECT id, t FROM awkward",
    "ANALYZE",
)


@pytest.fixture(scope="module")
def store(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresConnector]:
    dsn = postgres_server.createdb("answers")
    postgres_server.execute(*SETUP, database="answers")
    made = connect("shop", {"dsn": dsn}, Surroundings(PinnedFiles(), Path(tmp_path_factory.mktemp("state"))))
    yield made
    made.close()


@pytest.fixture(scope="module")
def awkward(store: PostgresConnector) -> Table:
    return Table("awkward", store.describe(Table("awkward", ()), Call(timeout=10)).columns, ("id",))


def read(store: PostgresConnector, wanted: Fragment) -> pa.Table:
    call = Call(timeout=20)
    with store.snapshot([], call) as snapshot:
        stream = store.open(wanted, snapshot, NO_HINTS, call)
        try:
            return pa.Table.from_batches(stream, wanted.schema)
        finally:
            stream.close()


def test_describe_tells_types_facts_key_and_rows(store: PostgresConnector) -> None:
    found = store.describe(Table("public.awkward", ()), Call(timeout=10))
    types = {column.name: column.type for column in found.columns}
    assert types == {
        "id": "INTEGER", "small": "SMALLINT", "big": "BIGINT", "money_in": "DECIMAL(12,2)", "wide": "DECIMAL(38,10)",
        "loose": "VARCHAR", "r": "FLOAT", "d": "DOUBLE", "b": "BOOLEAN", "t": "VARCHAR", "v": "VARCHAR", "c": "VARCHAR",
        "ci": "VARCHAR", "w": "VARCHAR", "e": "VARCHAR", "u": "UUID", "blob": "BLOB", "day": "DATE", "ts": "TIMESTAMP",
        "atz": "TIMESTAMP WITH TIME ZONE", "hour": "TIME", "j": "JSON", "jb": "JSON", "list": "INTEGER[]",
        "words": "VARCHAR[]", "net": "VARCHAR", "p": "INTEGER", "gap": "INTERVAL", 'odd "name': "VARCHAR",
    }  # fmt: skip
    facts = {column.name: column.facts for column in found.columns}
    assert facts["id"] == {"not null"}
    assert facts["t"] == {"collation:pg_catalog.default"}
    assert facts["ci"] == {"collation:public.ignore_case", "nondeterministic"}
    assert facts["loose"] == {"unbounded"}
    assert "char" in facts["c"]
    assert facts["e"] == {"enum"}
    assert (found.key, found.rows) == (("id",), 5)


def test_describe_partitioned_tables_and_views(store: PostgresConnector) -> None:
    parted = store.describe(Table("parted", ()), Call(timeout=10))
    assert (parted.key, parted.rows) == (("k", "at"), 500)
    view = store.describe(Table("seen", ()), Call(timeout=10))
    assert [column.name for column in view.columns] == ["id", "t"]
    assert (view.key, view.rows) == ((), None)
    with pytest.raises(TableUnknown, match="shop"):
        store.describe(Table("nowhere", ()), Call(timeout=10))


def test_describe_many_tells_of_each_what_is_told_of_it_alone(store: PostgresConnector) -> None:
    names = ["seen", "nowhere", "public.awkward", "a.b.c", "parted", "awkward"]
    told = store.describe_many([Table(name, ()) for name in names], Call(timeout=10))
    for name, found in zip(names, told, strict=True):
        if not isinstance(found, HeadgateError):
            assert found == store.describe(Table(name, ()), Call(timeout=10))
    assert [type(found) for found in told[:4:2]] == [Description, Description]
    assert (type(told[1]), type(told[3])) == (TableUnknown, StoreRejected)
    assert str(told[1]).startswith("STORE_TABLE_UNKNOWN: The database has no table 'nowhere'. [store 'shop']")
    assert "a table is named as schema.table" in str(told[3])
    assert (told[2], told[4].key) == (told[5], ("k", "at"))


def test_connecting_reads_nothing_of_the_types_that_tables_bring(postgres_server: Any) -> None:
    postgres_server.createdb("typeless")
    postgres_server.execute("DROP ROLE IF EXISTS plain", "CREATE ROLE plain LOGIN PASSWORD 'secret-canary'")
    postgres_server.execute("REVOKE SELECT ON pg_type, pg_attribute FROM PUBLIC", database="typeless")
    session = Session.opened(postgres_server.dsn_of("typeless", "plain"))
    assert session.rows("SELECT 1, 'a'::text, array[2, 3]") == [(1, "a", [2, 3])]
    session.close()


def test_every_column_arrives_as_declared(store: PostgresConnector, awkward: Table) -> None:
    names = ", ".join('x."' + column.name.replace('"', '""') + '"' for column in awkward.columns)
    table = read(store, fragment(f"SELECT {names} FROM awkward AS x ORDER BY x.id LIMIT 9", {"x": awkward}))
    table.validate(full=False)
    row = {name: table[name].to_pylist() for name in table.column_names if name not in ("hour", "day", "ts", "atz")}
    assert row["big"] == [9007199254740993, -(2**63), 2**63 - 1, None, 0]
    assert row["money_in"] == [Decimal("12.50"), Decimal("-0.01"), Decimal("9999999999.99"), None, Decimal("0.00")]
    assert row["wide"][0] == Decimal("1.0000000001")
    assert row["loose"] == ["1.5", "2", "10", None, "3"]
    assert row["c"] == ["ab", "ab", "B", None, ""]
    assert row["u"][1] == "00000000-0000-0000-0000-000000000000"
    assert row["jb"][:2] == ['{"b": 2}', "[1, 2]"]
    assert row["j"][0] == '{"a": 1}'
    assert row["list"] == [[1, None, 3], [], None, None, [5]]
    assert row["net"] == ["10.0.0.1/32", "::1/128", None, None, "10.0.0.0/8"]
    assert row['odd "name'] == ["o", "it's", "back\\slash", None, ""]
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("t0", table.select(["id", "day", "ts", "atz", "hour"]))
        found = engine.execute("SELECT day::TEXT, ts::TEXT, atz::TEXT, hour::TEXT FROM t0 ORDER BY id").fetchall()
    assert found[0] == ("1998-09-02", "1998-09-02 00:00:00", "1998-09-01 22:00:00+00", "24:00:00")
    assert found[1] == ("infinity", "infinity", "infinity", "00:00:00.000001")
    assert found[2] == ("-infinity", "-infinity", "-infinity", "12:34:56")
    assert found[4][:2] == ("0044-03-15 (BC)", "0044-03-15 (BC) 12:00:00")


PREDICATES = [
    "x.small < 5", "x.small = 32767", "x.big >= 9007199254740993", "x.big = 0.5", "x.money_in BETWEEN 0 AND 12.5",
    "x.money_in = 12.50", "x.wide > 0.49999", "x.money_in IN (12.5, -0.01)", "x.small = x.big", "x.id < x.money_in",
    "x.d = 0.1", "x.d < 1", "x.d > 1e300", "x.d = 0", "x.r = 0.1", "x.r > 0.1", "x.r IN (0.1, 0)", "x.r = x.r",
    "x.d = x.id", "x.d < x.money_in", "x.b", "NOT x.b", "x.b = FALSE", "x.b IS DISTINCT FROM TRUE", "x.b IS NULL",
    "x.t = 'apple'", "x.t <> 'apple'", "x.t < 'b'", "x.t >= 'Z'", "x.t BETWEEN 'a' AND 'z'", "x.t IN ('a', 'Zebra')",
    "'b' > x.t", "x.t = x.v", "x.t < x.v", "x.t = x.w", "x.w < 'a-z'", "x.w = 'ab'", "x.t = x.ci", "x.ci < x.w",
    "x.ci = 'apple'", "x.ci IN ('banana', 'x')", "x.ci < 'a'", "x.ci <> 'Apple'", "x.c = 'ab'", "x.c = 'ab   '",
    "x.c < 'C'", "x.c = x.t", "x.e = 'ok'", "x.e = 'nope'", "x.e < 'ok'", "x.loose < '2'", "x.loose = '10'",
    "x.u = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "x.u > CAST('0fffffff-ffff-ffff-ffff-ffffffffffff' AS UUID)",
    "x.blob = CAST('\\x00\\xFF' AS BLOB)", "x.blob > 'a'", "x.day = DATE '1998-09-02'", "x.day > DATE '1998-09-01'",
    "x.day < TIMESTAMP '1998-09-02 00:00:01'", "x.day = CAST('infinity' AS DATE)", "x.ts = x.day", "x.ts < x.day",
    "x.ts <= TIMESTAMP '1998-09-02 00:00:00'", "x.atz < CAST('1998-09-02 00:00:00+00' AS TIMESTAMPTZ)",
    "x.hour > TIME '12:00:00'", "x.hour BETWEEN TIME '00:00:00' AND TIME '12:34:56'", "x.j IS NULL",
    "x.list IS NULL", "x.id IN (1, NULL)", "NOT (x.id IN (1, 2))", "x.id = 1 OR x.t = 'a' AND x.b",
    "(x.id = 1 OR x.t = 'a') AND x.small IS NOT NULL", "x.t IS DISTINCT FROM 'a'", "x.p = 7", "x.small = -32768",
    "x.t = 'it''s; DROP TABLE awkward --'", "x.t IS NOT DISTINCT FROM NULL", "x.gap IS NOT NULL",
]  # fmt: skip


@pytest.fixture(scope="module")
def oracle(store: PostgresConnector, awkward: Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB alone, over a copy of the same rows."""
    names = ", ".join('x."' + column.name.replace('"', '""') + '"' for column in awkward.columns)
    copy = read(store, fragment(f"SELECT {names} FROM awkward AS x", {"x": awkward}))
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("copied", copy)
        casts = {"UUID": "UUID", "JSON": "JSON"}
        shown = ", ".join(
            f'CAST("{name}" AS {casts[column.type]}) AS "{name}"' if column.type in casts else f'"{name}"'
            for column in awkward.columns
            for name in [column.name.replace('"', '""')]
        )
        engine.execute(f"CREATE TABLE awkward AS SELECT {shown} FROM copied")
        yield engine


@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_predicate_keeps_the_rows_that_duckdb_keeps(
    store: PostgresConnector, awkward: Table, oracle: duckdb.DuckDBPyConnection, predicate: str
) -> None:
    sql = f"SELECT x.id FROM awkward AS x WHERE {predicate} ORDER BY x.id"
    pushed = read(store, fragment(sql, {"x": awkward}))["id"].to_pylist()
    assert pushed == [row[0] for row in oracle.execute(sql).fetchall()]


ORDERED = ["small", "money_in", "b", "t", "v", "c", "ci", "w", "e", "u", "day", "ts", "atz", "hour", "loose", "big"]


@pytest.mark.parametrize("name", ORDERED)
@pytest.mark.parametrize("direction", ["ASC", "DESC", "DESC NULLS FIRST"])
def test_the_first_rows_are_duckdbs(
    store: PostgresConnector, awkward: Table, oracle: duckdb.DuckDBPyConnection, name: str, direction: str
) -> None:
    sql = f"SELECT x.id FROM awkward AS x ORDER BY x.{name} {direction}, x.id LIMIT 3"
    assert read(store, fragment(sql, {"x": awkward}))["id"].to_pylist() == [
        row[0] for row in oracle.execute(sql).fetchall()
    ]


@pytest.mark.parametrize("name", ORDERED)
def test_extremes_and_groups_are_duckdbs(
    store: PostgresConnector, awkward: Table, oracle: duckdb.DuckDBPyConnection, name: str
) -> None:
    column = awkward.column(name)
    assert column is not None
    sql = f"SELECT MIN(x.{name}) AS low, MAX(x.{name}) AS high, COUNT(x.{name}) AS n, COUNT(DISTINCT x.{name}) AS k"
    outputs = (Column("low", column.type), Column("high", column.type), Column("n", "BIGINT"), Column("k", "BIGINT"))
    pushed = read(store, fragment(f"{sql} FROM awkward AS x", {"x": awkward}, *outputs))
    oracle.register("pushed", pushed)
    wanted = oracle.execute(f"SELECT low::TEXT, high::TEXT, n, k FROM ({sql} FROM awkward AS x)").fetchall()
    assert oracle.execute("SELECT low::TEXT, high::TEXT, n, k FROM pushed").fetchall() == wanted
    grouped = f"SELECT x.{name} AS g, COUNT(*) AS n FROM awkward AS x GROUP BY x.{name}"
    oracle.register("grouped", read(store, fragment(grouped, {"x": awkward}, outputs[0], outputs[2])))
    wanted = oracle.execute(f"SELECT g::TEXT, n FROM ({grouped}) ORDER BY ALL").fetchall()
    assert oracle.execute("SELECT low::TEXT, n FROM grouped ORDER BY ALL").fetchall() == wanted


def test_sums_are_exact(store: PostgresConnector, awkward: Table) -> None:
    sql = "SELECT SUM(x.big) AS a, SUM(x.small) AS b, SUM(x.money_in) AS c FROM awkward AS x HAVING SUM(x.id) = 15"
    outputs = (Column("a", "HUGEINT"), Column("b", "HUGEINT"), Column("c", "DECIMAL(38,2)"))
    found = read(store, fragment(sql, {"x": awkward}, *outputs)).to_pylist()
    assert found == [{"a": Decimal(9007199254740992), "b": Decimal(0), "c": Decimal("10000000012.48")}]


def test_joins_of_two_tables(store: PostgresConnector, awkward: Table) -> None:
    parted = Table("public.parted", store.describe(Table("parted", ()), Call(timeout=10)).columns)
    sql = "SELECT a.t, p.x FROM awkward AS a CROSS JOIN parted AS p WHERE a.id = p.k AND p.x >= 0.02 AND a.t < 'b'"
    found = read(store, fragment(sql, {"a": awkward, "p": parted}))
    assert found.to_pylist() == [{"t": "Zebra", "x": Decimal("0.02")}, {"t": "a", "x": Decimal("0.05")}]


@pytest.mark.parametrize(
    ("value", "column", "error"),
    [
        ("'NaN'::numeric(12,2)", Column("x", "DECIMAL(12,2)", native="numeric(12,2)"), StoreValueError),
        ("1.005::numeric", Column("x", "DECIMAL(38,2)", native="numeric"), StoreValueError),
        ("timestamp '294276-01-01'", Column("x", "TIMESTAMP", native="timestamp without time zone"), StoreValueError),
        ("timestamptz '294276-01-01'", Column("x", "TIMESTAMP WITH TIME ZONE"), StoreValueError),
        ("'{{1,2},{3,4}}'::int[]", Column("x", "INTEGER[]", native="integer[]"), StoreValueError),
        ("'abc'::text", Column("x", "INTEGER"), StoreValueError),
        ("70000", Column("x", "SMALLINT", native="integer"), StoreValueError),
        ("date '2020-01-01'", Column("x", "DOUBLE"), StoreRejected),
        ("1.5::float8", Column("x", "FLOAT", native="double precision"), StoreRejected),
        ("now()", Column("x", "DATE", native="timestamp with time zone"), StoreRejected),
    ],
)
def test_what_cannot_be_held_is_an_error_without_the_value(
    store: PostgresConnector, postgres_server: Any, value: str, column: Column, error: type[HeadgateError]
) -> None:
    postgres_server.execute("DROP VIEW IF EXISTS one", f"CREATE VIEW one AS SELECT {value} AS x", database="answers")
    with pytest.raises(error) as caught:
        read(store, fragment("SELECT o.x FROM one AS o", {"o": Table("one", (column,))}))
    assert not any(leak in str(caught.value) for leak in ("NaN", "1.005", "294276", "abc", "70000", "secret-canary"))
    assert caught.value.store == "shop"


def test_a_table_that_lost_a_column_is_refused(store: PostgresConnector) -> None:
    table = Table("seen", (Column("gone", "INTEGER"),))
    with pytest.raises(StoreRejected):
        read(store, fragment("SELECT s.gone FROM seen AS s", {"s": table}))


def test_estimates_come_from_the_server(store: PostgresConnector, awkward: Table) -> None:
    parted = Table("parted", store.describe(Table("parted", ()), Call(timeout=10)).columns)
    found = store.estimate(fragment("SELECT p.k FROM parted AS p", {"p": parted}))
    assert found is not None
    assert (found.rows, found.source) == (500, "postgres planner")
    assert found.bytes == 500 * 4
    assert store.estimate(fragment("SELECT p.k FROM nowhere AS p", {"p": Table("nowhere", parted.columns)})) is None


def test_dates_are_python_dates_too(store: PostgresConnector, awkward: Table) -> None:
    found = read(store, fragment("SELECT x.day, x.ts FROM awkward AS x WHERE x.id = 1", {"x": awkward})).to_pylist()
    assert found == [{"day": date(1998, 9, 2), "ts": datetime(1998, 9, 2)}]


def test_mismatched_arrow_types_are_told_by_column() -> None:
    from connectors.postgres.transport import to_schema

    batch = pa.record_batch({"a": pa.array([1.5])})
    with pytest.raises(StoreSchemaMismatch, match="'a'"):
        to_schema(batch, pa.schema([("a", pa.int64())]))
