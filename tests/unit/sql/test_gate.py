"""The gate's own promises: EXPLAIN, one statement, clear sentences, limits at their edges."""

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from gateway.errors import ParametersInvalid, SqlNotAllowed, SqlSyntax, SqlTooLarge
from gateway.sql import addresses, is_volatile, parse, to_duckdb


def test_one_query_comes_back_as_canonical_text():
    statement = parse("select Id, name -- the name\nfrom sales.customers where id = 1;")
    assert (statement.explain, statement.format) == ("", "text")
    assert to_duckdb(statement.query) == 'SELECT "Id", "name" FROM "sales"."customers" WHERE "id" = 1'


@pytest.mark.parametrize(
    ("prefix", "explain", "form"),
    [
        ("EXPLAIN ", "plan", "text"),
        ("explain analyze ", "analyze", "text"),
        ("EXPLAIN (FORMAT JSON) ", "plan", "json"),
        ("EXPLAIN (ANALYZE, FORMAT json) ", "analyze", "json"),
        ("EXPLAIN ANALYZE (FORMAT TEXT) ", "analyze", "text"),
        ("/* why */ EXPLAIN\n", "plan", "text"),
    ],
)
def test_explain_is_taken_off_by_the_gate(prefix, explain, form):
    statement = parse(prefix + "SELECT a FROM d.p WHERE b = ?")
    assert (statement.explain, statement.format) == (explain, form)
    assert to_duckdb(statement.query) == 'SELECT "a" FROM "d"."p" WHERE "b" = $1'


@pytest.mark.parametrize(
    "text",
    ["EXPLAIN", "EXPLAIN;", "EXPLAIN (FORMAT XML) SELECT 1", "EXPLAIN (ANALYZE SELECT 1", "", "  -- nothing", ";"],
)
def test_an_explain_without_a_query_is_a_syntax_error(text):
    with pytest.raises(SqlSyntax):
        parse(text)


def test_explain_of_brackets_is_no_list_of_options():
    assert parse("EXPLAIN (SELECT 1)").explain == "plan"


@pytest.mark.parametrize("text", ["EXPLAIN EXPLAIN SELECT 1", "EXPLAIN DELETE FROM a.b", "DROP TABLE a.b", "'x'"])
def test_only_queries_are_answered(text):
    with pytest.raises(SqlNotAllowed, match="Only queries"):
        parse(text)


@pytest.mark.parametrize("text", ["SELECT 1; SELECT 2", "SELECT 1;;", "; SELECT 1"])
def test_two_statements_are_refused(text):
    with pytest.raises((SqlNotAllowed, SqlSyntax)):
        parse(text)


def test_a_syntax_error_says_where():
    with pytest.raises(SqlSyntax) as refused:
        parse("SELECT a\nFROM d.p\nWHERE a = = 1")
    assert "line 3" in refused.value.sentence
    assert "\x1b" not in refused.value.sentence
    assert "WHERE a" not in refused.value.sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT read_text('/etc/passwd')", "read_text()"),
        ("SELECT random()", "rand"),
        ("SELECT main.sum(a) FROM d.p", "behind a dot"),
        ('SELECT "strlen"(a) FROM d.p', "quoted name"),
        ("SELECT 'a.b'::regclass", "cast to"),
        ("SELECT * FROM d.p FOR UPDATE", "LOCK"),
        ("SELECT * INTO x FROM d.p", "INTO"),
        ("SELECT * FROM d.p TABLESAMPLE 10%", "SAMPLE"),
        ("SELECT * FROM d.p POSITIONAL JOIN d.q", "POSITIONAL"),
        ("SELECT a FROM nowhere", "no address"),
        ("SELECT a FROM a.b.c.d", "too many parts"),
        ("SELECT ~a FROM d.p", "BITWISE NOT"),
        ("SELECT extract(pg_sleep FROM a) FROM d.p", "no unit"),
        ("SELECT a COLLATE nocase FROM d.p", "collate"),
        ("SELECT list(a) OVER () FROM d.p", "over a window"),
        ("SELECT E'a\\nb'", "prefix"),
        ("SELECT j -> 'a' FROM d.p", "operator ->"),
        ("FROM d.p |> SELECT a", "operator |>"),
        ("SELECT DATE '2024-01-01'::VARCHAR", "typed literal"),
        ("SELECT 1 + NOT b FROM d.p", "NOT stands among"),
        ("SELECT a IS NOT TRUE || b FROM d.p", "IS is followed"),
        ("SELECT * FROM d.p WHERE a IN $1", "IN must be"),
        ("SELECT list_transform([1], lambda x: x)", "not allowed"),
        ("SELECT a FROM d.p LIMIT 10%", "LIMIT"),
    ],
)
def test_a_refusal_names_the_construct(text, told):
    with pytest.raises(SqlNotAllowed) as refused:
        parse(text)
    assert told in refused.value.sentence
    assert refused.value.hint


