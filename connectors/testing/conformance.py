"""What every connector keeps. Derive a test class from :class:`ConnectorConformance` and give it a ``subject``."""

import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from connectors.border import checked
from connectors.call import Call
from connectors.errors import HeadgateError, StoreError, TableUnknown
from connectors.spi import (
    NO_HINTS,
    Capabilities,
    Column,
    Connector,
    DescribesMany,
    Fidelity,
    Hints,
    Snapshot,
    Table,
    arrow_schema,
)
from connectors.testing.bench import TIMEOUT, Bench, Side
from connectors.testing.differential import breach, clause_breach
from connectors.testing.leftovers import Leftovers
from connectors.testing.subject import Subject
from connectors.types import arrow_type

MANY = 100_000
WIDE = 150


class ConnectorConformance:
    """The suite. A fixture ``subject`` of scope class, module or wider must return a :class:`Subject`."""

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls, subject: Subject) -> Iterator[Bench]:
        """The store and DuckDB, side by side."""
        connector = subject.connect()
        bench = Bench(subject, connector)
        yield bench
        bench.oracle.con.close()
        connector.close()

    def test_it_is_a_connector(self, bench: Bench) -> None:
        """All members are there, and the store has a name."""
        assert isinstance(bench.connector, Connector)
        assert bench.connector.name
        assert isinstance(bench.connector.capabilities, Capabilities)

    # -- describe -----------------------------------------------------------------------------------------------

    def test_describe_tells_columns_in_order_with_types_that_cross_the_border_alike(self, bench: Bench) -> None:
        """Names and Arrow forms of what was loaded."""
        side = bench.everything()
        known = _described(bench, side, Table(side.table.name, (), options=side.table.options))
        if not known:  # a store without schemas of its own, such as a topic of JSON, knows what the contract says
            known = _described(bench, side, side.table)
        assert known == [(field.name, field.type) for field in arrow_schema(side.columns)]

    def test_describe_guesses_rows_only_roughly_but_never_wildly(self, bench: Bench) -> None:
        """``rows`` is None or not negative."""
        told = bench.connector.describe(bench.everything().table, _call())
        assert told.rows is None or told.rows >= 0

    def test_an_unknown_table_is_named_in_a_typed_error(self, bench: Bench) -> None:
        """:class:`TableUnknown`, never an empty table."""
        loaded = bench.everything().table
        with pytest.raises(TableUnknown) as caught:
            bench.connector.describe(Table("no_such_table", loaded.columns, options=loaded.options), _call())
        _is_fit_for_clients(caught.value)

    def test_many_tables_are_told_of_as_each_alone(self, bench: Bench) -> None:
        """Of :class:`connectors.spi.DescribesMany`: each in its place, and so is the error of one that is not there."""
        if not isinstance(bench.connector, DescribesMany):
            pytest.skip("it tells of one table at a time")
        tables = [bench.numbers(MANY).table, Table("no_such_table", ()), bench.everything().table]
        first, missing, last = bench.connector.describe_many(tables, _call())
        assert [first, last] == [bench.connector.describe(table, _call()) for table in (tables[0], tables[2])]
        assert isinstance(missing, TableUnknown)
        _is_fit_for_clients(missing)
        assert list(bench.connector.describe_many([], _call())) == []

    # -- reading ------------------------------------------------------------------------------------------------

    def test_every_type_and_value_arrives_as_it_was_loaded(self, bench: Bench) -> None:
        """All types the store holds, extremes and NULL."""
        side = bench.everything()
        expected, found = bench.expected(side), bench.read(side)
        assert len(found) == len(expected)
        wrong = [
            f"{column.type}: expected {want!r}, found {have!r}"
            for row, arrived in zip(expected, found, strict=True)
            for column, want, have in zip(side.columns, row, arrived, strict=True)
            if want != have
        ]
        assert not wrong, "\n".join(wrong)

    def test_an_empty_table_is_an_empty_answer(self, bench: Bench) -> None:
        """No rows, no error."""
        assert bench.read(bench.load([Column("id", "INTEGER"), Column("word", "VARCHAR")], [])) == []

    def test_a_table_of_many_batches_arrives_whole(self, bench: Bench) -> None:
        """No row lost or doubled between batches."""
        rows = bench.read(bench.numbers(MANY))
        assert len(rows) == MANY
        assert len(set(rows)) == MANY

    def test_a_wide_table_arrives_in_the_order_of_its_columns(self, bench: Bench) -> None:
        """Many columns, each with its own value."""
        columns = [Column(f"c{number}", "INTEGER") for number in range(WIDE)]
        side = bench.load(columns, [[str(number) for number in range(WIDE)]])
        assert bench.read(side) == [tuple(str(number) for number in range(WIDE))]

    def test_two_readers_at_once_do_not_disturb_each_other(self, bench: Bench) -> None:
        """Two streams of one snapshot, interleaved."""
        _computes(bench)
        made, call = bench.whole(bench.numbers(MANY)), _call()
        with bench.connector.snapshot([table for _, table in made.tables], call) as snapshot:
            streams = [bench.connector.open(made, snapshot, NO_HINTS, call) for _ in range(2)]
            try:
                pairs = list(zip(*streams, strict=True))
            finally:
                for stream in streams:
                    stream.close()
        assert sum(one.num_rows for one, _ in pairs) == MANY
        assert all(one.equals(other) for one, other in pairs)

    def test_a_hint_changes_nothing_that_was_asked_for(self, bench: Bench) -> None:
        """With keys and tiny batches, every row with such a key still arrives, once."""
        _computes(bench)
        side, call = bench.numbers(MANY), _call()
        made = bench.whole(side)
        hints = Hints(keys={"id": pa.array([0, 7, MANY - 1], pa.int32())}, batch_rows=1_000)
        with bench.connector.snapshot([side.table], call) as snapshot:
            rows = bench.computed(made, snapshot, call, hints)
        wanted = [(str(number), f"word {number}") for number in (0, 7, MANY - 1)]
        assert sorted(row for row in rows if row in wanted) == sorted(wanted)

    def test_rendering_and_estimating_are_told_before_anything_runs(self, bench: Bench) -> None:
        """The same text each time; an estimate that is None, or not negative and says where it is from."""
        _computes(bench)
        made = bench.whole(bench.numbers(MANY))
        told = bench.connector.render(made)
        assert told
        assert bench.connector.render(made) == told
        guess = bench.connector.estimate(made)
        assert guess is None or (guess.rows >= 0 and guess.bytes >= 0 and guess.source)

    # -- snapshot -----------------------------------------------------------------------------------------------

    def test_a_snapshot_does_not_see_what_comes_later(self, bench: Bench) -> None:
        """The old rows under the old snapshot, all rows under a new one, and another version."""
        side = bench.load([Column("id", "INTEGER")], [["1"], ["2"]])
        call = _call()
        with bench.connector.snapshot([side.table], call) as before:
            first = before.version
            bench.append(side, [["3"]])
            assert bench.read(side, snapshot=before, call=call) == [("1",), ("2",)]
            assert bench.read(side, snapshot=before, call=call) == [("1",), ("2",)]
            assert before.version == first
        with bench.connector.snapshot([side.table], call) as after:
            assert bench.read(side, snapshot=after, call=call) == [("1",), ("2",), ("3",)]
            assert after.version != first
            assert isinstance(after, Snapshot)
        assert first.isprintable()

    # -- claims -------------------------------------------------------------------------------------------------

    def test_every_claim_is_kept(self, bench: Bench, subtests: pytest.Subtests) -> None:
        """One differential test of each claim: the store against DuckDB over the awkward data."""
        for claim in sorted(bench.connector.capabilities.claims):
            if claim.fidelity is not Fidelity.NONE:
                with subtests.test(str(claim.operator), family=str(claim.family)):
                    if broken := breach(bench, claim):
                        pytest.fail(broken)

    def test_every_clause_is_kept(self, bench: Bench, subtests: pytest.Subtests) -> None:
        """Whole queries for each clause: the store against DuckDB over the awkward data."""
        for clause in sorted(bench.connector.capabilities.clauses):
            with subtests.test(str(clause)):
                if broken := clause_breach(bench, clause):
                    pytest.fail(broken)

    # -- cancel -------------------------------------------------------------------------------------------------

    def test_a_cancelled_call_starts_nothing(self, bench: Bench) -> None:
        """The reason is raised, at the latest by the first batch."""
        call = _call()
        side = bench.numbers(MANY)
        call.cancel()
        with pytest.raises(HeadgateError) as caught:
            bench.read(side, call=call)
        assert caught.value.code == "CANCELLED"

    def test_a_cancelled_stream_ends_in_the_reason_within_two_seconds(self, bench: Bench) -> None:
        """Never in a shorter answer; closing it is idempotent, from any thread."""
        _computes(bench)
        call = _call()
        made = bench.whole(bench.numbers(MANY))
        with bench.connector.snapshot([table for _, table in made.tables], call) as snapshot:
            opened = bench.connector.open(made, snapshot, NO_HINTS, call)
            stream = checked(opened, made.schema, call, store=bench.connector.name)
            batches = iter(stream)
            next(batches)
            started = time.monotonic()
            _elsewhere(call.cancel)
            with pytest.raises(HeadgateError) as caught:
                list(batches)
            _elsewhere(stream.close)
            stream.close()
            assert time.monotonic() - started < 2
        assert caught.value.code == "CANCELLED"

    # -- errors and hygiene -------------------------------------------------------------------------------------

    def test_a_closed_connector_refuses_with_a_typed_error(self, bench: Bench) -> None:
        """And closing twice is no error."""
        side = bench.everything()
        connector = bench.subject.connect()
        connector.close()
        connector.close()
        with pytest.raises(HeadgateError) as caught, connector.snapshot([side.table], _call()):
            pass
        _is_fit_for_clients(caught.value)

    def test_an_outage_is_a_typed_error_and_passes(self, bench: Bench) -> None:
        """While the store cannot be reached every use fails in time, and afterwards all is well again."""
        outage = bench.subject.outage()
        if outage is None:
            pytest.skip("this subject has no outage")
        side = bench.numbers(MANY)
        with outage, pytest.raises(StoreError) as caught:
            bench.read(side, call=Call(timeout=10))
        _is_fit_for_clients(caught.value)
        assert len(bench.read(side)) == MANY

    def test_nothing_is_left_behind(self, bench: Bench) -> None:
        """Threads and open files are what they were once a connector is closed."""
        side = bench.numbers(MANY)
        _use_and_close(bench, side)  # pools that live as long as the process come to life here
        before = Leftovers.now()
        _use_and_close(bench, side)
        assert before.gone(within=5.0) == ""


