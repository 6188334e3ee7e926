"""Each rule about the native types of Postgres that the kit has no name for: padded texts, enums, domains, widths."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.call import Call
from connectors.spi import Table
from connectors.testing.bench import Bench, Side, ordered
from tests.conformance.test_postgres import DATABASE, PostgresSubject

pytestmark = pytest.mark.postgres

LINES = (Path(__file__).parent / "rules" / "native_types.txt").read_text().splitlines()
RULES = [tuple(line.split(" | ", 1)) for line in LINES if not line.startswith("#")]
_NUMBERS = ("1", "7", "2", "42", "12", None)
_SIGNED = ("-1", "0", "7", "-42", "12", None)
_FRACTIONS = ("-0.5", "2.5", "0", "-12.35", "1.01", None)
_WORDS = ("ok", "sad", "Sad", "happy", "", None)
VALUES = {
    **dict.fromkeys(("smallint", "integer", "bigint"), _SIGNED),
    "posint": _NUMBERS,
    "numeric(18,0)": _SIGNED,
    **dict.fromkeys(("numeric(12,2)", "numeric(15,2)", "numeric(38,10)"), _FRACTIONS),
    "text": (*_WORDS, "ok "),
    "varchar(10)": (*_WORDS, "ok "),
    "char(5)": (*_WORDS, "ok "),
    "mood": ("ok", "sad", "Sad", "happy", None),
}


def name(native: str) -> str:
    return f"rule_{list(VALUES).index(native)}"


def setup() -> Iterator[str]:
    yield "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'Sad')"
    yield "CREATE DOMAIN posint AS integer CHECK (VALUE > 0)"
    for native, values in VALUES.items():
        listed = ", ".join("(NULL)" if value is None else f"('{value}')" for value in values)
        yield f"CREATE TABLE {name(native)} (id serial, a {native}, b {native})"
        pairs = f"FROM (VALUES {listed}) x(v), (VALUES {listed}) y(v)"
        yield f"INSERT INTO {name(native)} (a, b) SELECT x.v::{native}, y.v::{native} {pairs}"


@pytest.fixture(scope="module", params=("postgres_server", "postgres_18_server"))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    server: Any = request.getfixturevalue(request.param)
    subject = PostgresSubject(server)
    server.execute(*setup(), database=DATABASE)
    with closing(subject.connect()) as connector:
        made = Bench(subject, connector)
        yield made
        made.oracle.con.close()


def told(bench: Bench, native: str) -> Side:
    """A table as the store describes it, and in the oracle as plain reading brings it."""
    call = Call(timeout=30)
    table = f"public.{name(native)}"
    columns = bench.connector.describe(Table(table, ()), call).columns
    side = Side(Table(table, columns), columns)
    bench.oracle.add(table, columns, bench.oracle.build(columns, []))
    with bench.connector.snapshot([side.table], call) as snapshot:
        rows = bench.computed(bench.whole(side), snapshot, call)
    bench.oracle.add(table, columns, bench.oracle.build(columns, rows))
    assert len(rows) == len(VALUES[native]) ** 2
    return side


@pytest.mark.parametrize("native", VALUES)
def test_every_rule_holds_for_a_native_type(bench: Bench, native: str) -> None:
    rules = [rule for types, rule in RULES if native in types.split(", ")]
    assert len(rules) > 10
    outputs = [f"{_over_t(rule)} AS v{number}" for number, rule in enumerate(rules)]
    side = told(bench, native)
    made = bench.fragment(f"SELECT t.id, {', '.join(outputs)} FROM t AS t", side)
    call = Call(timeout=30)
    with bench.connector.snapshot([side.table], call) as snapshot:
        found = ordered(bench.computed(made, snapshot, call))
    for row, expected in zip(found, ordered(bench.oracle.answer(made)), strict=True):
        differ = [rule for rule, one, other in zip(rules, row[1:], expected[1:], strict=True) if one != other]
        assert (row[0], differ) == (expected[0], [])


def _over_t(rule: str) -> str:
    """The expression over the columns of ``t``."""
    words = rule.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").replace("-a", "- a").split(" ")
    return " ".join(f"t.{word}" if word in ("a", "b") else word for word in words)
