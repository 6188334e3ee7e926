"""What the gate lets through means the same after regeneration: same rows, same types, in DuckDB itself."""

import statistics
import time
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from gateway.sql import addresses, allowed, parse, to_duckdb
from gateway.sql.printing import DIALECT

HERE = Path(__file__).parent
TPCH = sorted((HERE.parents[1] / "queries/tpch").glob("q*.sql"))


def lines(name):
    return [line for line in (HERE / name).read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]


def as_query(expression):
    over = " FROM d.p WINDOW w AS (ORDER BY x, y)"
    return f"SELECT {expression}{over}"


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE SCHEMA d")
        connection.execute(
            "CREATE TABLE d.p AS FROM (VALUES (1, 2, 'a'), (2, 1, 'b'), (2, 5, 'b'), (3, 3, NULL)) t(x, y, s)"
        )
        yield connection


def answer(connection, sql):
    result = connection.execute(sql)
    return [str(column[1]) for column in result.description], sorted(map(repr, result.fetchall()))


@pytest.mark.parametrize("text", [as_query(line) for line in lines("expressions.txt")] + lines("queries.txt"))
def test_regenerated_text_gives_the_same_answer(connection, text):
    query = parse(text).query
    regenerated = to_duckdb(query)
    assert answer(connection, regenerated) == answer(connection, text)
    if " -> " not in regenerated:  # the gate takes json_extract() only by that name
        assert to_duckdb(parse(regenerated).query) == regenerated
    (statement,) = connection.extract_statements(regenerated)
    assert statement.type == duckdb.StatementType.SELECT


def test_everything_on_the_list_is_executed_above():
    kinds, names = set(), set()
    for text in [as_query(line) for line in lines("expressions.txt")] + lines("queries.txt"):
        for node in parse(text).query.walk():
            kinds.add(type(node))
            if isinstance(node, exp.Anonymous):
                names.add(node.name.lower())
    assert {kind.__name__ for kind in allowed.NODES - kinds} == {"Placeholder"}
    assert names == allowed.NAMES


def test_a_json_path_without_a_dollar_is_one_key(connection):
    text = (
        """SELECT json_extract_string('{"a.b":1}'::JSON, 'a.b'), '{"a":{"b":2}}'::JSON ->> '$.a.b' FROM d.p LIMIT 1"""
    )
    assert connection.sql(to_duckdb(parse(text).query)).fetchall() == [("1", "2")]


@pytest.mark.parametrize("at", ["[2]", "[-1]", "[0]", "[1:2]"])
def test_a_position_stays_as_it_was_written_when_another_value_takes_the_place(at):
    query = parse(f"SELECT s{at} FROM d.p").query
    for column in list(query.find_all(exp.Column)):
        column.replace(exp.Paren(this=exp.Upper(this=column.copy())))
    assert f'(UPPER("s")){at}' in to_duckdb(query)


@pytest.mark.parametrize("path", TPCH, ids=lambda path: path.stem)
def test_tpch_passes_the_gate(path):
    text = qualified(path)
    query = parse(text).query
    with duckdb.connect() as connection:
        (statement,) = connection.extract_statements(to_duckdb(query))
    assert statement.type == duckdb.StatementType.SELECT
    assert {table.catalog for table in addresses(query)} == {"tpch"}


def test_tpch_is_gated_within_three_milliseconds():
    assert len(TPCH) == 22
    texts = [qualified(path) for path in TPCH]
    best = [min(timed(text) for _ in range(5)) for text in texts]
    assert statistics.median(best) < 0.003


def timed(text):
    start = time.thread_time()
    parse(text)
    return time.thread_time() - start


def qualified(path):
    """The text with its tables as addresses ``tpch.sf.<table>``."""
    tree = DIALECT.parse(path.read_text(encoding="utf-8"))[0]
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name not in ctes:
            table.set("db", exp.to_identifier("sf"))
            table.set("catalog", exp.to_identifier("tpch"))
    return tree.sql(dialect="duckdb", pretty=True)


def test_what_is_compared_keeps_the_brackets_that_a_tree_has_lost():
    tree = parse("SELECT ((a < 1) = (b IS NULL)), ((c IN (1, 2)) BETWEEN false AND true), NOT (d = 1) FROM d.p").query
    for node in list(tree.find_all(exp.Paren)):
        node.replace(node.this)
    assert to_duckdb(tree) == (
        'SELECT ("a" < 1) = ("b" IS NULL), ("c" IN (1, 2)) BETWEEN FALSE AND TRUE, NOT "d" = 1 FROM "d"."p"'
    )