def test_an_invisible_character_is_refused_outside_strings_only():
    with pytest.raises(SqlNotAllowed, match=r"U\+200B"):
        parse("SELECT\u200b1")
    with pytest.raises(SqlNotAllowed, match=r"U\+000D"):
        parse("SELECT 1 --x\rUNION ALL SELECT 2")
    with pytest.raises(SqlNotAllowed, match="NUL"):
        parse("SELECT '\0'")
    assert to_duckdb(parse("SELECT 'a\u200bé'\r\n").query) == "SELECT 'a\u200bé'"


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("SELECT " + "(" * 60 + "1" + ")" * 60, "SELECT " + "(" * 65 + "1" + ")" * 65),
        ("SELECT " + "NOT " * 19 + "true", "SELECT " + "NOT " * 20 + "true"),
        ("SELECT 1" + "::INT" * 20, "SELECT 1" + "::INT" * 21),
        ("SELECT 1" + " UNION ALL SELECT 1" * 199, "SELECT 1" + " UNION ALL SELECT 1" * 200),
        ("SELECT 1 FROM d.p" + " CROSS JOIN d.p" * 60, "SELECT 1 FROM d.p" + " CROSS JOIN d.p" * 61),
        ("SELECT 1 FROM d.p" + ", d.p" * 60, "SELECT 1 FROM d.p" + ", d.p" * 61),
        ("SELECT 1 FROM d.p WHERE a = 0" + " OR a = 1" * 240, "SELECT 1 FROM d.p WHERE a = 0" + " OR a = 1" * 260),
        ("SELECT 1 IN (0" + ", 1" * 4_900 + ")", "SELECT 1 IN (0" + ", 1" * 5_100 + ")"),
        ("SELECT '" + "x" * 65_000 + "'", "SELECT '" + "x" * 65_600 + "'"),
        ("SELECT 1" + "/**/" * 500, "SELECT 1" + "/**/" * 501),
        ("SELECT " + "[1]" * 301, "SELECT a" + "[1]" * 1_100 + " FROM d.p"),
    ],
)
def test_limits_hold_at_their_edges(inside, outside):
    assert to_duckdb(parse(inside).query)
    with pytest.raises(SqlTooLarge):
        parse(outside)


def test_a_long_chain_in_front_of_each_bracket_adds_up():
    """The left operand is the deep one: forty brackets of forty additions each are 1,600 levels."""
    with pytest.raises(SqlTooLarge):
        parse("SELECT " + "(" * 40 + "1" + "+1" * 40 + ("+1" * 40 + ")") * 40)


def test_a_cte_is_seen_only_where_it_is_in_scope():
    query = parse("WITH a AS (SELECT 1 x), b AS (SELECT * FROM a) SELECT * FROM a, b, d.a, (SELECT * FROM b)").query
    assert [table.sql() for table in addresses(query)] == ["d.a"]
    for text in (
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
        "WITH a AS (SELECT * FROM a) SELECT * FROM a",
        "SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a), a",
        'WITH "\u212a0" AS (SELECT 1) SELECT * FROM k0',
    ):
        with pytest.raises(SqlNotAllowed, match="no address"):
            parse(text)
        assert len(addresses(parse(text, short=True).query)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM range(600000)",
        "SELECT * FROM range(1000) a, range(1000) b",
        "SELECT * FROM generate_series(DATE '1000-01-01', DATE '3000-01-01', INTERVAL 1 SECOND)",
        "SELECT range(20000)",
        "SELECT repeat('x', 10001)",
        "SELECT repeat(repeat('x', 10000), 10000)",
        "SELECT lpad('x', 1000000, 'y')",
    ],
)
def test_growth_is_bounded(text):
    with pytest.raises(SqlTooLarge):
        parse(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("SELECT count(*) FROM range(500)", 500),
        ("SELECT count(*) FROM generate_series(1, 10, 3)", 4),
        ("SELECT count(*) FROM range(10, 0, -1)", 10),
        ("SELECT count(*) FROM generate_series(DATE '2024-01-01', DATE '2024-12-31', INTERVAL 1 DAY)", 366),
        ("SELECT len(repeat('ab', 10))", 20),
    ],
)
def test_small_series_pass_and_run(text, count):
    with duckdb.connect() as connection:
        assert connection.sql(to_duckdb(parse(text).query)).fetchall() == [(count,)]


@pytest.mark.parametrize("text", ["SELECT range(a) FROM d.p", "SELECT repeat('x', a) FROM d.p", "FROM range(1 + 1)"])
def test_growth_that_is_no_constant_is_refused(text):
    with pytest.raises(SqlNotAllowed, match="constant"):
        parse(text)


@pytest.mark.parametrize("clock", ["now()", "current_date", "current_timestamp", "today()", "localtimestamp"])
def test_the_clock_is_marked(clock):
    query = parse(f"SELECT {clock}, a + 1 FROM d.p").query
    assert [is_volatile(node) for node in query.expressions] == [True, False]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT ? + $1", ParametersInvalid),
        ("SELECT $2", ParametersInvalid),
        ("SELECT $name", SqlSyntax),
        ("SELECT :name", SqlSyntax),
        ("SELECT ?1", (ParametersInvalid, SqlSyntax)),
    ],
)
def test_parameters_have_one_form(text, error):
    with pytest.raises(error):
        parse(text)


def test_the_parser_logs_nothing(caplog, capfd):
    with pytest.raises((SqlSyntax, SqlNotAllowed)):
        parse("WITH x AS (COPY (SELECT 1) TO '/secret') SELECT * FROM x")
    assert caplog.text == ""
    assert "secret" not in "".join(capfd.readouterr())


def test_the_deepest_accepted_texts_survive_a_thread_and_the_printer():
    """A server's handler threads have smaller stacks than the main thread."""
    deepest = [
        "SELECT 1" + "+1" * 490,
        "SELECT " + "(1+" * 60 + "1" + ")" * 60,
        "SELECT " + "CASE WHEN true THEN " * 60,
    ]
    deepest[2] += "1" + " END" * 60
    deepest.append("SELECT " + "(" * 20 + "1" + ("+1" * 20 + ")") * 20)
    deepest.append("SELECT a FROM d.p WHERE " + " OR ".join(["a"] * 490))
    deepest.append("FROM " + "(FROM " * 60 + "d.p" + ")" * 60)
    with ThreadPoolExecutor(1) as pool:
        texts = list(pool.map(lambda text: to_duckdb(parse(text).query.copy()), deepest))
    assert all(text.startswith("SELECT") for text in texts)
