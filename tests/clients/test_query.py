"""Queries through ADBC and plain pyarrow."""

import subprocess
import sys
from decimal import Decimal

import adbc_driver_manager
import pyarrow as pa
import pytest

from gateway.flight.execution import MAX_BATCH_BYTES


def test_q1_adbc_fetches_rows_and_types(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, song, seconds FROM play.events.plays ORDER BY id LIMIT 2")
        table = cursor.fetch_arrow_table()
    assert table.to_pydict() == {
        "id": [0, 1],
        "song": ["song 0", "song 1"],
        "seconds": [Decimal("0.0"), Decimal("1.5")],
    }
    assert table.schema.field("song").type == pa.utf8()


def test_q1_the_announced_schema_is_the_streams_schema(house):
    client = house.raw()
    for sql in (
        "SELECT * FROM artists.catalog.rates",
        "SELECT NULL AS nothing, 1::UBIGINT AS big, ['a'] AS list, {'a': 1} AS struct",
        "SELECT DATE '2026-01-02' AS d, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS t, 'x'::BLOB AS b, 1.5::FLOAT AS f",
        "SELECT * FROM play.events.plays WHERE false",
    ):
        client.query(sql)  # rows() compares the two, metadata and nullability included


def test_q1_the_query_id_is_told_and_the_stream_is_ordered(house):
    client = house.raw()
    info = client.info("CommandStatementQuery", query="SELECT 1 AS a")
    assert len(info.app_metadata) == 32
    assert info.ordered
    assert info.endpoints[0].expiration_time is not None


def test_q11_batches_stay_under_two_mebibytes(house):
    client = house.raw()
    for sql in (
        "SELECT i, i * 2 AS j FROM range(1000000) t(i)",
        "SELECT repeat('x', 3000) AS wide FROM range(5000)",
        "SELECT CASE WHEN i % 100 = 0 THEN repeat('x', 100000) ELSE '' END AS skew FROM range(10000) t(i)",
    ):
        info = client.info("CommandStatementQuery", query=sql)
        sizes = [chunk.data.nbytes for chunk in client.stream(info.endpoints[0].ticket)]
        assert max(sizes) <= MAX_BATCH_BYTES
        assert len(sizes) < 4 * (sum(sizes) // MAX_BATCH_BYTES + 6)


def test_pushdown_is_chosen_by_header(house):
    client = house.raw()
    client.query("SELECT 1", x_headgate_pushdown="off")
    assert [entry[3] for entry in house.service.prepared] == [False, False]
    with pytest.raises(pa.ArrowInvalid, match="Pushdown is on, off or verify"):
        client.query("SELECT 1", x_headgate_pushdown="maybe")


def test_q10_an_empty_answer_keeps_its_schema(gateway):
    with gateway.adbc() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, name, founded FROM artists.catalog.labels WHERE false")
        table = cursor.fetch_arrow_table()
    assert table.num_rows == 0
    assert table.schema.types == [pa.int32(), pa.utf8(), pa.timestamp("us")]


def test_q10_ten_thousand_columns(house):
    row = pa.record_batch({f"c{number}": pa.array([number], pa.int32()) for number in range(10_000)})
    house.service.streams["SELECT wide"] = (row.schema, lambda call: (yield row))
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT wide")
        table = cursor.fetch_arrow_table()
    assert table.schema == row.schema
    assert table.to_pylist() == row.to_pylist()


@pytest.mark.parametrize(("width", "rows"), [(300, 100_000), (10_000, 4_000), (1 << 20, 20)])
def test_q11_wide_rows_pass_under_the_limit_of_every_client(house, width, rows):
    limit = {"adbc.flight.sql.client_option.with_max_msg_size": str(4 << 20)}
    with house.adbc(**limit) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT repeat('x', {width}) AS wide FROM range({rows})")
        table = cursor.fetch_arrow_table()
    assert table.num_rows == rows
    assert table.nbytes >= width * rows


def test_q12_a_million_rows_keep_their_order_over_one_endpoint(gateway):
    # A HUGEINT, so that the answer goes through a last projection to the types of the client.
    sql = "SELECT (i * 180 + id)::HUGEINT AS n FROM artists.catalog.artists, range(6000) AS t(i) ORDER BY n DESC"
    client = gateway.raw()
    assert len(client.info("CommandStatementQuery", query=sql).endpoints) == 1
    with gateway.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        numbers = cursor.fetch_arrow_table()["n"]
    assert numbers.cast(pa.int64()).equals(pa.chunked_array([pa.array(range(180 * 6000 - 1, -1, -1), pa.int64())]))


READER = """
import sys
import adbc_driver_flightsql.dbapi as dbapi
uri, user = sys.argv[1:]
with dbapi.connect(uri, db_kwargs={"username": user, "password": "s3cret"}, autocommit=True) as connection:
    with connection.cursor() as cursor:
        try:
            cursor.adbc_read_partition(sys.stdin.buffer.read())
            print(cursor.fetchall())
        except Exception as error:
            print(error)
"""


def test_q13_partitions_are_read_by_another_process_and_by_no_other_user(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        partitions, schema = cursor.adbc_execute_partitions("SELECT id FROM artists.catalog.songs ORDER BY id LIMIT 3")
    assert schema == pa.schema([("id", pa.int32())])
    assert len(partitions) == 1
    told = {}
    for user in ("ann", "bob"):
        command = [sys.executable, "-c", READER, house.server.uri, user]
        told[user] = subprocess.run(command, input=partitions[0], capture_output=True, timeout=60).stdout.decode()
    assert told["ann"].strip() == "[(0,), (1,), (2,)]"
    assert "PERMISSION_DENIED: This was issued to another user" in told["bob"]


def test_q14_execute_schema_is_the_schema_of_the_answer(gateway):
    sql = "SELECT id, name FROM artists.catalog.labels WHERE id < ?"
    with gateway.adbc() as connection, connection.cursor() as cursor:
        told = cursor.adbc_execute_schema(sql)
        cursor.execute(sql, (3,))
        assert cursor.fetch_arrow_table().schema == told


def test_q14_get_schema_of_every_command_is_the_schema_of_its_flight_info(gateway):
    client = gateway.raw()
    handle = client.prepare("SELECT id, 'x' AS x FROM artists.catalog.labels WHERE id = 3").prepared_statement_handle
    key, cross = {"table": "labels"}, {"pk_table": "labels", "fk_table": "plays"}
    commands = [
        ("CommandStatementQuery", {"query": "SELECT 1 AS a, NULL AS b, 'x'::BLOB AS c"}),
        ("CommandStatementQuery", {"query": "EXPLAIN SELECT 1"}),
        ("CommandPreparedStatementQuery", {"prepared_statement_handle": handle}),
        ("CommandGetTables", {"include_schema": True}),
        ("CommandGetCrossReference", cross),
    ]
    commands += [(f"CommandGet{what}", {}) for what in ("Catalogs", "DbSchemas", "Tables", "TableTypes")]
    commands += [(f"CommandGet{what}", {}) for what in ("XdbcTypeInfo", "SqlInfo")]
    commands += [(f"CommandGet{what}Keys", key) for what in ("Primary", "Exported", "Imported")]
    for command, fields in commands:
        announced = client.info(command, **fields).schema
        assert client.schema(command, **fields).equals(announced, check_metadata=True), command
        client.rows(command, **fields)


def test_q15_incremental_execution_is_not_supported_and_says_so(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.statement.exec.incremental": "true"})
        cursor.adbc_statement.set_sql_query("SELECT 1")
        with pytest.raises(adbc_driver_manager.NotSupportedError):
            cursor.adbc_statement.execute_partitions()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("", "SQL_SYNTAX: There is no query"),
        ("  \n;\n ", "SQL_SYNTAX: There is no query"),
        ("-- nothing", "SQL_SYNTAX: There is no query"),
        ("/* nothing */", "SQL_SYNTAX: There is no query"),
        ("SELECT 1; SELECT 2", "SQL_NOT_ALLOWED: Another statement follows the semicolon at line 1, column 9"),
        ("SELECT 1; DROP TABLE x", "SQL_NOT_ALLOWED: Another statement follows"),
        ("SELECT FROM WHERE", "SQL_SYNTAX: The SQL cannot be read at line 1"),
    ],
)
def test_q19_no_statement_and_more_than_one_are_invalid_arguments(gateway, sql, told):
    client = gateway.raw()
    for step in (
        lambda: client.info("CommandStatementQuery", query=sql),
        lambda: client.schema("CommandStatementQuery", query=sql),
        lambda: client.prepare(sql),
    ):
        with pytest.raises(pa.ArrowInvalid, match=told):
            step()


def test_q19_one_semicolon_may_end_a_statement(gateway):
    assert gateway.ask("SELECT 1; -- done") == [(1,)]
