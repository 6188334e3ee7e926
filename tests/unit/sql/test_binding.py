"""Values become typed constants that DuckDB reads back equal; counts and types are checked."""

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import duckdb
import pytest
from sqlglot import exp

from gateway.errors import ParametersInvalid
from gateway.sql import bind, infer_types, parameters, parse, to_duckdb

NASTY = [
    "",
    "it's",
    "\\",
    "\\'",
    "'' OR 1=1 --",
    "a\nb\r\nc\td",
    "é𝄞漢\u200b\u00a0\ufeff",
    "$$x$$",
    "%s {x} ? $1",
    "/*",
    "\x01\x7f",
]
TOKYO = timezone(timedelta(hours=9))


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def read_back(connection, value, sql="SELECT ? AS v, typeof(?) AS t"):
    query = parse(sql).query
    bound = to_duckdb(bind(query, [value] * parameters(query)))
    return connection.sql(bound).to_arrow_table().to_pylist()[0]


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (True, "BOOLEAN"),
        (0, "INTEGER"),
        (-7, "INTEGER"),
        (2**31 - 1, "INTEGER"),
        (-(2**31), "INTEGER"),
        (2**63 - 1, "BIGINT"),
        (1.5, "DOUBLE"),
        (-0.1, "DOUBLE"),
        (1e308, "DOUBLE"),
        (5e-324, "DOUBLE"),
        (math.inf, "DOUBLE"),
        (-math.inf, "DOUBLE"),
        (Decimal("1.50"), "DECIMAL(3,2)"),
        (Decimal("-0.001"), "DECIMAL(3,3)"),
        (Decimal("1E+3"), "DECIMAL(4,0)"),
        (Decimal(12345678901234567890123456789012345678), "DECIMAL(38,0)"),
        (b"", "BLOB"),
        (bytes(range(256)), "BLOB"),
        (date(2024, 2, 29), "DATE"),
        (date(1, 1, 1), "DATE"),
        (date(9999, 12, 31), "DATE"),
        (datetime(2024, 2, 29, 1, 2, 3, 456789), "TIMESTAMP"),
        (datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC), "TIMESTAMP WITH TIME ZONE"),
        (datetime(2024, 2, 29, 1, 2, 3, 5, tzinfo=TOKYO), "TIMESTAMP WITH TIME ZONE"),
        (time(23, 59, 59, 999999), "TIME"),
        ([1, 2, None], "INTEGER[]"),
        (["a'b", "\\"], "VARCHAR[]"),
        *[(text, "VARCHAR") for text in NASTY],
    ],
)
def test_a_value_comes_back_equal(connection, value, type_name):
    assert read_back(connection, value) == {"v": value, "t": type_name}


@pytest.mark.parametrize("value", [2**63, -(2**63), -(2**63) - 1, 2**127 - 1, -(2**127)])
def test_huge_whole_numbers_come_back_equal(connection, value):
    assert int(read_back(connection, value, "SELECT CAST(? AS VARCHAR) AS v")["v"]) == value


def test_null_nan_uuid_and_intervals(connection):
    uuid = UUID("12345678-1234-5678-1234-567812345678")
    assert read_back(connection, None, "SELECT ? AS v") == {"v": None}
    assert math.isnan(read_back(connection, math.nan, "SELECT ? AS v")["v"])
    assert read_back(connection, uuid, "SELECT ?::VARCHAR AS v, typeof(?) AS t") == {"v": str(uuid), "t": "UUID"}
    span = timedelta(days=-3, hours=5, microseconds=7)
    told = read_back(connection, span, "SELECT DATE '2024-01-10' + ? AS v, typeof(?) AS t")
    assert told == {"v": datetime(2024, 1, 10) + span, "t": "INTERVAL"}


@pytest.mark.parametrize(
    "value",
    ["a\0b", "\ud800", 2**127, Decimal("NaN"), Decimal("1e40"), object(), {"a": 1}, time(1, tzinfo=UTC), [object()]],
)
def test_what_cannot_be_bound_is_refused_without_showing_it(value):
    with pytest.raises(ParametersInvalid, match="Parameter 1") as refused:
        bind(parse("SELECT ?").query, [value])
    assert "\0" not in str(refused.value)


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3]])
def test_the_count_must_fit(values):
    with pytest.raises(ParametersInvalid, match="takes 2 parameters"):
        bind(parse("SELECT ? + ?").query, values)


def test_question_marks_count_in_the_order_of_the_text(connection):
    """FROM comes first here, and a cast stands right behind a mark: neither may disturb the order."""
    query = parse("FROM range(5) t(x) SELECT ?::VARCHAR AS a, '?' AS b /* ? */ WHERE x IN (?) AND x < ? LIMIT ?").query
    assert parameters(query) == 4
    bound = bind(query, ["one", 2, 3, 4])
    assert connection.sql(to_duckdb(bound)).fetchall() == [("one", "?")]
    assert parameters(bound) == 0
    assert parameters(query) == 4


def test_numbered_parameters_may_repeat_and_swap(connection):
    query = parse("SELECT $2 - $1, $1").query
    assert connection.sql(to_duckdb(bind(query, [1, 10]))).fetchall() == [(9, 1)]


@pytest.mark.parametrize(
    ("sql", "value", "answer"),
    [("SELECT 5 - ?", -3, 8), ("SELECT -?", -3, 3), ("SELECT 2 ^ ?", -1, 0.5), ("SELECT ? ^ 2", -3, 9.0)],
)
def test_a_negative_value_keeps_its_place(connection, sql, value, answer):
    assert connection.sql(to_duckdb(bind(parse(sql).query, [value]))).fetchall() == [(answer,)]


COLUMNS = {"id": "BIGINT", "name": "VARCHAR", "price": "DECIMAL(10,2)", "day": "DATE"}


@pytest.mark.parametrize(
    ("where", "types"),
    [
        ("id = ?", ("BIGINT",)),
        ("? < day", ("DATE",)),
        ("day BETWEEN ? AND ?", ("DATE", "DATE")),
        ("price IN (?, ?, 1)", ("DECIMAL(10,2)", "DECIMAL(10,2)")),
        ("name LIKE ?", ("VARCHAR",)),
        ("id + ? > 5", ("BIGINT",)),
        ("id = -?", ("BIGINT",)),
        ("?::DATE = day", ("DATE",)),
        ("CAST(? AS DECIMAL(10, 2)) = 1", ("DECIMAL(10,2)",)),
        ("CAST(? AS INT) = 1 AND id = ?", ("INTEGER", "BIGINT")),
        ("unknown = ?", ("VARCHAR",)),
        ("name = $2 AND id = $1", ("BIGINT", "VARCHAR")),
        ("abs(price) > ?", ("VARCHAR",)),
    ],
)
def test_types_are_read_off_the_place(where, types):
    query = parse(f"SELECT 1 FROM d.p WHERE {where}").query
    assert infer_types(query, lambda column: COLUMNS.get(column.name)) == types


def test_limits_are_numbers():
    query = parse("SELECT ? AS a FROM d.p LIMIT ? OFFSET ?").query
    assert infer_types(query, lambda column: None) == ("VARCHAR", "BIGINT", "BIGINT")


def test_binding_makes_trees_and_leaves_the_query_alone():
    query = parse("SELECT a FROM d.p WHERE b = ?").query
    before = to_duckdb(query)
    (equal,) = bind(query, ["x' OR '1'='1"]).find_all(exp.EQ)
    assert isinstance(equal.expression, exp.Literal)
    assert to_duckdb(query) == before
