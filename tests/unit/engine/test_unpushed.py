"""A store that meets a value it cannot compute with: DuckDB computes the fragment, and the answer is the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import StoreRejected, StoreValueError
from connectors.files import PinnedFiles
from gateway.planner.unpushed import is_plain
from gateway.policy import LOCAL
from gateway.service import Options
from tests.comparing import assert_same
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

ARTISTS = "artists.catalog.artists"
LABELS = "artists.catalog.labels"
RATES = "payments.royalties.rates"


@dataclass
class Broken:
    """Rows up to ``after``, then the fault."""

    good: pa.Table
    fault: Exception
    after: int
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        self.schema = self.good.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        yield from self.good.slice(0, self.after).to_batches(max_chunksize=50)
        raise self.fault

    def close(self) -> None:
        pass


class Picky(DuckStore):
    """Delivers plain tables, and fails in everything else, after ``after`` rows or at once when it is None."""

    after: int | None = 0
    fault: type[Exception] = StoreValueError

    def open(self, fragment, snapshot, hints, call):
        if is_plain(fragment) and fragment.text.count("SELECT") == 1:
            return super().open(fragment, snapshot, hints, call)
        fault = self.fault("The store met a value it cannot compute with.", hint="Look at the values.")
        if self.after is None:
            raise fault
        good = super().open(fragment, snapshot, hints, call)
        return Broken(pa.Table.from_batches(good.batches, good.schema), fault, self.after)


@pytest.fixture
def store() -> Picky:
    made = rows()
    return Picky("artists_db", {name: made[name] for name in ("artists", "labels")})


@pytest.fixture
def mesh(store: Picky) -> Iterator[Mesh]:
    made = rows()
    rates = DuckStore("payments_db", {"rates": made["rates"]})
    stores = {"artists_db": store, "payments_db": rates, "events": DuckStore("events", {"plays": made["plays"]})}
    placed = {"catalog": "artists_db", "royalties": "payments_db", "events": "events"}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as running:
        yield running


QUESTIONS = (
    f"select id, name from {ARTISTS} where id > 17 and name <> 'Nina'",
    f"select label_id, count(*), min(name) from {ARTISTS} group by label_id",
    f"select a.id, l.country from {ARTISTS} a join {LABELS} l on a.label_id = l.id where l.country = 'DE'",
    f"select x.id, y.id from {ARTISTS} x, {ARTISTS} y where x.id = y.label_id and y.id < 100",
    f"select a.name, r.rate from {ARTISTS} a join {RATES} r on a.label_id = r.label_id where a.id < 90",
    f"select q.* from (select id, id + label_id as next from {ARTISTS}) q",
    f"select id from {ARTISTS} where id < 60 union all select id from {LABELS} where id < 7",
)


@pytest.mark.parametrize("after", [None, 0, 30])
@pytest.mark.parametrize("sql", QUESTIONS)
def test_the_answer_is_that_of_pushdown_off(mesh: Mesh, store: Picky, sql: str, after: int | None) -> None:
    store.after = after
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)


def test_a_fragment_that_fails_while_it_is_spilled_is_taken_back(mesh: Mesh, store: Picky) -> None:
    mesh.service._engine._buffer_bytes = 100
    store.after = 120
    sql = f"select a.name, r.rate from {ARTISTS} a join {RATES} r on a.label_id = r.label_id where a.id < 170"
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)


def test_explain_analyze_says_so(mesh: Mesh) -> None:
    lines = mesh.ask(f"explain analyze select id from {ARTISTS} where id > 100").column(0).to_pylist()
    told = "unpushed, since the store met a value it cannot compute with: 180 rows, "
    assert told in lines[0]
    assert "79 rows" in lines[2]


def test_rows_that_are_out_cannot_be_taken_back(mesh: Mesh, store: Picky) -> None:
    many = pa.concat_tables([rows()["artists"]] * 4000)
    store.engine.register("loading", many)
    store.engine.execute("CREATE OR REPLACE TABLE artists AS SELECT * FROM loading")
    store.after = 500_000
    call = Call(id="query-7", timeout=30)
    plan = mesh.service.prepare(f"select id from {ARTISTS} where id >= 0", LOCAL, options=Options())
    assert plan.streamed
    batches = iter(mesh.service.run(plan, call))
    assert next(batches).num_rows > 0
    with pytest.raises(StoreValueError) as raised:
        list(batches)
    assert raised.value.hint == "Ask with pushdown off, and report the query query-7."


@pytest.mark.parametrize("after", [None, 0])
@pytest.mark.parametrize("sql", QUESTIONS[:6])
def test_what_a_store_rejects_is_told_with_a_way_out(mesh: Mesh, store: Picky, sql: str, after: int | None) -> None:
    store.fault, store.after = StoreRejected, after
    with pytest.raises(StoreRejected) as raised:
        list(mesh.service.run(mesh.plan(sql), Call(id="q1", timeout=30)))
    assert (raised.value.product, raised.value.store) == ("artists.catalog", "artists_db")
    assert raised.value.hint == "Ask with pushdown off, and report the query q1."


def test_a_table_that_cannot_be_read_at_all_keeps_its_own_hint(mesh: Mesh, store: Picky) -> None:
    def broken(fragment, snapshot, hints, call):
        raise StoreValueError("The column 'born' holds a moment too far away.", hint="Look at the values.")

    store.open = broken
    with pytest.raises(StoreValueError) as raised:
        mesh.ask(f"select born from {ARTISTS}")
    assert raised.value.hint == "Look at the values."
