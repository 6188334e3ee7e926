"""The kit finds what it must find: connectors with one fault each, and the test that tells it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import StoreError, TableUnknown
from connectors.memory import CAPABILITIES, Memory, MemoryStream, predicates
from connectors.spi import Capabilities, Claim, Clause, Column, Connector, Description, Fidelity
from connectors.testing import ConnectorConformance
from connectors.testing.bench import Bench
from connectors.testing.cases import cases
from connectors.testing.differential import breach, clause_breach
from connectors.testing.oracle import Oracle
from connectors.types import Family
from connectors.vocabulary import OPERATIONS
from tests.conformance.test_memory import MemorySubject
from tests.duck_store import EVERYTHING


class Faulty(MemorySubject):
    def __init__(self, make: Callable[..., Memory]) -> None:
        super().__init__()
        self.make = make

    def connect(self) -> Connector:
        self.stores.append(self.make("memory", self.tables))
        return self.stores[-1]


@pytest.fixture
def bench_of() -> Iterator[Callable[[Callable[..., Memory]], Bench]]:
    made: list[Bench] = []

    def of(make: Callable[..., Memory]) -> Bench:
        subject = Faulty(make)
        made.append(Bench(subject, subject.connect()))
        return made[-1]

    yield of
    for bench in made:
        bench.oracle.con.close()


class Claiming(Memory):
    """Claims what Arrow does not compute as DuckDB does: the comparison of DOUBLE."""

    capabilities = Capabilities(
        CAPABILITIES.claims | {Claim(operator, Family.DOUBLE) for operator in ("=", "<", "BETWEEN")},
        CAPABILITIES.clauses,
    )


@pytest.mark.parametrize("operator", ["=", "<"])
def test_nan_is_found(bench_of, operator):
    assert "fragments differ from DuckDB" in breach(bench_of(Claiming), Claim(operator, Family.DOUBLE))


def test_a_superset_may_have_more_rows_but_not_fewer(bench_of, monkeypatch):
    bench = bench_of(Memory)
    claim = Claim("<", Family.TEXT, Fidelity.SUPERSET)
    everything = pa.compute.less_equal
    monkeypatch.setitem(predicates._COMPARE, predicates.exp.LT, everything)
    assert breach(bench, claim) == ""
    assert "surplus" in breach(bench, Claim("<", Family.TEXT))
    monkeypatch.setitem(predicates._COMPARE, predicates.exp.LT, pa.compute.greater)
    assert "missing" in breach(bench, claim)


def test_two_valued_logic_is_found(bench_of, monkeypatch):
    honest = predicates._compare
    monkeypatch.setattr(predicates, "_compare", lambda *given: honest(*given).fill_null(False))
    assert "NOT (t.a > t.b)" in breach(bench_of(Memory), Claim(">", Family.INTEGER))


def test_locale_order_is_found(bench_of, monkeypatch):
    def folded(left, right):
        return pa.compute.less(*(pa.compute.utf8_lower(side) for side in (left, right)))

    monkeypatch.setitem(predicates._COMPARE, predicates.exp.LT, folded)
    told = breach(bench_of(Memory), Claim("<", Family.TEXT))
    assert "fragments differ from DuckDB" in told


def test_a_claim_that_nothing_can_show_is_found(bench_of):
    assert "Nothing can show this claim" in breach(bench_of(Memory), Claim("IN", Family.JSON))


class Losing(Memory):
    """Loses the last batch when there are several."""

    def open(self, fragment, snapshot, hints, call):
        stream = super().open(fragment, snapshot, hints, call)
        batches = list(stream)
        return MemoryStream(fragment, pa.Table.from_batches(batches[:-1] or batches), hints, call)


class Live(Memory):
    """Reads what is there now, not what the snapshot holds."""

    def open(self, fragment, snapshot, hints, call):
        with self.snapshot([table for _, table in fragment.tables], call) as now:
            return super().open(fragment, now, hints, call)


class Deaf(Memory):
    """Starts work for a call that is cancelled, and goes on."""

    def open(self, fragment, snapshot, hints, call):
        return super().open(fragment, snapshot, hints, Call())


class Leaking(Memory):
    """Leaves a thread for every connector."""

    release = threading.Event()

    def close(self) -> None:
        threading.Thread(target=self.release.wait, args=(30,), daemon=True).start()


class Renaming(Memory):
    """Tells columns in another spelling than it has them."""

    def describe(self, table, call):
        told = super().describe(table, call)
        columns = tuple(Column(column.name.upper(), column.type) for column in told.columns)
        return Description(columns, told.key, told.rows)


class Shuffling(Memory):
    """Tells of many tables in another order than it was asked."""

    def describe_many(self, tables, call):
        answers = []
        for table in tables:
            try:
                answers.append(self.describe(table, call))
            except TableUnknown as problem:
                answers.append(problem)
        return answers[::-1]


suite = ConnectorConformance()


@pytest.mark.parametrize(
    ("faulty", "test"),
    [
        (Losing, suite.test_a_table_of_many_batches_arrives_whole),
        (Live, suite.test_a_snapshot_does_not_see_what_comes_later),
        (Leaking, suite.test_nothing_is_left_behind),
        (Leaking, suite.test_a_closed_connector_refuses_with_a_typed_error),
        (Renaming, suite.test_describe_tells_columns_in_order_with_types_that_cross_the_border_alike),
        (Shuffling, suite.test_many_tables_are_told_of_as_each_alone),
    ],
)
def test_a_fault_is_found(bench_of, faulty, test):
    Leaking.release.clear()
    try:
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            test(bench_of(faulty))
    finally:
        Leaking.release.set()


def test_the_border_ends_what_a_deaf_connector_would_go_on_with(bench_of):
    suite.test_a_cancelled_stream_ends_in_the_reason_within_two_seconds(bench_of(Deaf))


SEVERAL = (Family.DECIMAL, Family.TEXT, Family.BOOLEAN)


class DuckDBItself(Memory):
    """Computes everything, with DuckDB, so that it is right by definition."""

    capabilities = EVERYTHING

    def __init__(self, name, tables) -> None:
        super().__init__(name, tables)
        self.engine = Oracle()
        self.held: set[str] = set()

    def open(self, fragment, snapshot, hints, call):
        for _, table in fragment.tables:
            if table.name not in self.held:
                self.held.add(table.name)
                self.engine.add(table.name, table.columns, snapshot.tables[table.name])
        try:
            return Answer(fragment.schema, self.engine.con.sql(fragment.text).to_arrow_table().cast(fragment.schema))
        except duckdb.Error as problem:
            raise StoreError("DuckDB failed.") from problem


class Answer:
    def __init__(self, schema: pa.Schema, rows: pa.Table) -> None:
        self.schema = schema
        self.rows = rows

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return iter(self.rows.to_batches())

    def close(self) -> None:
        pass


def test_every_case_of_every_clause_is_kept_by_duckdb_itself(bench_of):
    bench = bench_of(DuckDBItself)
    told = {str(clause): clause_breach(bench, clause) for clause in Clause}
    told |= {str(claim): breach(bench, claim) for claim in EVERYTHING.claims if claim.family in SEVERAL}
    assert {name: broken for name, broken in told.items() if broken} == {}


@pytest.mark.parametrize(
    ("operator", "right", "wrong"),
    [
        ("ORDER BY", "NULLS FIRST", "NULLS LAST"),
        ("GROUP BY", 'GROUP BY "t"."a"', 'GROUP BY "t"."a", "t"."b"'),
        ("SUM", "SUM(", "MAX("),
        ("=", '"t"."a" = "t"."b"', '"t"."a" <> "t"."b"'),
        ("+", '"t"."a" + "t"."b"', '"t"."a" - "t"."b"'),
        ("LEAST", "LEAST(", "GREATEST("),
    ],
)
def test_a_wrong_clause_is_found(bench_of, operator, right, wrong):
    class Wrong(DuckDBItself):
        def open(self, fragment, snapshot, hints, call):
            return super().open(replace(fragment, text=fragment.text.replace(right, wrong)), snapshot, hints, call)

    assert "fragments differ from DuckDB" in breach(bench_of(Wrong), Claim(operator, Family.INTEGER))


@pytest.mark.parametrize(
    ("clause", "right", "wrong"),
    [
        (Clause.JOIN, 'WHERE "l"."a" = "r"."b"', 'WHERE "l"."a" <> "r"."b"'),
        (Clause.OUTER_JOIN, "RIGHT JOIN", "LEFT JOIN"),
        (Clause.SEMI_JOIN, "ANTI JOIN", "SEMI JOIN"),
        (Clause.SUBQUERY, ' IN (SELECT "s"."b"', ' IN (SELECT "s"."n"'),
        (Clause.GROUPING_SETS, "ROLLUP", "CUBE"),
        (Clause.FILTER, "FILTER(WHERE", "FILTER(WHERE NOT"),
        (Clause.HAVING, "HAVING", "HAVING NOT"),
        (Clause.DISTINCT, "SELECT DISTINCT", "SELECT"),
        (Clause.SET_OPERATION, "EXCEPT SELECT", "EXCEPT ALL SELECT"),
        (Clause.WINDOW, 'PARTITION BY "t"."g"', 'PARTITION BY "t"."b"'),
        (Clause.TOP_N, "OFFSET 5", "OFFSET 4"),
        (Clause.TIES, "RANK()", "ROW_NUMBER()"),
    ],
)
def test_a_clause_that_is_taken_over_wrongly_is_found(bench_of, clause, right, wrong):
    class Wrong(DuckDBItself):
        def open(self, fragment, snapshot, hints, call):
            return super().open(replace(fragment, text=fragment.text.replace(right, wrong)), snapshot, hints, call)

    assert "fragments differ from DuckDB" in clause_breach(bench_of(Wrong), clause)


def test_a_claim_without_a_sample_is_found(bench_of):
    told = breach(bench_of(DuckDBItself), Claim("SOUNDEX", Family.TEXT))
    assert told.startswith("Nothing can show this claim")


def test_every_operation_of_the_vocabulary_has_samples():
    named = {claim.operator for claim in EVERYTHING.claims}
    assert named >= OPERATIONS
    for operator in named:
        claims = [claim for claim in EVERYTHING.claims if claim.operator == operator]
        assert any(True for claim in claims for _ in cases(claim, EVERYTHING)), operator
