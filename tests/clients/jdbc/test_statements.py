"""Statements and prepared statements of the real driver: rows, refusals, and what an error says."""

import re
from contextlib import closing
from decimal import Decimal
from itertools import product

import pytest

from gateway.errors import QueryFailed
from tests.clients.jdbc.probe import JavaError, Told, Typed

LABELS = "SELECT id, name FROM artists.catalog.labels WHERE id < 3 ORDER BY id"
ROWS = [[0, "L0"], [1, "L1"], [2, "L2"]]
EMPTY = "SELECT id, name FROM artists.catalog.labels WHERE false"
REFUSED = [
    ("INSERT INTO artists.catalog.labels VALUES (1)", "INSERT"),
    ("UPDATE artists.catalog.labels SET id = 1", "UPDATE"),
    ("DELETE FROM artists.catalog.labels", "DELETE"),
    ("CREATE TABLE t (a INTEGER)", "CREATE"),
    ("DROP TABLE artists.catalog.labels", "DROP"),
]
# What stands for the value in the query, the setter, its argument, and what is read back (the text of a Java object)
BOUND = [
    ("?::BOOLEAN", "setBoolean", True, True),
    ("?::TINYINT", "setByte", Typed("o", "-5"), -5),
    ("?::SMALLINT", "setShort", Typed("h", "-5"), -5),
    ("?::INTEGER", "setInt", 5, 5),
    ("?::BIGINT", "setLong", Typed("l", str(2**63 - 1)), 2**63 - 1),
    ("?::FLOAT", "setFloat", Typed("f", "1.5"), 1.5),
    ("?::DOUBLE", "setDouble", 2.25, 2.25),
    ("?::DECIMAL(18,4)", "setBigDecimal", Decimal("-1.2345"), Decimal("-1.2345")),
    ("?", "setString", "ünï😀", "ünï😀"),
    ("?::BLOB", "setBytes", b"\x00\xff", b"\x00\xff"),
    ("?::DATE", "setDate", Typed("Y", "2026-02-28"), "2026-02-28"),
    ("?::TIME::VARCHAR", "setTime", Typed("T", "23:59:58"), "23:59:58"),
    ("?::TIMESTAMP", "setTimestamp", Typed("S", "2026-02-28 23:02:03.123"), "2026-02-28 23:02:03.123"),
    ("?::INTEGER", "setObject", 7, 7),
]
WRONG = {
    "SELECT FROM WHERE": "SQL_SYNTAX",
    "SELECT nope FROM artists.catalog.labels": 'SQL_INVALID: Referenced column "nope" not found',
    "SELECT * FROM artists.catalog.lables": "ADDRESS_UNKNOWN: No dataset answers to the address",
    "SELECT CAST(name AS INTEGER) FROM artists.catalog.labels": "QUERY_FAILED: A value could not be converted",
    "SELECT 1; SELECT 2": "SQL_",
    "-- nothing": "SQL_SYNTAX",
}


def refusal(call, *arguments) -> JavaError:
    with pytest.raises(JavaError) as caught:
        call(*arguments)
    error = caught.value
    assert error.kind == "SQLException"
    assert len(error.message.encode()) < 2_000
    assert "Traceback" not in error.message
    assert "/" not in re.sub(r"docs/sql\.md|https?://", "", error.message)
    return error


def labels(driver, result) -> list[str]:
    return [column["getColumnLabel"] for column in driver.reading.columns(result.getMetaData())]


def test_j4_each_way_of_executing_a_query_gives_its_rows(gateway, driver):
    with driver.connected(gateway) as connection, closing(connection.createStatement()) as statement:
        assert driver.reading.rows(statement.executeQuery(LABELS)) == ROWS
        assert statement.execute(LABELS) is True
        assert driver.reading.rows(statement.getResultSet()) == ROWS
        assert statement.getUpdateCount() == -1
        assert statement.getMoreResults() is False


def test_j4_an_empty_answer_has_its_columns(gateway, driver):
    with driver.connected(gateway) as connection:
        with closing(connection.prepareStatement(EMPTY)) as prepared:
            result = prepared.executeQuery()
            assert labels(driver, result) == ["id", "name"]
            assert driver.reading.rows(result) == []
        with closing(connection.createStatement()) as statement:
            result = statement.executeQuery(EMPTY)
            # A plain statement of these drivers lists the columns of an answer without rows twice.
            assert labels(driver, result) == ["id", "name"] * 2
            assert driver.reading.rows(result) == []


def test_j4_explain_is_answered(gateway, driver):
    with driver.connected(gateway) as connection:
        plan = driver.ask(connection, "EXPLAIN SELECT name FROM artists.catalog.labels WHERE id = 3")
    assert any("labels" in line for (line,) in plan)


