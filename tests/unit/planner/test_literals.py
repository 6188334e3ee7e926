"""Constants beside columns: the canonical spelling, or a refusal with a reason."""

import pytest

from gateway import sql
from gateway.planner.literals import beside, is_constant
from gateway.planner.refusal import Refused


def constant(text: str):
    return sql.parse(f"SELECT {text}").query.expressions[0].unnest()


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("5", "INTEGER", "5"),
        ("-5", "BIGINT", "-5"),
        ("2.50", "DECIMAL(12,2)", "2.50"),
        ("0.1", "DOUBLE", "0.1"),
        ("true", "BOOLEAN", "TRUE"),
        ("'it''s'", "VARCHAR", "'it''s'"),
        ("'2024-02-29'", "DATE", "CAST('2024-02-29' AS DATE)"),
        ("date '2024-02-29'", "TIMESTAMP", "CAST('2024-02-29' AS DATE)"),
        ("'2024-02-29'", "TIMESTAMP", "CAST('2024-02-29 00:00:00' AS TIMESTAMP)"),
        ("'2024-02-29T01:02:03.5'", "TIMESTAMP", "CAST('2024-02-29 01:02:03.5' AS TIMESTAMP)"),
        ("'2024-02-29 01:02:03'", "TIMESTAMP WITH TIME ZONE", "CAST('2024-02-29 01:02:03+00' AS TIMESTAMPTZ)"),
        ("'2024-02-29 01:02:03+00:00'", "TIMESTAMP WITH TIME ZONE", "CAST('2024-02-29 01:02:03+00' AS TIMESTAMPTZ)"),
        ("cast('1.5' as decimal(3, 1))", "DECIMAL(12,2)", "CAST('1.5' AS DECIMAL(3, 1))"),
        ("time '01:02:03.5'", "TIME", "CAST('01:02:03.5' AS TIME)"),
        ("cast('-1 year 2 days -03:00:00' as interval)", "INTERVAL", "CAST('-1 year 2 days -03:00:00' AS INTERVAL)"),
        ("'-5'", "SMALLINT", "-5"),
        ("'65535'", "USMALLINT", "65535"),
        ("'2.5'", "DECIMAL(12,2)", "2.5"),
        ("1e3", "INTEGER", "1e3"),
        ("0.1", "FLOAT", "0.1"),
        ("'-Infinity'", "FLOAT", "CAST('-Infinity' AS REAL)"),
        ("'1e-300'", "DOUBLE", "CAST('1e-300' AS DOUBLE)"),
        ("cast('0.1' as double)", "FLOAT", "CAST('0.1' AS DOUBLE)"),
        ("'true'", "BOOLEAN", "TRUE"),
        ("timestamp '2024-02-29 01:02:03'", "DATE", "CAST('2024-02-29 01:02:03' AS TIMESTAMP)"),
        ("timestamp '2024-02-29 00:00:00'", "DATE", "CAST('2024-02-29' AS DATE)"),
        ("timestamptz '2024-02-29 01:02:03+00'", "TIMESTAMP", "CAST('2024-02-29 01:02:03' AS TIMESTAMP)"),
        (
            "timestamp '2024-02-29 01:02:03'",
            "TIMESTAMP WITH TIME ZONE",
            "CAST('2024-02-29 01:02:03+00' AS TIMESTAMPTZ)",
        ),
        ("date '2024-02-29'", "TIMESTAMP WITH TIME ZONE", "CAST('2024-02-29 00:00:00+00' AS TIMESTAMPTZ)"),
        ("'7FFFFFFF-ffff-ffff-ffff-ffffffffffff'", "UUID", "CAST('7fffffff-ffff-ffff-ffff-ffffffffffff' AS UUID)"),
        ("time '23:59:59.5'", "TIME", "CAST('23:59:59.5' AS TIME)"),
        ("'a\\xFF'", "BLOB", "CAST('a\\xFF' AS BLOB)"),
    ],
)
def test_a_constant_takes_the_columns_spelling(text: str, kind: str, written: str) -> None:
    assert sql.to_duckdb(beside(constant(text), kind)) == written


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("time '25:00:00'", "TIME"),
        ("cast('2 fortnights' as interval)", "INTERVAL"),
        ("cast('' as interval)", "INTERVAL"),
        ("cast('1.5 hours' as interval)", "INTERVAL"),
        ("'40000'", "SMALLINT"),
        ("'-1'", "UBIGINT"),
        ("'2.5'", "INTEGER"),
        ("' 5'", "INTEGER"),
        ("'0.005'", "DECIMAL(12,2)"),
        ("'12345678901.0'", "DECIMAL(12,2)"),
        ("'1e39'", "FLOAT"),
        ("'1e-40'", "FLOAT"),
        ("'1e400'", "DOUBLE"),
        ("1e400", "DOUBLE"),
        ("'0x1'", "DOUBLE"),
        ("1e3", "VARCHAR"),
        ("cast('0.1' as double)", "DATE"),
        ("5", "VARCHAR"),
        ("99999999999999999999", "BIGINT"),
        ("'2024-02-30'", "DATE"),
        ("'yesterday'", "DATE"),
        ("'24-1-1'", "DATE"),
        ("'2024-02-29 25:00:00'", "TIMESTAMP"),
        ("'2024-02-29 01:02:03+02'", "TIMESTAMP WITH TIME ZONE"),
        ("0.5", "HUGEINT"),
        ("0.505", "DECIMAL(38,2)"),
        ("cast('1e3' as decimal(9, 0))", "DECIMAL(12,2)"),
        ("'t'", "BOOLEAN"),
        ("'24:00:00'", "TIME"),
        ("'12:34'", "TIME"),
        ("'7fffffffffffffffffffffffffffffff'", "UUID"),
        ("'ä'", "BLOB"),
        ("'\\x'", "BLOB"),
        ("timestamptz '2024-02-29 00:00:00+00'", "DATE"),
        ("time '12:34:56'", "TIMESTAMP"),
    ],
)
def test_what_duckdb_reads_in_its_own_way_is_refused(text: str, kind: str) -> None:
    with pytest.raises(Refused):
        beside(constant(text), kind)


@pytest.mark.parametrize("text", ["x", "1 + 1", "abs(3)", "try_cast('1' as integer)", "-'a'"])
def test_only_plain_constants_count(text: str) -> None:
    query = sql.parse(f"SELECT {text} FROM p.a.t AS t").query
    assert not is_constant(query.expressions[0].unalias())
