"""PIVOT without a list: the values are asked for, and the answer is DuckDB's own."""

from collections.abc import Iterator

import duckdb
import pytest

from connectors.call import Call
from connectors.files import PinnedFiles
from gateway.errors import SqlInvalid, SqlNotAllowed
from gateway.policy import LOCAL
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    stores = {"all": DuckStore("all", rows())}
    with running_mesh(stores, dict.fromkeys(("catalog", "royalties", "events"), "all"), TABLES, PinnedFiles()) as made:
        yield made


@pytest.mark.parametrize(
    "sql",
    [
        "PIVOT (SELECT id % 3 AS k, label_id FROM {artists}) ON k USING sum(label_id)",
        "PIVOT {artists} ON name USING count(*) GROUP BY label_id",
        "PIVOT (SELECT country, name, id FROM {labels} WHERE id > 3) ON country, name USING max(id)",
        "PIVOT (SELECT label_id, born FROM {artists}) ON label_id USING min(born), count(*)",
    ],
)
def test_the_columns_are_those_of_duckdb(mesh: Mesh, sql: str) -> None:
    answer = mesh.ask(sql.format(artists="artists.catalog.artists", labels="artists.catalog.labels"))
    with duckdb.connect() as con:
        for name, table in rows().items():
            con.register(name, table)
        alone = con.sql(sql.format(artists="artists", labels="labels")).to_arrow_reader(1000).read_all()
    assert answer.schema.equals(alone.schema)
    assert sorted(map(repr, answer.to_pylist())) == sorted(map(repr, alone.to_pylist()))


def test_its_parameters_are_bound_before_the_values_are_asked_for(mesh: Mesh) -> None:
    sql = "PIVOT (SELECT country, id FROM artists.catalog.labels WHERE id > ?) ON country USING count(id)"
    made = mesh.service.prepare(sql, LOCAL, parameters=[5])
    assert made.schema.names == mesh.plan(sql.replace("?", "5")).schema.names
    (row,) = [row for batch in mesh.service.run(made, Call()) for row in batch.to_pylist()]
    assert row == mesh.ask(sql.replace("?", "5")).to_pylist()[0]


def test_without_values_there_are_no_columns(mesh: Mesh) -> None:
    with pytest.raises(SqlInvalid, match="no values"):
        mesh.plan("PIVOT (SELECT name, id FROM artists.catalog.labels WHERE id < 0) ON name USING max(id)")


def test_below_the_root_the_values_must_be_listed(mesh: Mesh) -> None:
    with pytest.raises(SqlNotAllowed, match="PIVOT without a list"):
        mesh.plan("SELECT p.* FROM (PIVOT artists.catalog.artists ON name USING count(*)) AS p, artists.catalog.labels")