def _computes(bench: Bench) -> None:
    if bench.connector.capabilities.in_place:
        pytest.skip("it is read in place")


def _call() -> Call:
    return Call(timeout=TIMEOUT)


def _described(bench: Bench, side: Side, table: Table) -> list[tuple[str, pa.DataType]]:
    told = bench.connector.describe(table, _call()).columns
    return [(column.name, arrow_type(column.type)) for column in told if column.name in side.names]


def _elsewhere(action: object) -> None:
    assert callable(action)
    thread = threading.Thread(target=action)
    thread.start()
    thread.join(timeout=5)
    assert not thread.is_alive()


def _use_and_close(bench: Bench, side: Side) -> None:
    connector = bench.subject.connect()
    try:
        call = _call()
        connector.describe(side.table, call)
        with connector.snapshot([side.table], call) as snapshot:
            if connector.capabilities.in_place:
                connector.scan(side.table, snapshot)
            else:
                stream = connector.open(bench.whole(side), snapshot, NO_HINTS, call)
                next(iter(stream))
                stream.close()
    finally:
        connector.close()


def _is_fit_for_clients(problem: HeadgateError) -> None:
    told = str(problem)
    assert problem.sentence
    assert "\n" not in told
    assert "Traceback" not in told
    assert 'File "' not in told
