"""Answers that others got wrong by pushing, each asked of a real PostgreSQL and of DuckDB over the same rows.

The tracker that told of a bug stands beside its case. What others lost or bent while they read rows is in
``test_known_bugs_in_reading.py``; three more have their cases where the rest of their kind is:

- datafusion 23126 and 23103, keys sent to the inner side of NOT IN: ``tests/unit/planner/test_keys.py``
- StarRocks 78383, an escaped pattern taken for a prefix: ``rules/texts.txt``, where such a pattern stays
- sqlglot 4846 and 7969, a divisor of zero: ``rules/numbers.txt``, where the store gives up and DuckDB answers
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from connectors.call import Call
from connectors.spi import Table
from connectors.testing.bench import Bench, Side, ordered
from tests.conformance.test_postgres import DATABASE, PostgresSubject

pytestmark = pytest.mark.postgres

SETUP = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
    """CREATE TABLE told (
        id integer PRIMARY KEY, g integer, w text COLLATE words, ci text COLLATE ignore_case, v varchar(10), c char(5),
        e mood, d double precision, n numeric(12,2), big bigint, day date, ts timestamp, ok boolean)""",
    """INSERT INTO told VALUES
        (1, 1, 'apple', 'Apple', 'ab', 'ab', 'ok', 'NaN', 0.00, 7, '1998-09-02', '1998-09-02', true),
        (2, 1, 'Apple', 'apple', 'ab ', 'ab ', 'sad', 'inf', -0.01, -7, 'infinity', 'infinity', false),
        (3, 2, 'Bär', 'BÄR', 'AB', 'AB', 'happy', '-inf', 9999999999.99, 0, '-infinity', '-infinity', NULL),
        (4, NULL, 'ba', 'bär', '', '', NULL, '-0', 0.10, 9007199254740993, '0044-03-15 BC', '0044-03-15 BC', true),
        (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (6, 2, 'a_c', 'a_c', 'abc', 'abc', 'ok', 0, 12.50, 9223372036854775807, '2024-02-29',
         '2024-02-29 23:59:59.999999', false),
        (7, 3, 'a-b', 'A-B', 'a', 'a', 'sad', 1e300, -9999999999.99, -9223372036854775808, '9999-12-31',
         '9999-12-31 12:00:00', false),
        (8, 3, 'Zebra', 'zebra', 'ab', 'zz', 'ok', 5e-324, 0.00, 1, '0001-01-01', '0001-01-01', true)""",
)

BUGS = {
    # trino 3645 and 5684, duckdb-postgres 364 and 462, pg_lake 84
    "a text range is one of bytes": "SELECT t.id FROM told AS t WHERE t.w >= 'B' AND t.w < 'a-c'",
    "a prefix is no range": "SELECT t.id FROM told AS t WHERE t.w LIKE 'a%' OR t.w LIKE 'B%'",
    # trino 8681, pg_duckdb 1077
    "the least and the greatest text are those of bytes": "SELECT MIN(t.w) AS a, MAX(t.w) AS b FROM told AS t",
    "a range of texts joins as bytes do": "SELECT t.id, s.id AS o FROM told AS t JOIN told AS s ON t.w < s.w",
    # trino 7320, 8551, 9166, 6746, 6671, 23922 and 25488
    "letters of another case are not equal": "SELECT t.id FROM told AS t WHERE t.ci = 'apple'",
    "letters of another case are other groups": "SELECT t.ci, COUNT(*) AS n FROM told AS t GROUP BY t.ci",
    "letters of another case are told apart": "SELECT DISTINCT t.ci FROM told AS t",
    "letters of another case are counted apart": "SELECT COUNT(DISTINCT t.ci) AS n FROM told AS t",
    "letters of another case do not match": "SELECT t.id FROM told AS t WHERE t.ci LIKE 'b%' OR t.ci IN ('a-b')",
    "letters of another case do not join": "SELECT t.id, s.id AS o FROM told AS t JOIN told AS s ON t.ci = s.w",
    "letters of another case are kept by a union": "SELECT t.ci FROM told AS t UNION SELECT s.w FROM told AS s",
    # trino 8311, 30686, 29939 and 30683, duckdb-postgres 68
    "blanks that pad are not part of a text": "SELECT t.id, t.c || '!' AS x, length(t.c) AS n FROM told AS t",
    "a pattern sees no blanks that pad": "SELECT t.id FROM told AS t WHERE t.c LIKE '%b' OR t.c LIKE '__'",
    "a padded text joins with one that is not": "SELECT t.id, s.id AS o FROM told AS t JOIN told AS s ON t.c = s.v",
    "a literal with blanks equals no padded text": "SELECT t.id FROM told AS t WHERE t.c = 'ab   ' OR t.c = ''",
    # trino 29952 and 30480
    "blanks at the end are part of a text": "SELECT t.id, NULLIF(t.v, 'ab') AS x FROM told AS t WHERE t.v <> 'ab '",
    "blanks at the end are part of a listed text": "SELECT t.id FROM told AS t WHERE NOT (t.v IN ('ab ', 'a'))",
    # trino 21922
    "NaN is equal to itself and greater than all": "SELECT t.id, t.d > 1.0 AS x, t.d = t.d AS y FROM told AS t",
    # trino 12598 and 12603
    "groups of groups are both made": (
        "SELECT q.n, COUNT(*) AS m FROM (SELECT t.g, COUNT(*) AS n FROM told AS t GROUP BY t.g) AS q GROUP BY q.n"
    ),
    # duckdb-postgres 564 and 297
    "the first rows have the NULLs that come first": (
        "SELECT t.id FROM told AS t ORDER BY t.ts ASC NULLS FIRST, t.id ASC NULLS LAST LIMIT 3"
    ),
    # duckdb-postgres 102 and 530, connector-x 572, pg_duckdb 629
    "infinity is a day and a moment": (
        "SELECT t.id, t.day, t.ts, year(t.day) AS y, date_trunc('month', t.ts) AS m "
        "FROM told AS t WHERE t.day > '2000-01-01'"
    ),
    # duckdb 23971, pg_duckdb 1069, duckdb-postgres 136 and 92, arrow-adbc 1501 and 871
    "zero, the least and the greatest decimal": "SELECT t.n, t.n + 1 AS a, CAST(t.n AS VARCHAR) AS b FROM told AS t",
    # spice 12406, 12591, 13017 and 10302, datafusion 20905
    "WHERE stays above LIMIT": (
        "SELECT q.id FROM (SELECT t.id, t.g FROM told AS t ORDER BY t.id LIMIT 3) AS q WHERE q.g = 2"
    ),
    "a LIMIT of nothing leaves nothing to exist": (
        "SELECT t.id FROM told AS t WHERE EXISTS (SELECT s.id FROM told AS s LIMIT 0)"
    ),
    # spice 10005, 3167, 3055 and 3122, datafusion 6385
    "a table joined with itself has two aliases": (
        "SELECT t.id, s.id AS id2 FROM told AS t LEFT JOIN told AS s ON t.g = s.id WHERE s.g IS NULL OR t.id = 1"
    ),
    "NULL keys are no totals": "SELECT t.g, t.ok, COUNT(*) AS n FROM told AS t GROUP BY ROLLUP (t.g, t.ok)",
    "a union is named by its first side": (
        "SELECT q.a FROM (SELECT t.id AS a FROM told AS t UNION ALL SELECT s.g AS b FROM told AS s) AS q WHERE q.a > 2"
    ),
    # datafusion 23126 and 23103
    "NOT IN with a NULL keeps no row": "SELECT t.id FROM told AS t WHERE NOT (t.id IN (SELECT s.g FROM told AS s))",
    # StarRocks 78383
    "an underscore within a prefix is any letter": "SELECT t.id FROM told AS t WHERE t.v LIKE 'a_c%' OR t.w LIKE 'a_c'",
    # sqlglot 4846, 7969 and 3602
    "whole numbers divide into fractions": "SELECT t.id, t.big / 2 AS a, t.big // 2 AS b FROM told AS t",
}


@pytest.fixture(scope="module")
def bench(postgres_server: Any) -> Iterator[Bench]:
    subject = PostgresSubject(postgres_server)
    postgres_server.execute(*SETUP, database=DATABASE)
    with closing(subject.connect()) as connector:
        made = Bench(subject, connector)
        yield made
        made.oracle.con.close()


@pytest.fixture(scope="module")
def told(bench: Bench) -> Side:
    """The table as the store describes it, and in the oracle as plain reading brings it."""
    call = Call(timeout=30)
    columns = bench.connector.describe(Table("public.told", ()), call).columns
    side = Side(Table("public.told", columns), columns)
    bench.oracle.add("public.told", columns, bench.oracle.build(columns, []))
    with bench.connector.snapshot([side.table], call) as snapshot:
        rows = bench.computed(bench.whole(side), snapshot, call)
    bench.oracle.add("public.told", columns, bench.oracle.build(columns, rows))
    assert len(rows) == 8
    return side


@pytest.mark.parametrize("sql", BUGS.values(), ids=BUGS)
def test_it_is_answered_as_duckdb_does(bench: Bench, told: Side, sql: str) -> None:
    made = bench.fragment(sql.replace("told AS", "t AS"), told)
    call = Call(timeout=30)
    with bench.connector.snapshot([told.table], call) as snapshot:
        found = bench.computed(made, snapshot, call)
    assert ordered(found) == ordered(bench.oracle.answer(made))


# spice 5486
@pytest.mark.parametrize("condition", ["t.ci ILIKE 'APP%'", "lower(t.ci) = 'bär'", "upper(t.w) LIKE 'ZE%'"])
def test_a_weaker_condition_loses_no_row(bench: Bench, told: Side, condition: str) -> None:
    made = bench.fragment(f"SELECT t.id FROM t AS t WHERE {condition}", told)
    call = Call(timeout=30)
    with bench.connector.snapshot([told.table], call) as snapshot:
        found = bench.computed(made, snapshot, call)
    assert set(bench.oracle.answer(made)) <= set(found)
    assert len(found) < 8
