"""Every statement of the hostile corpus meets the gate and is treated as its class asks."""

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from gateway.errors import ParametersInvalid, SqlNotAllowed, SqlSyntax, SqlTooLarge
from gateway.sql import addresses, close_pivot, parse, to_duckdb

PARSER = duckdb.connect()
ROOT = Path(__file__).parents[3]
LINES = (ROOT / "tests/data/hostile_sql.jsonl").read_text(encoding="utf-8").split("\n")  # U+2028 is data here
CASES = [json.loads(line) for line in LINES if line]
REFUSALS = (SqlTooLarge, SqlSyntax, SqlNotAllowed, ParametersInvalid)
ACCEPTED = {"accept", "accept-literal-preserved"}
GRANTED = {("sales", "customers"), ("sales", "orders")}

# EXPLAIN is answered by the gateway from its own plan; the engine never sees the word.
OWN_EXPLAIN = {"introspect-076", "introspect-077", "introspect-079"}
# The answer's columns would depend on the data: the list of values must be written.


def text(case):
    if "gen" not in case:
        return case["sql"]
    gen = case["gen"]
    return gen["head"] + gen["unit"] * gen["n"] + gen["mid"] + gen["tail_unit"] * gen["n"] + gen["tail"]


def select(*wanted):
    return [pytest.param(case, id=case["id"]) for case in CASES if case["expected"].startswith(wanted)]


def named(query):
    return {tuple(part.name.lower() for part in table.parts) for table in addresses(query)}


def seen_by_duckdb(sql):
    """The base tables that DuckDB's own parser finds, without the names that WITH defines."""
    statements = PARSER.extract_statements(sql)
    assert [statement.type for statement in statements] == [duckdb.StatementType.SELECT]
    serialized = json.loads(PARSER.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()[0])
    assert serialized["error"] is False, serialized
    found, ctes = set(), set()
    pending = [serialized["statements"]]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                parts = (node["catalog_name"], node["schema_name"], node["table_name"])
                found.add(tuple(part.lower() for part in parts if part))
            ctes |= {entry["key"].lower() for entry in (node.get("cte_map") or {}).get("map", [])}
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return {parts for parts in found if not (len(parts) == 1 and parts[0] in ctes)}


@pytest.mark.parametrize("case", [c for c in select("reject") if "-or-" not in c.values[0]["expected"]])
def test_what_must_be_rejected_is(case):
    """Either the gate refuses it, or it names an address that nobody is granted, which the catalog refuses."""
    if case["id"] in OWN_EXPLAIN:
        assert parse(case["sql"]).explain in ("plan", "analyze")
        return
    try:
        query = parse(text(case)).query
    except REFUSALS as error:
        told = (error.sentence, error.hint)
    else:
        assert not named(query) <= GRANTED
        assert case["id"] in {"fs-read-034", "introspect-036", "introspect-037", "introspect-038"}
        return
    assert all(told)
    assert "\x1b" not in "".join(told)


@pytest.mark.parametrize("case", select("reject, or stop with RESOURCE_EXHAUSTED"))
def test_every_resource_attack_is_refused(case):
    with pytest.raises((SqlTooLarge, SqlNotAllowed)):
        parse(case["sql"])


@pytest.mark.parametrize("case", select("reject before parsing"))
def test_a_bomb_is_refused_at_once(case):
    bomb = text(case)
    best = 1.0
    for _ in range(5):
        start = time.thread_time()
        with pytest.raises(REFUSALS):
            parse(bomb)
        best = min(best, time.thread_time() - start)
    assert best < 0.05


def test_no_bomb_kills_the_process():
    program = """
import json, sys
from connectors.errors import HeadgateError
from gateway.sql import parse
for bomb in json.load(sys.stdin):
    try:
        parse(bomb)
        print("accepted")
    except HeadgateError as error:
        print(error.code)
"""
    bombs = [text(case) for case in CASES if case["category"] == "parsebomb"]
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(bombs), capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stderr[-500:]
    codes = done.stdout.split()
    assert len(codes) == len(bombs)
    assert set(codes) <= {"SQL_TOO_LARGE", "SQL_SYNTAX", "SQL_NOT_ALLOWED"}


@pytest.mark.parametrize("case", select("reject-or-no-canary", "no-canary-no-oracle", "accept-no-canary"))
def test_what_passes_names_exactly_what_duckdb_would_read(case):
    try:
        query = closed(case["sql"])
    except REFUSALS:
        return
    assert seen_by_duckdb(to_duckdb(query)) == named(query)


@pytest.mark.parametrize("case", [c for c in CASES if c["expected"] in ACCEPTED])
def test_what_is_accepted_becomes_one_select_over_the_same_tables(case):
    query = closed(case["sql"])
    assert seen_by_duckdb(to_duckdb(query)) == named(query) <= GRANTED


def test_a_pivot_below_the_root_is_refused_with_the_way_to_write_it():
    with pytest.raises(SqlNotAllowed, match="PIVOT without a list of values") as refused:
        parse("SELECT 1 FROM (PIVOT sales.orders ON customer_id USING sum(amount)) AS p, sales.customers")
    assert "ON column IN" in refused.value.hint
    query = parse("PIVOT (SELECT customer_id%3 k, amount FROM sales.orders) ON k IN (0, 1) USING sum(amount)").query
    assert named(query) == {("sales", "orders")}


def closed(text):
    """A statement that passed the gate, its PIVOT, if it has an open one, with two values that were asked for."""
    return close_pivot(parse(text).query, lambda _: ["0", "1"])


def test_what_no_case_of_the_masks_may_lose():
    """Most of the mask cases must really run, or the corpus proves nothing about masks."""
    ran = 0
    for case in CASES:
        if case["expected"] == "accept-no-canary":
            try:
                parse(case["sql"])
                ran += 1
            except REFUSALS:
                pass
    assert ran >= 22
