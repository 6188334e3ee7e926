"""Random expressions without brackets: whatever passes the gate means to DuckDB what it meant as it was written."""

import random

import duckdb
import pytest

from connectors.errors import HeadgateError
from gateway.sql import parse, to_duckdb

ATOMS = [
    "x",
    "y",
    "s",
    "b",
    "j",
    "dt",
    "l",
    "1",
    "2",
    "'a'",
    "1.5",
    "true",
    "null",
    "DATE '2024-01-01'",
    "INTERVAL 1 DAY",
]
ATOMS += ["x::INT", "'1'::INT", "(1)", "l[1]", "abs(x)", "CASE WHEN b THEN 1 END"]
BINARY = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "^",
    "**",
    "||",
    "=",
    "<>",
    "<",
    ">",
    "<=",
    "AND",
    "OR",
    "IS DISTINCT FROM",
    "LIKE",
]
BINARY += ["IS NOT DISTINCT FROM", "NOT LIKE", "ILIKE", "<<", ">>", "&", "|", "->>", "GLOB", "SIMILAR TO"]
SUFFIXES = ["", "", "", "", "::VARCHAR", "::INT", " IS NULL", " IS NOT NULL", " IS TRUE", " IS NOT FALSE", "[1]"]


def expression(dice, depth):
    """One random expression, mostly nonsense: DuckDB decides which of them mean anything."""
    roll = dice.random()
    if depth == 0 or roll < 0.25:
        return dice.choice(ATOMS) + dice.choice(SUFFIXES)
    if roll < 0.35:
        return dice.choice(["NOT ", "-", "- "]) + expression(dice, depth - 1)
    left, right = expression(dice, depth - 1), expression(dice, depth - 1)
    if roll < 0.42:
        return f"{left} {dice.choice(['', 'NOT '])}IN ({right}, 1)"
    if roll < 0.49:
        return f"{left} {dice.choice(['', 'NOT '])}BETWEEN {right} AND {expression(dice, 0)}"
    return f"{left} {dice.choice(BINARY)} {right}"


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA d")
        connection.execute(
            "CREATE TABLE d.p AS SELECT 1 x, 2 y, 'a' s, true b, '{\"x\":1}'::JSON j, DATE '2024-01-02' dt, [1, 2] l"
        )
        yield connection


def answer(connection, text):
    result = connection.execute(text)
    return repr([str(column[1]) for column in result.description]), repr(result.fetchall())


@pytest.mark.parametrize("seed", range(4))
def test_regeneration_never_changes_a_meaning_silently(connection, seed):
    dice = random.Random(seed)
    same = loud = 0
    for _ in range(1_500):
        text = f"SELECT {expression(dice, 3)} FROM d.p"
        try:
            meant = answer(connection, text)
            regenerated = to_duckdb(parse(text).query)
        except (duckdb.Error, HeadgateError):
            continue
        try:
            got = answer(connection, regenerated)
        except duckdb.Error:
            loud += 1  # a clear error is a nuisance, not a wrong answer
            continue
        assert got == meant, f"{text}\n{regenerated}"
        same += 1
    assert same > 200
    assert loud <= same // 100
