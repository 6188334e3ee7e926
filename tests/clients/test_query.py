"""Queries and prepared statements through ADBC and plain pyarrow."""

import datetime
import struct
from decimal import Decimal

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from gateway.flight.execution import MAX_BATCH_BYTES
from tests.clients.conftest import Raw

WHERE = "SELECT id, song FROM play.events.plays WHERE id = ?::BIGINT"


def test_adbc_fetches_rows_and_types(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, song, seconds FROM play.events.plays ORDER BY id LIMIT 2")
        table = cursor.fetch_arrow_table()
    assert table.to_pydict() == {
        "id": [0, 1],
        "song": ["song 0", "song 1"],
        "seconds": [Decimal("0.0"), Decimal("1.5")],
    }
    assert table.schema.field("song").type == pa.utf8()


def test_the_announced_schema_is_the_streams_schema(house):
    client = house.raw()
    for sql in (
        "SELECT * FROM artists.catalog.rates",
        "SELECT NULL AS nothing, 1::UBIGINT AS big, ['a'] AS list, {'a': 1} AS struct",
        "SELECT DATE '2026-01-02' AS d, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS t, 'x'::BLOB AS b, 1.5::FLOAT AS f",
        "SELECT * FROM play.events.plays WHERE false",
    ):
        client.query(sql)  # rows() compares the two, metadata and nullability included


def test_the_query_id_is_told_and_the_stream_is_ordered(house):
    client = house.raw()
    info = client.info("CommandStatementQuery", query="SELECT 1 AS a")
    assert len(info.app_metadata) == 32
    assert info.ordered
    assert info.endpoints[0].expiration_time is not None


def test_parameters_rebind_and_null(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        for number in (3, 4):
            cursor.execute(WHERE, (number,))
            assert cursor.fetchall() == [(number, f"song {number}")]
        cursor.execute(WHERE, (None,))
        assert cursor.fetchall() == []
    run = [values for sql, _, values, _ in house.service.prepared if sql == WHERE and values is not None]
    assert run == [[3], [3], [4], [4], [None], [None]]  # planned, then planned again to run


@pytest.mark.parametrize(
    "value",
    [
        True,
        -(2**63),
        2**63 - 1,
        1.25,
        "ünï",
        b"\x00\xff",
        datetime.date(2026, 2, 28),
        datetime.datetime(2026, 2, 28, 1, 2, 3, 4),
        datetime.datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=datetime.UTC),
        Decimal("123456789.0123"),
        None,
    ],
)
def test_values_of_each_type_arrive_as_they_were_bound(house, value):
    sql = "SELECT ? AS v"
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(sql, (value,))
        cursor.fetchall()
    bound = [values for text, _, values, _ in house.service.prepared if text == sql and values is not None]
    assert bound[0] == [value]
    assert type(bound[0][0]) is type(value)


def test_a_prepared_statement_tells_its_schemas(house):
    sql = "SELECT id FROM play.events.plays WHERE id = ?::BIGINT AND song = ? AND seconds < ?::INTEGER"
    house.service.parameter_types[sql] = ("BIGINT", "VARCHAR", "UTINYINT")
    client = house.raw()
    body = wire.pack("ActionCreatePreparedStatementRequest", query=sql)
    name, result = wire.unpack(client.act("CreatePreparedStatement", body)[0])
    assert name == "ActionCreatePreparedStatementResult"
    assert _schema(result.dataset_schema) == pa.schema([("id", pa.int64())])
    # pyarrow gets the common profile, which knows no unsigned types
    assert _schema(result.parameter_schema).types == [pa.int64(), pa.utf8(), pa.int16()]
    assert result.HasField("is_update")
    assert not result.is_update


def test_execute_schema_and_get_schema(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        assert cursor.adbc_execute_schema(WHERE) == pa.schema([("id", pa.int64()), ("song", pa.utf8())])
    client = house.raw()
    descriptor = fl.FlightDescriptor.for_command(wire.pack("CommandStatementQuery", query="SELECT 1 AS a"))
    assert client.flight.get_schema(descriptor, client.options()).schema == pa.schema([("a", pa.int32())])


def test_partitions_are_read_by_another_connection(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        partitions, schema = cursor.adbc_execute_partitions("SELECT id FROM artists.catalog.songs ORDER BY id")
    assert schema == pa.schema([("id", pa.int32())])
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.adbc_read_partition(partitions[0])
        assert cursor.fetch_arrow_table()["id"].to_pylist() == list(range(10))


def test_drivers_that_ignore_the_new_handle_are_remembered(house):
    client = house.raw()
    handle = _prepare(client, WHERE)
    updated = _bind(client, handle, pa.record_batch({"1": [7]}))
    for one in (handle, updated):
        table = client.rows("CommandPreparedStatementQuery", prepared_statement_handle=one)
        assert table.to_pydict() == {"id": [7], "song": ["song 7"]}
    close = wire.pack("ActionClosePreparedStatementRequest", prepared_statement_handle=handle)
    assert client.act("ClosePreparedStatement", close) == []
    assert client.act("ClosePreparedStatement", close) == []
    with pytest.raises(pa.ArrowInvalid, match="PARAMETERS_INVALID"):
        client.rows("CommandPreparedStatementQuery", prepared_statement_handle=handle)


def test_unbound_parameters_are_an_error_that_says_so(house):
    client = house.raw()
    with pytest.raises(pa.ArrowInvalid, match=r"PARAMETERS_INVALID.*Bind the parameters first"):
        client.info("CommandPreparedStatementQuery", prepared_statement_handle=_prepare(client, WHERE))


def test_several_rows_of_parameters_are_refused_clearly(house):
    client = house.raw()
    with pytest.raises(NotImplementedError, match="UNSUPPORTED: A query takes one row of parameters at a time"):
        _bind(client, _prepare(client, WHERE), pa.record_batch({"1": [1, 2]}))


def test_a_parameter_batch_that_is_too_large_is_refused(house):
    client = house.raw()
    with pytest.raises(pa.ArrowInvalid, match=r"PARAMETERS_INVALID.*larger than"):
        _bind(client, _prepare(client, WHERE), pa.record_batch({"1": ["x" * (1 << 21)]}))


def test_a_crafted_batch_is_refused_and_the_server_lives(house):
    client = house.raw()
    handle = _prepare(client, WHERE)
    for batch in (crafted_text([0, 1 << 30, 3]), crafted_text([0, -5, 3]), crafted_view(1 << 30)):
        with pytest.raises(pa.ArrowInvalid, match="PARAMETERS_INVALID: The bound parameters are not valid Arrow data"):
            _bind(client, handle, batch)
    with pytest.raises(pa.ArrowInvalid, match="PARAMETERS_INVALID"):
        _bind(client, handle, pa.record_batch({"1": pa.array([[1]], pa.list_(pa.int64()))}))
    assert client.query("SELECT 1 AS a").to_pydict() == {"a": [1]}


def crafted_text(offsets: list[int]) -> pa.RecordBatch:
    """Text values whose offsets point outside their buffer. Made by hand; Arrow does not look."""
    index = pa.array(offsets, pa.int32()).buffers()[1]
    text = pa.Array.from_buffers(pa.utf8(), len(offsets) - 1, [None, index, pa.py_buffer(b"abc")])
    return pa.RecordBatch.from_arrays([text], names=["1"])


def crafted_view(offset: int) -> pa.RecordBatch:
    """One text view of 100 bytes that points outside its buffer."""
    view = struct.pack("<i4sii", 100, b"abcd", 0, offset)
    text = pa.Array.from_buffers(pa.string_view(), 1, [None, pa.py_buffer(view), pa.py_buffer(b"abcd" * 25)])
    return pa.RecordBatch.from_arrays([text], names=["1"])


@pytest.mark.parametrize("command", ["CommandStatementUpdate", "CommandStatementIngest"])
def test_updates_and_ingest_are_refused(house, command):
    client = house.raw()
    fields = {"query": "DELETE FROM x"} if command.endswith("Update") else {"table": "x"}
    descriptor = fl.FlightDescriptor.for_command(wire.pack(command, **fields))
    writer, reader = client.flight.do_put(descriptor, pa.schema([]), client.options())
    with pytest.raises(NotImplementedError, match="UNSUPPORTED: Headgate is read-only"):
        refused_put(writer, reader)


def refused_put(writer, reader):
    writer.done_writing()
    reader.read()
    writer.close()


def test_adbc_updates_transactions_and_ingest_are_refused(house):
    with house.adbc() as connection, connection.cursor() as cursor:
        with pytest.raises(adbc_driver_manager.NotSupportedError, match="read-only"):
            cursor.executemany("SELECT ?", [(1,)])
        with pytest.raises(adbc_driver_manager.NotSupportedError):
            cursor.adbc_ingest("x", pa.table({"a": [1]}))
    client = house.raw()
    with pytest.raises(NotImplementedError, match="no transactions"):
        client.act("BeginTransaction", b"")
    with pytest.raises(NotImplementedError, match="no transactions"):
        client.info("CommandStatementQuery", query="SELECT 1", transaction_id=b"x")
    with pytest.raises(NotImplementedError, match="not Substrait"):
        client.info("CommandStatementSubstraitPlan")


def test_batches_stay_under_two_mebibytes(house):
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


def test_a_wide_answer_and_a_long_one_arrive_whole(house):
    client = house.raw()
    wide = client.query("SELECT " + ", ".join(f"{n} AS c{n}" for n in range(2000)))
    assert wide.num_columns == 2000
    table = client.query("SELECT i FROM range(300000) t(i) ORDER BY i")
    assert table["i"].to_pylist() == list(range(300_000))


def test_types_follow_the_profile(house):
    sql = "SELECT * FROM artists.catalog.rates"
    common = house.raw().query(sql)
    assert common.schema.types == [pa.int16(), pa.decimal128(18, 3), pa.utf8()]
    assert common.to_pydict() == {"tiny": [1], "due": [Decimal("12.500")], "term": ["3 days"]}
    full = house.raw().query(sql, x_headgate_type_profile="full")
    assert full.schema.types == [pa.uint8(), pa.decimal128(18, 3), pa.month_day_nano_interval()]
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.fetch_arrow_table().schema.types == full.schema.types


def test_a_huge_value_never_arrives_as_another(house):
    sql = "SELECT 340282366920938463463374607431768211455::UHUGEINT AS u, TIMETZ '01:02:03+02' AS t"
    for profile in ("common", "full"):
        table = house.raw().query(sql, x_headgate_type_profile=profile)
        assert table.to_pydict() == {"u": ["340282366920938463463374607431768211455"], "t": ["01:02:03+02"]}


def test_pushdown_is_chosen_by_header(house):
    client = house.raw()
    client.query("SELECT 1", x_headgate_pushdown="off")
    assert [entry[3] for entry in house.service.prepared] == [False, False]
    with pytest.raises(pa.ArrowInvalid, match="Pushdown is either on or off"):
        client.query("SELECT 1", x_headgate_pushdown="maybe")


def _schema(data: bytes) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(data))


def _prepare(client: Raw, sql: str) -> bytes:
    body = wire.pack("ActionCreatePreparedStatementRequest", query=sql)
    return wire.unpack(client.act("CreatePreparedStatement", body)[0])[1].prepared_statement_handle


def _bind(client: Raw, handle: bytes, batch: pa.RecordBatch) -> bytes:
    command = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
    descriptor = fl.FlightDescriptor.for_command(command)
    writer, reader = client.flight.do_put(descriptor, batch.schema, client.options())
    try:
        writer.write_batch(batch)
        writer.done_writing()
        result = reader.read()
    finally:
        writer.close()
    return wire.parse("DoPutPreparedStatementResult", result.to_pybytes()).prepared_statement_handle
