"""What a read-only gateway refuses: updates, DDL, ingest, transactions, Substrait. Clearly, and never half-executed."""

import re

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from tests.clients.conftest import spied

LABELS = "artists.catalog.labels"
CHANGES = [
    f"INSERT INTO {LABELS} VALUES (99, 'x', 'DE', NULL)",
    f"INSERT INTO {LABELS} SELECT * FROM {LABELS} RETURNING id",
    f"UPDATE {LABELS} SET name = 'x'",
    f"DELETE FROM {LABELS}",
    f"TRUNCATE {LABELS}",
    f"MERGE INTO {LABELS} AS t USING {LABELS} AS s ON t.id = s.id WHEN MATCHED THEN DELETE",
    "CREATE TABLE artists.catalog.copy (id INTEGER)",
    f"CREATE VIEW v AS SELECT * FROM {LABELS}",
    f"DROP TABLE {LABELS}",
    f"ALTER TABLE {LABELS} ADD COLUMN x INTEGER",
    f"COPY {LABELS} TO 'labels.csv'",
    "ATTACH 'other.db'",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "SET threads = 1",
    "BEGIN",
    "COMMIT",
    "EXECUTE p",
    f"WITH gone AS (DELETE FROM {LABELS} RETURNING *) SELECT * FROM gone",
    f"SELECT * INTO copy FROM {LABELS}",
    f"EXPLAIN ANALYZE DELETE FROM {LABELS}",
]
ONE_SENTENCE = re.compile(r"(SQL_NOT_ALLOWED|UNSUPPORTED): [^.]*\. (Hint: [^\n]*\. )?\(query [0-9a-f]{32}\)")


def unchanged(gateway):
    assert gateway.ask(f"SELECT COUNT(*), COUNT(DISTINCT name) FROM {LABELS}") == [(12, 5)]
    assert gateway.raw().rows("CommandGetTables").num_rows == 4
    assert gateway.server.running == 0


@pytest.mark.parametrize("sql", CHANGES)
def test_q6_q7_statements_that_change_something_are_refused_at_every_door(gateway, sql):
    client = gateway.raw()
    for step in (
        lambda: client.info("CommandStatementQuery", query=sql),
        lambda: client.schema("CommandStatementQuery", query=sql),
        lambda: client.prepare(sql),
    ):
        with pytest.raises(pa.ArrowInvalid, match="SQL_NOT_ALLOWED") as caught:
            step()
        assert ONE_SENTENCE.search(str(caught.value))


def test_q6_adbc_execute_of_a_change_changes_nothing(gateway):
    with gateway.adbc() as connection, connection.cursor() as cursor:
        for sql in CHANGES:
            with pytest.raises(adbc_driver_manager.ProgrammingError, match="SQL_NOT_ALLOWED"):
                cursor.execute(sql)
    unchanged(gateway)


def test_q8_executemany_and_execute_update_are_refused(gateway):
    with gateway.adbc() as connection, connection.cursor() as cursor:
        with pytest.raises(adbc_driver_manager.NotSupportedError, match="UNSUPPORTED: Headgate is read-only"):
            cursor.executemany("SELECT ?", [(1,), (2,)])
        with pytest.raises(adbc_driver_manager.ProgrammingError, match="SQL_NOT_ALLOWED"):
            cursor.executemany(f"INSERT INTO {LABELS} VALUES (?, 'x', 'DE', NULL)", [(98,), (99,)])
        cursor.adbc_statement.set_sql_query(f"DELETE FROM {LABELS}")
        with pytest.raises(adbc_driver_manager.NotSupportedError, match="UNSUPPORTED: Headgate is read-only"):
            cursor.adbc_statement.execute_update()
    unchanged(gateway)


@pytest.mark.parametrize(
    ("command", "fields", "told"),
    [
        ("CommandStatementUpdate", {"query": f"DELETE FROM {LABELS}"}, "Headgate is read-only"),
        ("CommandPreparedStatementUpdate", {"prepared_statement_handle": b"x"}, "Headgate is read-only"),
        ("CommandStatementIngest", {"table": "labels"}, "Headgate is read-only"),
        ("CommandStatementSubstraitPlan", {}, "Headgate takes SQL, not Substrait plans"),
    ],
)
def test_q9_updates_with_a_descriptor_only_are_refused(gateway, command, fields, told):
    client = gateway.raw()
    packed = wire.pack(command, **fields)
    for batches in ([], [pa.RecordBatch.from_arrays([], names=[])], [pa.record_batch({"id": [1, 2, 3]})]):
        schema = batches[0].schema if batches else pa.schema([])
        writer, reader = client.flight.do_put(fl.FlightDescriptor.for_command(packed), schema, client.options())
        with pytest.raises(NotImplementedError, match=f"UNSUPPORTED: {told}") as caught:
            refused_put(writer, reader, batches)
        assert ONE_SENTENCE.search(str(caught.value))
    with pytest.raises(NotImplementedError, match=f"UNSUPPORTED: {told}"):
        client.info(command, **fields)
    unchanged(gateway)


