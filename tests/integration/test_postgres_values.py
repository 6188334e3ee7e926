"""Postgres raises where DuckDB has an answer: the fragment is taken back, under the snapshot it failed in."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.call import Call
from connectors.files import PinnedFiles
from connectors.postgres.connector import PostgresConnector
from connectors.postgres.options import Options as PostgresOptions
from connectors.spi import Capabilities, Claim, Column, Table
from connectors.types import Family
from gateway.catalog import Catalog, Dataset, Product
from gateway.contracts import agree
from gateway.database import Database, Limits
from gateway.engine import Engine
from gateway.errors import QueryFailed
from gateway.service import LocalService
from tests.comparing import assert_same
from tests.mesh import Mesh

pytestmark = pytest.mark.postgres

T = "bank.entries"
DATABASE = "raising"
ROWS = 250_000
SETUP = (
    f"""CREATE TABLE entries AS SELECT g AS id, (g % 5)::float8 AS d, g % 3 AS k, 9e27::numeric(38,10) AS wide
        FROM generate_series(1, {ROWS}) g""",
    "ANALYZE",
)
COLUMNS = (
    Column("id", "INTEGER"),
    Column("d", "DOUBLE"),
    Column("k", "INTEGER"),
    Column("wide", "DECIMAL(38,10)"),
)


class Dividing(PostgresConnector):
    """Claims division, which Postgres computes alike except that it raises for a divisor of zero."""

    @property
    def capabilities(self) -> Capabilities:
        known = super().capabilities
        return replace(known, claims=known.claims | {Claim("/", Family.DOUBLE)})


@pytest.fixture
def mesh(postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mesh]:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    dsn = postgres_server.createdb(DATABASE)
    postgres_server.execute(*SETUP, database=DATABASE)
    store, files = Dividing("ledger", PostgresOptions(dsn=dsn)), PinnedFiles()
    table = Dataset("entries", "ledger", Table("entries", COLUMNS))
    catalog = Catalog("bank", (Product("bank", "entries", 1, (table,)),))
    agreement = agree(catalog, {"ledger": store}, lambda: Call(timeout=10))
    assert agreement.problems == ()
    database = Database(Limits(memory="500MB", spill=Path("/tmp")), files)
    engine = Engine({"ledger": store}, database, files, 64 * 2**20)
    yield Mesh(LocalService(lambda: agreement.catalog, {"ledger": store}, database, engine))
    assert store.pool.abandoned == 0
    store.close()
    database.close()


QUESTIONS = (
    f"select id, d / d as x from {T} where id < 1000",
    f"select k, count(*) from {T} where d / d > 0 group by k",
    f"select a.k, max(b.id) from {T} a join {T} b on a.id = b.id where a.d / a.d > 0 group by a.k",
)


@pytest.mark.parametrize("sql", QUESTIONS)
def test_a_division_by_zero_is_answered_as_duckdb_does(mesh: Mesh, sql: str) -> None:
    made = mesh.plan(sql)
    assert any("/" in remote.native for remote in made.fragments), made.reasons
    answer = mesh.service.run(made, Call(timeout=60))
    for _ in answer:
        pass
    assert any(moved.how.startswith("unpushed, ") for moved in answer.moved)
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)


def test_the_rows_are_those_of_the_snapshot_in_which_it_failed(mesh: Mesh, postgres_server: Any) -> None:
    engine = mesh.service._engine
    made = mesh.plan(f"select count(*) as n, count(d / d) as m from {T}")
    with engine.holding([made], Call(timeout=60)) as run:
        postgres_server.execute("DELETE FROM entries WHERE id > 10", database=DATABASE)
        answer = run(made)
        [row] = [row for batch in answer for row in batch.to_pylist()]
    assert (row["n"], answer.moved[0].how[:9]) == (ROWS, "unpushed,")


def test_a_sum_too_wide_for_either_fails_as_it_would_without_pushdown(mesh: Mesh) -> None:
    sql = f"select k, sum(wide) from {T} group by k"
    assert "sum" in mesh.plan(sql).fragments[0].native
    for pushdown in (True, False):
        with pytest.raises(QueryFailed):
            mesh.ask(sql, pushdown=pushdown)
