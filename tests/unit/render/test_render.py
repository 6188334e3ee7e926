"""The text that goes to Postgres: exactly this for what is known, and a refusal for everything else."""

import pytest

from connectors.render import render
from connectors.spi import Column, Table
from tests.services.fragments import fragment

DEFAULT = frozenset({"collation:pg_catalog.default"})
PLAYS = Table(
    "public.plays",
    (
        Column("id", "BIGINT", False, native="bigint", facts=frozenset({"not null"})),
        Column("ms", "INTEGER", native="integer"),
        Column("song", "VARCHAR", source='the "song"', native="text", facts=DEFAULT),
        Column("label", "VARCHAR", native="character(5)", facts=DEFAULT),
        Column("ci", "VARCHAR", native="text", facts=frozenset({"collation:public.ci", "nondeterministic"})),
        Column("other", "VARCHAR", native="text", facts=frozenset({"collation:public.words"})),
        Column("fee", "DECIMAL(12,2)", native="numeric(12,2)"),
        Column("r", "FLOAT", native="real"),
        Column("d", "DOUBLE", native="double precision"),
        Column("day", "DATE", native="date"),
        Column("ok", "BOOLEAN", native="boolean"),
        Column("u", "UUID", native="uuid"),
        Column("tags", "VARCHAR[]", native="text[]"),
        Column("unseen", "VARCHAR"),
    ),
)
TABLES = {"p": PLAYS, "q": Table("archive.Plays", PLAYS.columns)}


def where(predicate: str) -> str:
    return render(fragment(f"SELECT p.id FROM plays AS p WHERE {predicate}", TABLES)).split(" WHERE ", 1)[1]


@pytest.mark.parametrize(
    ("predicate", "text"),
    [
        ("p.ms = 5", '("p"."ms" = 5)'),
        ("-1.5 < p.fee", '((-1.5) < "p"."fee")'),
        ("p.song = 'it''s'", """("p"."the ""song\""" = 'it''s')"""),
        ("p.song < 'b'", """(("p"."the ""song\""" COLLATE "C") < 'b')"""),
        ("'b' < p.song", """(('b' COLLATE "C") < "p"."the ""song\""")"""),
        ("p.song BETWEEN 'a' AND 'b'", """(("p"."the ""song\""" COLLATE "C") BETWEEN 'a' AND 'b')"""),
        ("p.song = p.other", """(("p"."the ""song\""" COLLATE "C") = "p"."other")"""),
        ("p.label = 'ab'", """(("p"."label"::text COLLATE "C") = 'ab')"""),
        ("p.ci IN ('a', 'b')", """(("p"."ci"::text COLLATE "C") IN ('a', 'b'))"""),
        ("p.unseen = 'a'", """(("p"."unseen"::text COLLATE "C") = 'a')"""),
        ("p.ms IN (1, NULL)", '("p"."ms" IN (1) OR NULL::boolean)'),
        ("p.ms IN (NULL)", "(NULL::boolean)"),
        ("p.r = 0.1", '("p"."r" = 0.1::real)'),
        ("p.d = 0.1", '("p"."d" = 0.1::double precision)'),
        ("p.d = 1e3", '("p"."d" = \'1e3\'::double precision)'),
        ("p.r = p.d", '("p"."r"::double precision = "p"."d")'),
        ("p.r + 1 = 2", '(("p"."r" + 1::real) = 2::real)'),
        ("p.fee // 2 = 1", '(("p"."fee"::double precision / 2::double precision) = 1::double precision)'),
        ("greatest(p.d, 1) = 1", '(greatest("p"."d", 1::double precision) = 1::double precision)'),
        ("xor(p.ms, 3) & 1 = 1", '((("p"."ms" # 3) & 1) = 1)'),
        ("round(p.ms, -1) = 10", '(round("p"."ms"::numeric, -1)::integer = 10)'),
        ("isinf(p.r) OR isinf(p.day)", """(("p"."r" IN ('Infinity', '-Infinity')) OR (NOT isfinite("p"."day")))"""),
        ("p.r = p.ms", '("p"."r" = "p"."ms"::real)'),
        ("p.fee = p.d", '("p"."fee"::double precision = "p"."d")'),
        ("p.day >= DATE '1998-09-02'", '("p"."day" >= \'1998-09-02\'::date)'),
        ("p.day < TIMESTAMP '1998-09-02 01:02:03'", '("p"."day" < \'1998-09-02 01:02:03\'::timestamp)'),
        ("p.fee = CAST('12.50' AS DECIMAL(12,2))", '("p"."fee" = \'12.50\'::numeric(12,2))'),
        ("p.ok AND NOT p.ok", '("p"."ok" AND (NOT "p"."ok"))'),
        ("p.ok OR p.ms = 1 AND p.ok", '("p"."ok" OR (("p"."ms" = 1) AND "p"."ok"))'),
        ("p.ms IS NOT NULL", '(NOT ("p"."ms" IS NULL))'),
        ("p.ok IS DISTINCT FROM TRUE", '("p"."ok" IS DISTINCT FROM TRUE)'),
        ("p.tags IS NULL", '("p"."tags" IS NULL)'),
        ("p.ms = 9 /* a comment */", '("p"."ms" = 9)'),
    ],
)
def test_a_predicate_is_written_for_its_types(predicate: str, text: str) -> None:
    assert where(predicate) == text