def refused_put(writer, reader, batches):
    for batch in batches:
        writer.write_batch(batch)
    writer.done_writing()
    reader.read()
    writer.close()


@pytest.mark.parametrize("mode", ["create", "append", "replace", "create_append"])
@pytest.mark.parametrize("rows", [0, 3, 1_000_000])
def test_i1_ingest_is_refused_in_every_mode_and_size(gateway, mode, rows):
    data = pa.table({"id": pa.array(range(rows), pa.int64())})
    # Without rows ADBC sends nothing at all, and notices by itself that it was not answered.
    told = "UNSUPPORTED: Headgate is read-only" if rows else "Stream finished before first message"
    with (
        gateway.adbc() as connection,
        connection.cursor() as cursor,
        pytest.raises(adbc_driver_manager.Error, match=told),
    ):
        cursor.adbc_ingest("labels", data, mode, catalog_name="artists", db_schema_name="catalog")
    unchanged(gateway)


def test_i2_temporary_ingest_is_refused_for_everybody(gateway):
    for user in ("ann", "zoe"):
        with (
            gateway.adbc(user) as connection,
            connection.cursor() as cursor,
            pytest.raises(adbc_driver_manager.NotSupportedError, match="UNSUPPORTED: Headgate is read-only"),
        ):
            cursor.adbc_ingest("t", pa.table({"a": [1]}), temporary=True)
    unchanged(gateway)


def test_i3_an_ingest_that_breaks_off_leaves_nothing(gateway):
    def rows():
        yield pa.record_batch({"id": [1]})
        raise ValueError("the client gives up")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("id", pa.int64())]), rows())
    with gateway.adbc() as connection, connection.cursor() as cursor, pytest.raises(adbc_driver_manager.Error):
        cursor.adbc_ingest("labels", reader, "append")
    unchanged(gateway)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("BeginTransaction", "Headgate has no transactions"),
        ("EndTransaction", "Headgate has no transactions"),
        ("BeginSavepoint", "Headgate has no transactions"),
        ("EndSavepoint", "Headgate has no transactions"),
        ("CreatePreparedSubstraitPlan", "Headgate takes SQL, not Substrait plans"),
        ("DropEverything", "This gateway does not know that action"),
    ],
)
def test_q18_actions_that_are_not_served_say_so_whatever_they_carry(gateway, action, told):
    client = gateway.raw()
    for body in (b"", b"\xff\xff", wire.pack("CommandGetCatalogs")):
        with pytest.raises(NotImplementedError, match=f"UNSUPPORTED: {told}") as caught:
            client.act(action, body)
        assert ONE_SENTENCE.search(str(caught.value))
    assert action not in {one.type for one in client.flight.list_actions(client.options())}


def test_q18_a_statement_inside_a_transaction_is_refused(gateway):
    client = gateway.raw()
    with pytest.raises(NotImplementedError, match="no transactions"):
        client.info("CommandStatementQuery", query="SELECT 1", transaction_id=b"x")
    body = wire.pack("ActionCreatePreparedStatementRequest", query="SELECT 1", transaction_id=b"x")
    with pytest.raises(NotImplementedError, match="no transactions"):
        client.act("CreatePreparedStatement", body)


def test_q18_adbc_substrait_and_transactions_are_refused(gateway, monkeypatch):
    actions = spied(gateway, monkeypatch)
    with gateway.adbc() as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_substrait_plan(b"plan")
        with pytest.raises(adbc_driver_manager.NotSupportedError, match="not Substrait"):
            cursor.adbc_statement.execute_query()
        with pytest.raises(adbc_driver_manager.NotSupportedError):
            connection.adbc_connection.set_autocommit(False)
    assert "BeginTransaction" not in actions


def test_sql_info_says_read_only(gateway):
    told = dict(zip(*gateway.raw().rows("CommandGetSqlInfo").to_pydict().values(), strict=True))
    # read-only; no Substrait, ingest, transactions, DDL, updates by result set
    assert told[3] is True
    assert [told[code] for code in (5, 10, 11, 500, 501, 502, 563, 574)] == [False] * 8
    assert told[8] == 0
