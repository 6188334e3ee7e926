"""The locked instance: nothing outside the pinned filesystem can be reached, even by SQL that no gate has seen."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from connectors.files import PinnedFiles
from connectors.spi import Column
from gateway.database import Database, Limits
from gateway.errors import SqlInvalid, SqlNotAllowed
from gateway.planner.plan import Output

RELATIONS = {"t0": (Column("a", "INTEGER"), Column("b", "DECIMAL(12,2)"))}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(Limits(memory="200MB", spill=tmp_path), PinnedFiles())
    yield made
    made.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '/tmp/headgate-escape.csv'",
        "ATTACH '/tmp/headgate-escape.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SELECT * FROM read_parquet('https://127.0.0.1:1/x.parquet')",
        "SELECT * FROM read_parquet('headgate://not-pinned/x.parquet')",
    ],
)
def test_nothing_else_can_be_reached(database: Database, text: str) -> None:
    with database.cursor() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(text).fetchall()


def test_every_cursor_has_the_settings_of_the_instance(database: Database) -> None:
    expected = {"TimeZone": "UTC", "max_expression_depth": 500, "python_enable_replacements": False}
    with database.cursor() as cursor:
        told = {name: cursor.execute(f"SELECT current_setting('{name}')").fetchall()[0][0] for name in expected}
        assert told == expected
        with pytest.raises(duckdb.CatalogException):
            cursor.execute("SELECT * FROM expected")


def test_the_time_zone_of_the_machine_changes_nothing() -> None:
    program = (
        "from connectors.files import PinnedFiles\n"
        "from gateway.database import Database, Limits\n"
        "database = Database(Limits(memory='200MB'), PinnedFiles())\n"
        "with database.cursor() as cursor:\n"
        "    cursor.execute(\"SELECT t::DATE, t::VARCHAR FROM (SELECT TIMESTAMPTZ '2026-07-01 22:00:00+00' AS t)\")\n"
        "    print(*cursor.fetchall()[0])\n"
        "    print(database._arrow_type('TIMESTAMP WITH TIME ZONE'))\n"
        "database.close()\n"
    )
    environment = os.environ | {"TZ": "Asia/Kathmandu"}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert ran.stdout.splitlines() == ["2026-07-01 2026-07-01 22:00:00+00", "timestamp[us, tz=UTC]"], ran.stderr


def test_a_kept_name_that_comes_back_with_other_columns_means_these(database: Database) -> None:
    text = 'SELECT * FROM "t1"'
    for kind in ("INTEGER", "DATE", "INTEGER"):
        assert database.describe(text, {"t1": (Column("a", kind),)}, kept=True) == (Output("a", kind),)
    assert database.describe(text, {"t1": (Column("b", "DATE"),)}) == (Output("b", "DATE"),)


def test_describe_tells_names_and_types_as_duckdb_does(database: Database) -> None:
    told = database.describe('SELECT sum("a"), "b", count(*) FROM "t0" GROUP BY "b"', RELATIONS)
    assert told == (Output("sum(a)", "HUGEINT"), Output("b", "DECIMAL(12,2)"), Output("count_star()", "BIGINT"))


@pytest.mark.parametrize(
    "text",
    [
        'SELECT * FROM "t1"',
        'SELECT * FROM "main"."t0"',
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "DELETE FROM t0",
        'SELECT 1; SELECT * FROM "t0"',
        "WITH d AS (SELECT 1) SELECT * FROM d, sqlite_master",
    ],
)
def test_the_third_gate_admits_only_what_was_meant(database: Database, text: str) -> None:
    with pytest.raises(SqlNotAllowed):
        database.admit(text, RELATIONS)


def test_a_cte_may_have_any_name(database: Database) -> None:
    text = 'WITH "x" AS (SELECT "a" FROM "t0") SELECT * FROM "x"'
    database.admit(text, RELATIONS)
    assert database.describe(text, RELATIONS) == (Output("a", "INTEGER"),)


def test_what_does_not_fit_is_the_users_error(database: Database) -> None:
    with pytest.raises(SqlInvalid, match='Referenced column "nope" not found'):
        database.describe('SELECT "nope" FROM "t0"', RELATIONS)


def test_temporary_names_of_one_query_are_invisible_to_another(database: Database) -> None:
    with database.cursor() as one, database.cursor() as other:
        one.execute("CREATE TEMP VIEW secret AS SELECT 1 AS x")
        with pytest.raises(duckdb.CatalogException):
            other.execute("SELECT * FROM secret")
