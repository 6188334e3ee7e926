"""Whole queries and operations as they go to Postgres: each text says why it means there what it means here."""

import pytest

from connectors.render import render
from connectors.testing.fragments import fragment
from tests.unit.render.test_render import PLAYS, TABLES

TABLES_BY_NAME = {"plays": PLAYS, "arch": TABLES["q"]}
P, A = '"public"."plays" AS "p"', '"archive"."Plays" AS "a"'
SONG = '"p"."the ""song"""'
# Moved to the last day of Postgres and back, so that it raises for a day on which DuckDB has no moment.
DAY = '("p"."day" + 2038290914 - 2038290914)'
BOTH, CUT = 'isfinite("p"."day") AND isfinite("p"."day")', '"p"."day"::date'
LATE = "interval '10948 days 19:59:05.224193'"


def rendered(sql: str) -> str:
    return render(fragment(sql, TABLES_BY_NAME))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("p.ms * p.ms - 1", '(("p"."ms" * "p"."ms") - 1)'),
        ("p.fee * (1 - p.fee)", '("p"."fee" * (1 - "p"."fee")::numeric(13,2))::numeric(18,4)::text'),
        ("p.ms + p.id", '("p"."ms"::bigint + "p"."id")'),
        ("p.ms % 7", '("p"."ms" % 7)'),
        ("p.ms % p.ms", '("p"."ms" - ("p"."ms" / "p"."ms") * "p"."ms")'),
        ("p.ms / 7.0", '("p"."ms"::double precision / 7.0::double precision)'),
        ("CASE WHEN p.ok THEN p.fee ELSE 0 END", '(CASE WHEN "p"."ok" THEN "p"."fee" ELSE 0::numeric(12,2) END)::text'),
        ("NULLIF(p.ms, 1.0)", '(CASE WHEN ("p"."ms" = 1.0) THEN NULL ELSE "p"."ms" END)'),
        ("CAST(p.d AS SMALLINT)", '"p"."d"::bigint::smallint'),
        ("CAST(p.ms AS TINYINT)", '((("p"."ms") * 256)::smallint / 256)::smallint'),
        ("month(p.day)", """(CASE WHEN isfinite("p"."day") THEN trunc(extract(month FROM "p"."day"))::bigint END)"""),
        ("date_trunc('month', p.day)", f"date_trunc('month', {DAY}::timestamp without time zone)"),
        ("p.day + 5", '("p"."day" + 5)'),
        (
            "p.day + CAST('1 month' AS INTERVAL)",
            f"""(("p"."day"::timestamp without time zone + '1 month'::interval) + {LATE} - {LATE})""",
        ),
        ("p.day - CAST('1 month' AS INTERVAL)", f"({DAY}::timestamp without time zone - '1 month'::interval)"),
        (
            "p.day + CAST('1 year -01:00:00' AS INTERVAL)",
            f"(({DAY}::timestamp without time zone + '1 year -01:00:00'::interval) + {LATE} - {LATE})",
        ),
        ("datediff('day', p.day, p.day)", f"(CASE WHEN {BOTH} THEN ({CUT} - {CUT})::bigint END)"),
        ("p.song || p.ci", f'({SONG} || ("p"."ci"::text COLLATE "C"))'),
        ("strpos(p.song || p.other, 'a')", f"""strpos((({SONG} || "p"."other") COLLATE "C"), 'a')::bigint"""),
        ("ends_with(p.song, 'ä😀')", f"(right({SONG}, length('ä😀')) = 'ä😀')"),
        ("MIN(p.song)", f'min(({SONG} COLLATE "C"))'),
        ("MAX(p.other)", 'max(("p"."other" COLLATE "C"))'),
        ("COUNT(DISTINCT p.ci)", 'count(DISTINCT ("p"."ci"::text COLLATE "C"))'),
        ("SUM(p.fee) FILTER (WHERE p.ok)", 'sum("p"."fee") FILTER (WHERE "p"."ok")::numeric(38,2)::text'),
        (
            "RANK() OVER (PARTITION BY p.ms ORDER BY p.id DESC)",
            'rank() OVER (PARTITION BY "p"."ms" ORDER BY "p"."id" DESC)',
        ),
    ],
)
def test_a_value_has_the_type_it_has_in_duckdb(value: str, text: str) -> None:
    assert rendered(f"SELECT {value} AS x FROM plays AS p") == f'SELECT {text} AS "x" FROM {P}'


