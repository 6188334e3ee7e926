"""An average is pushed only where DuckDB itself divides a sum by a count; elsewhere its last digit would differ."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import duckdb
import pyarrow as pa
import pytest

from connectors.files import PinnedFiles
from connectors.postgres.claims import CAPABILITIES
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

PUSHED = (
    "select avg(rate) from payments.royalties.rates",
    "select avg(label_id), avg(rate) from payments.royalties.rates where label_id > 3",
    "select label_id, avg(rate), sum(rate) from payments.royalties.rates group by label_id",
    "select label_id, avg(rate), count(rate) from payments.royalties.rates group by rollup (label_id)",
)
KEPT = (
    "select label_id, avg(rate) from payments.royalties.rates group by label_id",
    "select label_id, avg(rate), count(*), sum(label_id) from payments.royalties.rates group by label_id",
    "select avg(rate) filter (where active), sum(rate) from payments.royalties.rates",
    "select label_id, avg(rate), sum(rate) filter (where active) from payments.royalties.rates group by label_id",
)


@pytest.fixture(scope="module")
def fine() -> Iterator[Mesh]:
    """Groups so many and so uneven that both ways of dividing differ in some."""
    chance = Random(3)
    made = rows()
    schema = made["rates"].schema
    uneven = [
        {"label_id": number % 3000, "rate": Decimal(chance.randrange(10**12)) / 10000, "active": chance.random() < 0.5}
        for number in range(20_000)
    ]
    stores = {"db": DuckStore("db", {**made, "rates": pa.Table.from_pylist(uneven, schema=schema)}, CAPABILITIES)}
    with running_mesh(
        stores, dict.fromkeys(("catalog", "royalties", "events"), "db"), TABLES, PinnedFiles()
    ) as running:
        yield running


@pytest.mark.parametrize("sql", PUSHED)
def test_it_goes_down_as_sum_and_count(fine: Mesh, sql: str) -> None:
    [remote] = fine.plan(sql).fragments
    assert 'SUM("rates"."rate")' in remote.native
    assert 'COUNT("rates"."rate")' in remote.native
    assert in_order(fine.ask(sql)) == in_order(fine.ask(sql, pushdown=False))


@pytest.mark.parametrize("sql", KEPT)
def test_it_stays(fine: Mesh, sql: str) -> None:
    made = fine.plan(sql)
    assert "AVG(" in made.residual
    assert in_order(fine.ask(sql)) == in_order(fine.ask(sql, pushdown=False))


def test_the_two_ways_do_differ(fine: Mesh) -> None:
    lone = fine.ask(f"{KEPT[0]} order by 1").column(1).to_pylist()
    beside = fine.ask(f"{PUSHED[2]} order by 1").column(1).to_pylist()
    assert 0 < sum(one != other for one, other in zip(lone, beside, strict=True)) < len(lone) / 2


@pytest.mark.parametrize(
    ("aggregates", "split"), [("avg(x), sum(x)", True), ("avg(x), count(x)", True), ("avg(x)", False)]
)
def test_duckdb_still_divides_as_it_did(aggregates: str, split: bool) -> None:
    with duckdb.connect() as con:
        con.register("given", pa.table({"k": [1, 2], "x": pa.array([Decimal("1.5"), None], pa.decimal128(12, 4))}))
        told = con.execute(f"EXPLAIN SELECT k, {aggregates} FROM given GROUP BY k").fetchall()[0][1]
    assert ("avg(" not in told) is split


def in_order(table: pa.Table) -> list[dict[str, object]]:
    return sorted(table.to_pylist(), key=repr)