def test_j4_what_would_change_something_is_refused_by_every_method(gateway, driver):
    with driver.connected(gateway) as connection:
        with closing(connection.createStatement()) as statement:
            for method, (sql, verb) in product(("executeQuery", "execute", "executeUpdate"), REFUSED):
                told = refusal(getattr(statement, method), sql).message
                assert (
                    f"SQL_NOT_ALLOWED: Only queries are answered here, and this statement begins with {verb}." in told
                )
        assert driver.ask(connection, "SELECT COUNT(*) FROM artists.catalog.labels") == [[12]]


def test_j6_each_setter(gateway, driver):
    def rows(prepared):
        answer = driver.reading.rows(prepared.executeQuery())
        return [[got.text if isinstance(got, Told) else got for got in row] for row in answer]

    with driver.connected(gateway) as connection:
        for sql, setter, value, read in BOUND:
            with closing(connection.prepareStatement(f"SELECT {sql} AS v")) as prepared:
                assert prepared.getParameterMetaData().getParameterCount() == 1
                getattr(prepared, setter)(1, value)
                assert rows(prepared) == [[read]], setter
                prepared.setNull(1, 4)
                assert rows(prepared) == [[None]], setter


def test_j6_a_prepared_statement_is_executed_again_with_other_values(gateway, driver):
    sql = "SELECT id, name FROM artists.catalog.labels WHERE id >= ? AND name = ? ORDER BY id LIMIT ?"
    with driver.connected(gateway) as connection, closing(connection.prepareStatement(sql)) as prepared:
        kinds = prepared.getParameterMetaData()
        assert [kinds.getParameterType(number) for number in (1, 2, 3)] == [4, 12, -5]
        for least, name, limit, expected in ((0, "L1", 9, [1, 6, 11]), (2, "L1", 9, [6, 11]), (2, "L1", 1, [6])):
            prepared.setInt(1, least)
            prepared.setString(2, name)
            prepared.setLong(3, Typed("l", str(limit)))
            assert [row[0] for row in driver.reading.rows(prepared.executeQuery())] == expected


def test_j6_missing_and_surplus_parameters_are_errors(gateway, driver):
    with driver.connected(gateway) as connection:
        with closing(connection.prepareStatement("SELECT ?::INTEGER AS v")) as prepared:
            assert "out of range" in refusal(prepared.setInt, 2, 5).message
            for number in (5, 6):
                prepared.setInt(1, number)
                assert driver.reading.rows(prepared.executeQuery()) == [[number]]
                prepared.clearParameters()
            if driver.major >= 19:
                assert driver.reading.rows(prepared.executeQuery()) == [[None]]
            elif driver.major >= 17:  # still older ones leak memory over it
                refusal(prepared.executeQuery)
        assert driver.ask(connection, "SELECT 1 AS a") == [[1]]


def test_j6_a_type_that_was_not_told_is_refused_by_the_driver(gateway, driver):
    with driver.connected(gateway) as connection, closing(connection.prepareStatement("SELECT ? AS v")) as prepared:
        prepared.setInt(1, 5)
        assert "Binding value of type INTEGER is not yet supported" in refusal(prepared.executeQuery).message


def test_j6_a_batch_is_refused_in_one_sentence(gateway, driver):
    with driver.connected(gateway) as connection:
        with closing(connection.prepareStatement("SELECT ?::INTEGER AS v")) as prepared:
            for number in (1, 2):
                prepared.setInt(1, number)
                prepared.addBatch()
            assert "UNSUPPORTED: Headgate is read-only" in refusal(prepared.executeBatch).message
        assert driver.ask(connection, "SELECT 1 AS a") == [[1]]


def test_j9_an_error_has_our_sentence_and_the_query_id(gateway, driver):
    with driver.connected(gateway) as connection:
        for sql, told in WRONG.items():
            error = refusal(driver.ask, connection, sql)
            assert told in error.message
            assert re.search(r"\(query [0-9a-f]{32}\)", error.message), sql
            assert driver.ask(connection, "SELECT 1 AS a") == [[1]]


def test_j9_what_was_not_granted_does_not_exist(gateway, driver):
    with driver.connected(gateway, "bob", "s3cret") as connection:
        error = refusal(driver.ask, connection, "SELECT COUNT(*) FROM play.events.plays")
    assert "ADDRESS_UNKNOWN" in error.message


def test_j9_a_long_error_is_cut_and_keeps_its_id(house, driver):
    with driver.connected(house) as connection:
        house.service.faults["run"] = QueryFailed("long " * 4_000)
        error = refusal(driver.ask, connection, "SELECT 1 AS a")
        assert "QUERY_FAILED: long long" in error.message
        assert re.search(r"\(query [0-9a-f]{32}\)", error.message)