@pytest.mark.parametrize(
    "predicate",
    [
        "regexp_matches(p.song, 'a')", "p.song LIKE 'a$' ESCAPE '$'", "p.song || p.d = 'b'", "p.ms = ms",
        "p.ms = 'a'", "p.day = 'yesterday'", "p.day = p.u", "p.tags = p.tags", "p.song NOT LIKE 'a'", "p.song = 5",
        "p.song LIKE p.other ESCAPE '!'", "round(p.d, 1) = 0.1", "substr(p.song, -2, 1) = 'a'", "p.d % 2 = 1",
        "p.ms IN (SELECT q.tags FROM q AS q)", "p.ms = (SELECT max(x.ms) FROM x)", "greatest(p.r, 1) = 1",
        "p.ms", "p.r = p.day", "p.day = CAST('now' AS DATE)", "p.u = 'x'", "p.d = CAST('1.5x' AS DOUBLE)",
        "p.id = z.id", "p.nothing = 1", "p.ms BETWEEN SYMMETRIC 1 AND 2", "p.ms IS TRUE", "pg_sleep(9)",
        "p.song COLLATE nocase = 'a'", "CAST(p.song AS INTEGER) = 1", "TRY_CAST('1' AS INTEGER) = p.ms",
        "p.song = '\0'", "(p.ms, p.id) = (1, 2)", "p.ok = 1", "CAST(p.d AS VARCHAR) = '1'", "lpad(p.song, 4, '') = ''",
    ],
)  # fmt: skip
def test_whatever_is_not_on_the_list_is_refused(predicate: str) -> None:
    with pytest.raises(ValueError, match=r"^[^']{10,}"):
        where(predicate)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT DISTINCT ON (p.id) p.id FROM plays AS p",
        "SELECT p.id FROM plays AS p FULL JOIN plays AS q ON p.id < q.id",
        "SELECT p.id FROM plays AS p JOIN plays AS q USING (id)", "SELECT p.id FROM plays AS p LIMIT 1 + 1",
        "SELECT p.id FROM plays AS p, LATERAL (SELECT 1 AS x) AS q", "WITH c AS (SELECT 1) SELECT p.id FROM plays AS p",
        "SELECT p.id FROM plays AS p LIMIT 10%", "SELECT p.id FROM other AS z",
        "SELECT p.id FROM plays AS p QUALIFY p.id = 1", "SELECT p.id FROM plays AS p ORDER BY p.tags",
        "SELECT p.id FROM plays AS p WINDOW w AS (ORDER BY p.id)", "SELECT p.d FROM plays AS p GROUP BY p.d",
        "SELECT p.id FROM plays AS p NATURAL JOIN plays AS q", "SELECT p.id FROM plays AS p ORDER BY 'a'",
        "SELECT DISTINCT p.d FROM plays AS p", "SELECT p.d FROM plays AS p UNION SELECT q.d FROM plays AS q",
        "SELECT p.id FROM plays AS p QUALIFY row_number() OVER (ORDER BY p.id) <= 3",
        "SELECT p.id FROM plays AS p WHERE lower(p.song) = 'a' ORDER BY p.id LIMIT 1",
        "SELECT p.id FROM plays AS p LEFT JOIN plays AS q ON lower(p.song) = 'a'",
        "SELECT p.id FROM plays AS p GROUP BY ALL",
    ],
)  # fmt: skip
def test_other_clauses_are_refused(sql: str) -> None:
    with pytest.raises(ValueError):
        render(fragment(sql, TABLES))


