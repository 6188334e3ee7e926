"""A store that computes the whole of a query: its rows are the answer, and DuckDB is not asked."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.files import PinnedFiles
from gateway.passing import passes
from gateway.policy import LOCAL
from gateway.service import Options
from tests.comparing import assert_same
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

ARTISTS = "artists.catalog.artists"
WHOLE = (
    f"select id, name, born from {ARTISTS} where id between 3 and 9",
    f"select name, id as number, id as again from {ARTISTS}",
    f'select name as "a ""b"" AS ", id from {ARTISTS} where name is not null',
    f"select count(*) as n, max(born) as last from {ARTISTS}",
)
IN_DUCKDB = (
    f"select id, reverse(name) as r from {ARTISTS}",
    f"select a.id, b.name from {ARTISTS} a cross join (values ('x')) b(name)",
    f"select id from {ARTISTS} limit 3",
    f"select sha1(name) as digest from {ARTISTS}",
)


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    placed = dict.fromkeys(("catalog", "royalties", "events"), "db")
    with running_mesh({"db": DuckStore("db", rows())}, placed, TABLES, PinnedFiles()) as made:
        yield made


@pytest.mark.parametrize("sql", WHOLE)
def test_an_answer_that_one_store_computes_passes_duckdb_by(
    mesh: Mesh, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = mesh.ask(sql, pushdown=False)
    plan = mesh.plan(sql)
    assert passes(plan)
    monkeypatch.setattr("gateway.engine._first", None)  # which is how DuckDB would be asked
    answer = mesh.service.run(plan, Call(timeout=30))
    found = pa.Table.from_batches(list(answer), schema=plan.schema)
    assert_same(found, expected, ordered=False, told=sql)
    (moved,) = answer.moved
    assert (moved.how, moved.rows) == ("streamed", found.num_rows)


@pytest.mark.parametrize("sql", IN_DUCKDB)
def test_what_duckdb_has_to_compute_does_not(mesh: Mesh, sql: str) -> None:
    assert not passes(mesh.plan(sql))


def test_a_type_that_the_client_is_given_otherwise_does_not(mesh: Mesh) -> None:
    sql = f"select sum(id) as total from {ARTISTS}"
    shown = Options(present=lambda name: "VARCHAR" if name == "HUGEINT" else name)
    assert not passes(mesh.service.prepare(sql, LOCAL, options=shown))


@pytest.mark.parametrize(
    "residual",
    [
        'SELECT "t"."id" AS "id" FROM "f0" AS "t" WHERE TRUE',
        'SELECT DISTINCT "t"."id" AS "id" FROM "f0" AS "t"',
        'SELECT "t"."id" + 1 AS "id" FROM "f0" AS "t"',
        'SELECT "t"."id" AS "id", "t"."id" AS "id" FROM "f0" AS "t"',
        'SELECT "t"."name" AS "id" FROM "f0" AS "t"',
        'SELECT "t"."id" AS "id" FROM "f0" AS t',
        'SELECT "t"."id" AS "id" FROM "f0"',
        'SELECT "t"."id" AS "id" FROM "f1" AS "t"',
        'SELECT 1 AS "x", "t"."id" AS "id" FROM "f0" AS "t"',
        "",
    ],
)
def test_any_other_form_of_residual_does_not(mesh: Mesh, residual: str) -> None:
    plan = mesh.plan(f"select id from {ARTISTS}")
    assert passes(replace(plan, residual='SELECT "t"."id" AS "x" FROM "f0" AS "t"'))
    assert not passes(replace(plan, residual=residual))


def test_neither_does_a_plan_with_something_beside_the_fragment(mesh: Mesh) -> None:
    plan = mesh.plan(f"select id from {ARTISTS}")
    assert not passes(replace(plan, streamed=False))
    assert not passes(replace(plan, fragments=plan.fragments * 2))
    assert not passes(replace(plan, schema=pa.schema([pa.field("id", pa.int64())])))


def test_the_texts_that_pass_mean_nothing_but_the_fragment() -> None:
    """What is recognised by its letters, as DuckDB reads it."""
    with duckdb.connect() as con:
        con.execute('CREATE TABLE "f0" AS SELECT 1 AS "a ""b"" AS ", 2 AS b')
        text = 'SELECT "t"."a ""b"" AS " AS "x", "t"."b" AS "y" FROM "f0" AS "t"'
        assert con.sql(text).fetchall() == con.sql('FROM "f0"').fetchall()
