"""Prepared statements: their schemas, what is bound to them, and what may not be."""

import datetime
import struct
from decimal import Decimal

import pyarrow as pa
import pytest

from gateway.flight.bindings import Bindings

WHERE = "SELECT id, song FROM play.events.plays WHERE id = ?::BIGINT"


def test_q2_parameters_rebind_and_null(house):
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
def test_q2_values_of_each_type_arrive_as_they_were_bound(house, value):
    sql = "SELECT ? AS v"
    with house.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(sql, (value,))
        cursor.fetchall()
    bound = [values for text, _, values, _ in house.service.prepared if text == sql and values is not None]
    assert bound[0] == [value]
    assert type(bound[0][0]) is type(value)


def test_q4_a_prepared_statement_tells_its_schemas(house):
    sql = "SELECT id FROM play.events.plays WHERE id = ?::BIGINT AND song = ? AND seconds < ?::INTEGER"
    house.service.parameter_types[sql] = ("BIGINT", "VARCHAR", "UTINYINT")
    client = house.raw()
    result = client.prepare(sql)
    assert _schema(result.dataset_schema) == pa.schema([("id", pa.int64())])
    # pyarrow gets the common profile, which knows no unsigned types
    assert _schema(result.parameter_schema).types == [pa.int64(), pa.utf8(), pa.int16()]
    assert result.HasField("is_update")
    assert not result.is_update


def test_q3_q20_drivers_that_ignore_the_new_handle_are_remembered(house):
    client = house.raw()
    handle = client.prepare(WHERE).prepared_statement_handle
    updated = client.bind(handle, pa.record_batch({"1": [7]}))
    for one in (handle, updated):
        table = client.rows("CommandPreparedStatementQuery", prepared_statement_handle=one)
        assert table.to_pydict() == {"id": [7], "song": ["song 7"]}
    for one in (handle, handle, updated, b"", b"no handle"):
        assert client.release(one) == []
    with pytest.raises(pa.ArrowInvalid, match="PARAMETERS_INVALID"):
        client.rows("CommandPreparedStatementQuery", prepared_statement_handle=handle)


def test_q3_unbound_parameters_are_an_error_that_says_so(house):
    client = house.raw()
    with pytest.raises(pa.ArrowInvalid, match=r"PARAMETERS_INVALID.*Bind the parameters first"):
        client.info(
            "CommandPreparedStatementQuery", prepared_statement_handle=client.prepare(WHERE).prepared_statement_handle
        )


def test_q5_several_rows_of_parameters_are_refused_clearly(house):
    client = house.raw()
    with pytest.raises(NotImplementedError, match="UNSUPPORTED: A query takes one row of parameters at a time"):
        client.bind(client.prepare(WHERE).prepared_statement_handle, pa.record_batch({"1": [1, 2]}))


def test_q5_a_parameter_batch_that_is_too_large_is_refused(house):
    client = house.raw()
    with pytest.raises(pa.ArrowInvalid, match=r"PARAMETERS_INVALID.*larger than"):
        client.bind(client.prepare(WHERE).prepared_statement_handle, pa.record_batch({"1": ["x" * (1 << 21)]}))


def test_q5_a_crafted_batch_is_refused_and_the_server_lives(house):
    client = house.raw()
    handle = client.prepare(WHERE).prepared_statement_handle
    for batch in (crafted_text([0, 1 << 30, 3]), crafted_text([0, -5, 3]), crafted_view(1 << 30)):
        with pytest.raises(pa.ArrowInvalid, match="PARAMETERS_INVALID: The bound parameters are not valid Arrow data"):
            client.bind(handle, batch)
    with pytest.raises(pa.ArrowInvalid, match="PARAMETERS_INVALID"):
        client.bind(handle, pa.record_batch({"1": pa.array([[1]], pa.list_(pa.int64()))}))
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


def _schema(data: bytes) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(data))


def test_q4_parameter_types_are_inferred_and_text_otherwise(gateway):
    result = gateway.raw().prepare(
        "SELECT name FROM artists.catalog.labels WHERE id = ? AND founded < ? AND name LIKE ? AND ? IS NULL LIMIT ?"
    )
    assert _schema(result.parameter_schema) == pa.schema(
        [
            ("$1", pa.int32()),
            ("$2", pa.timestamp("ms")),  # the unit that JDBC binds
            ("$3", pa.utf8()),
            ("$4", pa.utf8()),
            ("$5", pa.int64()),
        ]
    )
    assert _schema(result.dataset_schema) == pa.schema([("name", pa.utf8())])
    none = gateway.raw().prepare("SELECT 1 AS one")
    assert _schema(none.parameter_schema) == pa.schema([])
    assert not none.is_update


def test_q2_q4_adbc_sees_the_parameters_and_text_is_taken_for_any_of_them(gateway):
    sql = "SELECT id FROM artists.catalog.labels WHERE id = ? AND founded > ?"
    with gateway.adbc() as connection, connection.cursor() as cursor:
        assert cursor.adbc_prepare(sql).types == [pa.int32(), pa.timestamp("us")]
        for values in ((3, datetime.datetime(1980, 1, 1)), ("3", "1980-01-01 00:00:00")):
            cursor.execute(sql, values)
            assert cursor.fetchall() == [(3,)]


def test_q3_what_is_remembered_for_old_drivers_is_bounded(house, monkeypatch):
    monkeypatch.setattr(Bindings, "BYTES", 3 << 20)
    client = house.raw()
    handles = [client.prepare("SELECT ?").prepared_statement_handle for _ in range(5)]
    for number, handle in enumerate(handles):
        client.bind(handle, pa.record_batch({"1": [str(number) + "x" * 900_000]}))
    for handle in handles[:2]:
        with pytest.raises(pa.ArrowInvalid, match=r"PARAMETERS_INVALID.*Bind the parameters first"):
            client.rows("CommandPreparedStatementQuery", prepared_statement_handle=handle)
    for number, handle in enumerate(handles[2:], start=2):
        table = client.rows("CommandPreparedStatementQuery", prepared_statement_handle=handle)
        assert table.column(0)[0].as_py()[0] == str(number)


def test_q5_an_update_of_a_handle_carries_only_the_last_row(house):
    client = house.raw()
    handle = client.prepare(WHERE).prepared_statement_handle
    first = client.bind(handle, pa.record_batch({"1": [1]}))
    second = client.bind(first, pa.record_batch({"1": [2]}))
    for one, expected in ((first, 1), (second, 2), (first, 1)):
        table = client.rows("CommandPreparedStatementQuery", prepared_statement_handle=one)
        assert table["id"].to_pylist() == [expected]


def test_q5_the_number_of_values_must_be_that_of_the_parameters(gateway):
    client = gateway.raw()
    handle = client.prepare("SELECT ?, ?").prepared_statement_handle
    for row in ({"1": [1]}, {"1": [1], "2": [2], "3": [3]}):
        bound = client.bind(handle, pa.record_batch(row))
        with pytest.raises(pa.ArrowInvalid, match="PARAMETERS_INVALID"):
            client.info("CommandPreparedStatementQuery", prepared_statement_handle=bound)