@pytest.mark.parametrize(
    ("aggregate", "type_name"),
    [("SUM(p.d)", "DOUBLE"), ("MIN(p.d)", "DOUBLE"), ("AVG(p.ms)", "DOUBLE"), ("SUM(p.ms ORDER BY p.id)", "HUGEINT"),
     ("COUNT(*)", "VARCHAR"), ("MIN(p.ms, 2)", "INTEGER[]"), ("SUM(p.ms) FILTER (WHERE p.r = p.day)", "HUGEINT"),
     ("COUNT(p.id) OVER (ORDER BY p.id RANGE 1 PRECEDING)", "BIGINT"), ("COUNT(DISTINCT p.d + 1)", "BIGINT"),
     ("LAG(p.id IGNORE NULLS) OVER (ORDER BY p.id)", "BIGINT"), ("STRING_AGG(p.song, ',')", "VARCHAR"),
     ("COUNT(DISTINCT p.ms) OVER ()", "BIGINT"), ("ARRAY_AGG(p.ms)", "INTEGER[]"), ("lower(p.song)", "VARCHAR"),
     ("LAG(p.id, p.id) OVER (ORDER BY p.id)", "BIGINT"), ("NTILE(0) OVER (ORDER BY p.id)", "BIGINT"),
     ("STRING_AGG(p.song, p.song ORDER BY p.id)", "VARCHAR"), ("ARRAY_AGG(p.fee ORDER BY p.id)", "DECIMAL(9,2)[]"),
     ("COUNT(*) OVER (ORDER BY p.id ROWS BETWEEN p.ms PRECEDING AND CURRENT ROW)", "BIGINT")],
)  # fmt: skip
def test_other_aggregates_are_refused(aggregate: str, type_name: str) -> None:
    with pytest.raises(ValueError):
        render(fragment(f"SELECT {aggregate} AS x FROM plays AS p", TABLES, Column("x", type_name)))


def test_a_whole_query() -> None:
    sql = (
        "SELECT p.song AS s, SUM(q.fee) AS f, COUNT(*) AS n, MAX(p.ok) AS m, MIN(p.u) AS u FROM plays AS p "
        "CROSS JOIN plays AS q WHERE p.id = q.id GROUP BY p.song HAVING COUNT(*) > 1 "
        "ORDER BY p.song DESC, SUM(q.fee) LIMIT 3"
    )
    outputs = [("s", "VARCHAR"), ("f", "DECIMAL(38,2)"), ("n", "BIGINT"), ("m", "BOOLEAN"), ("u", "UUID")]
    song = '"p"."the ""song"""'
    assert render(fragment(sql, TABLES, *(Column(*output) for output in outputs))) == (
        f'SELECT {song} AS "s", sum("q"."fee")::numeric(38,2)::text AS "f", count(*) AS "n", bool_or("p"."ok") AS "m", '
        '(min("p"."u"::text COLLATE "C")::uuid)::text AS "u" '
        'FROM "public"."plays" AS "p" CROSS JOIN "archive"."Plays" AS "q" WHERE ("p"."id" = "q"."id") '
        f'GROUP BY {song} HAVING (count(*) > 1) ORDER BY ({song} COLLATE "C") DESC NULLS LAST, '
        'sum("q"."fee")::numeric(38,2) NULLS LAST LIMIT 3'
    )


def test_only_a_column_that_is_never_null_goes_without_nulls_last() -> None:
    text = render(fragment("SELECT p.id FROM plays AS p ORDER BY p.id DESC, p.ms NULLS FIRST LIMIT 1", TABLES))
    assert text.endswith('ORDER BY "p"."id" DESC, "p"."ms" NULLS FIRST LIMIT 1')


def test_arrays_are_guarded_against_more_dimensions() -> None:
    text = render(fragment("SELECT p.tags FROM plays AS p", TABLES))
    assert 'CASE WHEN array_ndims("p"."tags") > 1 THEN (\'multidimensional\' ||' in text


def test_long_names_do_not_collide_by_being_cut_off() -> None:
    long = "x" * 70
    found = render(fragment(f"SELECT {long}.id AS {long}y FROM plays AS {long}", {long: PLAYS}))
    assert found == 'SELECT "t0"."id" AS "c0" FROM "public"."plays" AS "t0"'
    with pytest.raises(ValueError):
        render(fragment("SELECT p.id FROM plays AS p", {"p": Table(long, PLAYS.columns)}))


@pytest.mark.parametrize(
    ("declared", "native"),
    [("DATE", "timestamp without time zone"), ("INTEGER", "numeric"), ("FLOAT", "double precision"),
     ("BIGINT", "text"), ("BOOLEAN", "integer"), ("DECIMAL(9,2)", "double precision"), ("UUID", "text")],
)  # fmt: skip
def test_a_declared_type_that_would_lose_something_is_refused(declared: str, native: str) -> None:
    table = Table("t", (Column("x", declared, native=native),))
    with pytest.raises(ValueError, match="cannot be read as"):
        render(fragment("SELECT t.x FROM t AS t", {"t": table}))


def test_rendering_leaves_the_fragment_as_it_was() -> None:
    made = fragment("SELECT p.id FROM plays AS p WHERE p.song < 'b' ORDER BY p.id LIMIT 1", TABLES)
    before = made.query.sql("duckdb")
    assert render(made) == render(made)
    assert made.query.sql("duckdb") == before
