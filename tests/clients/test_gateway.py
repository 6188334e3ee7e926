"""The real service behind the real server: planner, engine and memory stores, asked by ADBC."""

import time

import adbc_driver_manager
import pyarrow.flight as fl
import pytest

from tests.clients.conftest import eventually

JOINED = """
    SELECT l.country, COUNT(*) AS plays, SUM(p.count) AS counted
    FROM play.events.plays AS p
    JOIN artists.catalog.artists AS a ON a.id = p.artist_id
    JOIN artists.catalog.labels AS l ON l.id = a.label_id
    WHERE p.day >= DATE '2026-11-10' AND p.device = ?
    GROUP BY l.country ORDER BY l.country
"""


def test_a_join_with_a_parameter_is_the_same_with_pushdown_on_and_off(gateway):
    client = gateway.raw()
    assert client.query("SELECT 1 AS one").to_pydict() == {"one": [1]}
    off = {"adbc.flight.sql.rpc.call_header.x-headgate-pushdown": "off"}
    pushed = gateway.ask(JOINED, ("car",))
    assert pushed == gateway.ask(JOINED, ("car",), **off)
    assert [row[0] for row in pushed] == ["DE", "de", None]
    assert sum(row[1] for row in pushed) > 10


def test_explain_and_types_and_metadata(gateway):
    client = gateway.raw()
    plan = client.query("EXPLAIN SELECT name FROM artists.catalog.labels WHERE id = 3")
    assert plan.column_names == ["plan"]
    assert "labels" in "\n".join(plan["plan"].to_pylist())
    client.query("SELECT 1::UTINYINT AS a, INTERVAL 1 DAY AS b, [1::UBIGINT] AS c, NULL AS d, SUM(1) AS e")
    assert client.rows("CommandGetTables", include_schema=True).num_rows == 4
    with gateway.adbc() as connection:
        assert connection.adbc_get_table_schema("rates").names == ["label_id", "rate", "active"]


def test_errors_of_the_real_service_are_typed(gateway):
    for sql, kind, told in (
        ("SELECT * FROM artists.catalog.lables", adbc_driver_manager.ProgrammingError, "ADDRESS_UNKNOWN"),
        ("SELECT nope FROM artists.catalog.labels", adbc_driver_manager.ProgrammingError, "SQL_INVALID"),
        ("DROP TABLE artists.catalog.labels", adbc_driver_manager.ProgrammingError, "SQL_"),
        ("SELECT CAST(name AS INTEGER) FROM artists.catalog.labels", adbc_driver_manager.Error, "QUERY_FAILED"),
        ("SELECT 1; SELECT 2", adbc_driver_manager.ProgrammingError, "SQL_"),
        ("-- nothing but a comment", adbc_driver_manager.ProgrammingError, "SQL_SYNTAX"),
    ):
        with pytest.raises(kind, match=told) as caught:
            gateway.ask(sql)
        assert "Traceback" not in str(caught.value)
    assert gateway.server.running == 0


def test_a_principal_reads_nothing_that_was_not_granted(gateway):
    assert gateway.ask("SELECT id FROM artists.catalog.labels WHERE id = 3", user="bob") == [(3,)]
    with pytest.raises(adbc_driver_manager.Error, match="ADDRESS_UNKNOWN"):
        gateway.ask("SELECT COUNT(*) FROM play.events.plays", user="bob")


def test_a_deadline_and_a_leaving_client_end_a_query_deep_in_the_engine(gateway):
    plays = ", ".join(f"play.events.plays AS {name}" for name in "pqrs")
    heavy = f"SELECT COUNT(*) FROM {plays} WHERE (p.artist_id + q.artist_id * r.artist_id + s.artist_id) % 7 = 3"
    client = gateway.raw()
    started = time.monotonic()
    with pytest.raises(fl.FlightTimedOutError, match="DEADLINE_EXCEEDED"):
        client.query(heavy, x_headgate_timeout="0.5")
    info = client.info("CommandStatementQuery", query=heavy)
    with pytest.raises(fl.FlightTimedOutError):
        client.flight.do_get(
            info.endpoints[0].ticket, fl.FlightCallOptions(headers=client.headers, timeout=0.5)
        ).read_all()
    eventually(lambda: gateway.server.running == 0, 3)
    assert time.monotonic() - started < 8
    assert gateway.ask("SELECT 1") == [(1,)]