def test_in_a_time_zone_years_before_christ_are_counted_in_their_era() -> None:
    moment = f"{DAY}::timestamp with time zone"
    assert 'date_part(\'year\', "p"."day")::bigint + 1 END' in rendered("SELECT year(p.day) AS x FROM plays AS p")
    counted = rendered("SELECT year(CAST(p.day AS TIMESTAMPTZ)) AS x FROM plays AS p")
    assert f"WHEN isfinite({moment}) THEN -date_part('year', {moment})::bigint END" in counted


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        (
            "SELECT q.s FROM (SELECT p.song AS s, count(*) AS n FROM plays AS p GROUP BY p.song) AS q WHERE q.s < 'b'",
            (
                f'SELECT "q"."s" AS "s" FROM (SELECT {SONG} AS "s", count(*) AS "n" FROM {P} GROUP BY {SONG}) AS "q" '
                """WHERE (("q"."s" COLLATE "C") < 'b')"""
            ),
        ),
        (  # a key that is never NULL may be, once its row may be missing
            "SELECT p.id FROM plays AS p LEFT JOIN arch AS a ON p.id = a.id ORDER BY p.id DESC, a.id DESC LIMIT 3",
            (
                f'SELECT "p"."id" AS "id" FROM {P} LEFT JOIN {A} ON ("p"."id" = "a"."id") '
                'ORDER BY "p"."id" DESC, "a"."id" DESC NULLS LAST LIMIT 3'
            ),
        ),
        (  # what the semi join left out does not come back by the right join
            "SELECT b.id FROM plays AS p SEMI JOIN arch AS a ON p.id = a.id RIGHT JOIN arch AS b ON b.id = p.id",
            (
                f'SELECT "b"."id" AS "id" FROM {P} RIGHT JOIN "archive"."Plays" AS "b" ON ("b"."id" = "p"."id") '
                f'AND (EXISTS (SELECT 1 FROM {A} WHERE ("p"."id" = "a"."id")))'
            ),
        ),
        (  # told apart as numbers, delivered as texts
            "SELECT DISTINCT p.fee FROM plays AS p ORDER BY p.fee LIMIT 2",
            (
                f'SELECT "fee"::text AS "fee" FROM (SELECT "fee" FROM (SELECT DISTINCT "p"."fee" AS "fee" FROM {P}) '
                'AS "#1" ORDER BY "fee" NULLS LAST LIMIT 2) AS "#2"'
            ),
        ),
        (  # collations that differ would be an error
            "SELECT p.song AS s FROM plays AS p UNION SELECT a.other FROM arch AS a",
            (
                f'SELECT "s" AS "s" FROM ((SELECT ("s" COLLATE "C") AS "s" FROM (SELECT {SONG} AS "s" FROM {P}) '
                'AS "#1") UNION (SELECT ("other" COLLATE "C") AS "other" '
                f'FROM (SELECT "a"."other" AS "other" FROM {A}) AS "#2")) AS "#3"'
            ),
        ),
        (
            "SELECT p.id FROM plays AS p QUALIFY RANK() OVER (ORDER BY p.song) <= 3",
            f'SELECT "p"."id" AS "id" FROM {P} ORDER BY ({SONG} COLLATE "C") NULLS LAST FETCH FIRST 3 ROWS WITH TIES',
        ),
        (  # Postgres knows a key again only by its spelling
            "SELECT p.song || p.other AS c FROM plays AS p GROUP BY p.song || p.other",
            (
                f'SELECT (({SONG} || "p"."other") COLLATE "C") AS "c" FROM {P} '
                f'GROUP BY (({SONG} || "p"."other") COLLATE "C")'
            ),
        ),
        (
            "SELECT p.id FROM plays AS p WHERE lower(p.ci) = 'a' AND p.ms = 1",
            (
                f"""SELECT "p"."id" AS "id" FROM {P} WHERE (((lower(("p"."ci"::text COLLATE "C")) = 'a') OR """
                'octet_length(("p"."ci"::text COLLATE "C")) <> char_length(("p"."ci"::text COLLATE "C"))) '
                'AND ("p"."ms" = 1))'
            ),
        ),
        (
            "SELECT p.ms, p.ok FROM plays AS p GROUP BY ROLLUP (p.ms, p.ok)",
            f'SELECT "p"."ms" AS "ms", "p"."ok" AS "ok" FROM {P} GROUP BY ROLLUP ("p"."ms", "p"."ok")',
        ),
        (
            "SELECT p.id FROM plays AS p WHERE p.d IN (SELECT a.ms FROM arch AS a)",
            (
                f'SELECT "p"."id" AS "id" FROM {P} WHERE ("p"."d" IN (SELECT "ms"::double precision FROM '
                f'(SELECT "a"."ms" AS "ms" FROM {A}) AS "#1"))'
            ),
        ),
    ],
)
def test_a_whole_query_is_written_for_its_types(sql: str, text: str) -> None:
    assert rendered(sql) == text
