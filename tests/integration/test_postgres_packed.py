"""Rows that Postgres packs into columns are those that it sends one by one, bit by bit."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import StoreValueError
from connectors.postgres import PostgresConnector, packed
from connectors.postgres.stream import PostgresStream
from connectors.spi import NO_HINTS, Table
from tests.services.fragments import fragment
from tests.services.numbers import made, until

pytestmark = pytest.mark.postgres

ROWS = 30_000
DATABASE = "packed"
# Of each type the least and the greatest value, what has a form of its own, and what separates texts.
VALUES = {
    "s smallint": ("-32768", "32767", "0"),
    "i integer": ("-2147483648", "2147483647", "0"),
    "l bigint": ("-9223372036854775808", "9223372036854775807", "0"),
    "r real": ("'NaN'", "'-0'", "'-Infinity'", "'1e-45'", "0.1"),
    "d double precision": ("'NaN'", "'-0'", "'Infinity'", "'5e-324'", "0.1"),
    "b boolean": ("true", "false"),
    "n numeric(15,2)": ("0", "0.01", "-9999999999999.99"),
    "w numeric(38,10)": ("-9999999999999999999999999999.9999999999", "1", "0.0000000001"),
    "h numeric(38,0)": ("99999999999999999999999999999999999999", "-1"),
    "day date": ("'infinity'", "'-infinity'", "'4713-01-01 BC'", "'9999-12-31'", "'1969-12-31'"),
    "moment timestamp": ("'infinity'", "'-infinity'", "'4713-01-01 BC'", "'1999-12-31 23:59:59.999999'"),
    "instant timestamptz": ("'infinity'", "'-infinity'", "'294246-01-01 00:00+00'", "'1969-12-31 23:59:59.999999+00'"),
    "hour time": ("'00:00'", "'24:00'", "'23:59:59.999999'"),
    "t text": ("''", "'a'", r"E'\x01\n,\\'", "'ü€😀'", "repeat('x', 300)"),
    "v varchar(9)": ("''", "','", "'ÿ'"),
    "c char(5)": ("''", "'ab'", "'abcde'"),
    "u uuid": ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
    "j jsonb": ("""'{"a": [1, null, ""]}'""", "'null'", """'""'"""),
    "e mood": ("'sad'", "'so, so'"),
}


def _table(name: str, further: str, total: str) -> str:
    """A table that has each of the values in a third of its rows or so, ``further`` ones among them."""
    columns, values = ["id integer NOT NULL"], ["g"]
    for column, known in VALUES.items():
        kind = column.split(" ", 1)[1]
        listed = [*known, further] if further else known
        columns.append(f"{column} {total}")
        values.append(f"(ARRAY[{', '.join(listed)}]::{kind}[])[1 + (g / 3 + g % 3) % {len(listed)}]")
    return f"CREATE TABLE {name} ({', '.join(columns)}); INSERT INTO {name} SELECT {', '.join(values)} FROM made"


SETUP = (
    "CREATE TYPE mood AS ENUM ('sad', 'so, so')",
    f"CREATE VIEW made AS SELECT g FROM generate_series(1, {ROWS}) g",
    *_table("holes", "NULL", "").split("; "),
    *_table("full_rows", "", "NOT NULL").split("; "),
    r"CREATE TABLE bytes AS SELECT g AS id, '\x00ff'::bytea AS data FROM made",
    "CREATE TABLE outside AS SELECT g AS id, 'x' AS word FROM made",
    "INSERT INTO outside SELECT 0, string_agg(md5(g::text), '') FROM generate_series(1, 1000) g",
    "CREATE TABLE odd (id integer, amount numeric(9,2))",
    f"INSERT INTO odd SELECT g, CASE WHEN g < {ROWS} THEN g ELSE 'NaN'::numeric END FROM made",
    "ANALYZE",
)


@pytest.fixture(scope="module", params=("postgres_server", "postgres_18_server"))
def server(request: pytest.FixtureRequest) -> Any:
    started = request.getfixturevalue(request.param)
    started.createdb(DATABASE)
    started.execute(*SETUP, database=DATABASE)
    return started


@pytest.fixture
def dsn(server: Any) -> str:
    return str(server.dsn_of(DATABASE))


@pytest.fixture
def store(dsn: str) -> Iterator[PostgresConnector]:
    connector = made(dsn)
    yield connector
    until(lambda: connector.pool.in_use == 0)
    connector.close()


def read(store: PostgresConnector, name: str, where: str = "") -> tuple[bool, pa.Table]:
    """Whether the rows of a table came packed, and what they are, in the order of ``id``."""
    call = Call(timeout=30)
    table = Table(name, store.describe(Table(name, ()), call).columns)
    wanted = fragment(
        f"SELECT {', '.join(f't.{one.name}' for one in table.columns)} FROM {name} AS t {where}", {"t": table}
    )
    with store.snapshot([table], call) as snapshot:
        stream = store.open(wanted, snapshot, NO_HINTS, call)
        assert isinstance(stream, PostgresStream)
        try:
            found = pa.Table.from_batches(stream, wanted.schema)
        finally:
            stream.close()
        return stream._packing is not None, found.sort_by("id").combine_chunks()


def bits(table: pa.Table) -> pa.Table:
    """The table with floats as the bytes they are, since NaN equals nothing."""
    storage = {pa.float32(): pa.int32(), pa.float64(): pa.int64()}
    columns = [column.combine_chunks() for column in table.columns]
    return pa.table([column.view(storage.get(column.type, column.type)) for column in columns], table.column_names)


@pytest.mark.parametrize("name", ["holes", "full_rows"])
def test_every_value_of_every_type_arrives_as_it_does_alone(
    store: PostgresConnector, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    was_packed, found = read(store, name)
    monkeypatch.setattr(packed, "packing", lambda *_: None)
    was_packed_before, expected = read(store, name)
    assert (was_packed, was_packed_before) == (True, False)
    assert found.num_rows == ROWS
    assert bits(found).equals(bits(expected))
    nulls = {column: found.column(column).null_count > 0 for column in found.column_names}
    assert nulls == {column: name == "holes" and column != "id" for column in found.column_names}


def test_ranges_without_a_row_add_none(store: PostgresConnector) -> None:
    was_packed, found = read(store, "holes", "WHERE t.id > 8000")
    assert was_packed
    assert found.column("id").to_pylist() == list(range(8001, ROWS + 1))


@pytest.mark.parametrize(("name", "rows"), [("bytes", ROWS), ("outside", ROWS + 1)])
def test_values_of_any_size_come_row_by_row(store: PostgresConnector, name: str, rows: int) -> None:
    was_packed, found = read(store, name)
    assert not was_packed
    assert found.num_rows == rows


def test_a_table_is_never_read_once_for_each_of_its_ranges(dsn: str, server: Any) -> None:
    server.execute(f"ALTER DATABASE {DATABASE} SET enable_tidscan = off")
    try:
        store = made(dsn)
        was_packed, found = read(store, "full_rows")
        store.close()
    finally:
        server.execute(f"ALTER DATABASE {DATABASE} RESET enable_tidscan")
    assert not was_packed
    assert found.num_rows == ROWS


def test_a_value_that_is_no_number_fails_the_query(store: PostgresConnector) -> None:
    with pytest.raises(StoreValueError):
        read(store, "odd")


def test_a_constraint_that_old_rows_break_is_not_believed(postgres_18_server: Any) -> None:
    database = "broken"
    postgres_18_server.createdb(database)
    postgres_18_server.execute(
        f"CREATE TABLE t AS SELECT g AS id, nullif(g % 3, 0) AS v FROM generate_series(1, {ROWS}) g",
        "ALTER TABLE t ADD CONSTRAINT filled NOT NULL v NOT VALID",
        "ANALYZE",
        database=database,
    )
    store = made(postgres_18_server.dsn_of(database))
    was_packed, found = read(store, "t")
    store.close()
    assert was_packed
    assert found.column("v").to_pylist() == [number % 3 or None for number in range(1, ROWS + 1)]
