"""TPC-H in one PostgreSQL, correlated subqueries included: each text that is claimed goes down as one fragment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import registry
from connectors.files import PinnedFiles
from connectors.spi import Connector, Surroundings, Table
from gateway.catalog import Dataset, Product
from gateway.planner.greed import Greed
from gateway.planner.split import split
from tests import tpch
from tests.comparing import assert_same
from tests.landscape import agreed
from tests.mesh import Mesh, serving

pytestmark = pytest.mark.postgres

DATABASE = "tpch_whole"
# They hold averages that DuckDB has to divide itself.
AVERAGED = ("q01", "q17", "q22")
INDEXES = (
    "CREATE INDEX ON lineitem (l_partkey, l_suppkey)",
    "CREATE INDEX ON orders (o_custkey)",
    "CREATE INDEX ON lineitem (l_suppkey)",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tpch-whole")
    tpch.generate(made, 0.01)
    return made


def loaded(server: Any, folder: Path) -> str:
    dsn = server.createdb(DATABASE)
    with server.admin(DATABASE) as connection, connection.cursor() as cursor:
        for name, table in tpch.tables(folder).items():
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            cursor.execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))")
            rows = pq.read_table(folder / f"{name}.parquet")
            texts = pa.table([column.cast(pa.utf8()) for column in rows.columns], rows.column_names)
            cursor.adbc_ingest("staging", texts, mode="replace")
            casts = ", ".join(f"{column.name}::{column.type}" for column in table.columns)
            cursor.execute(f"INSERT INTO {name} SELECT {casts} FROM staging")
        for statement in (*INDEXES, "ANALYZE"):
            cursor.execute(statement)
    return dsn


@pytest.fixture(scope="module")
def mesh(postgres_server: Any, folder: Path) -> Iterator[Mesh]:
    files = PinnedFiles()
    made = registry.connect("postgres")("shop", {"dsn": loaded(postgres_server, folder)}, Surroundings(files, folder))
    stores: dict[str, Connector] = {"shop": made}
    products = tuple(
        Product("tpch", name, 1, (Dataset(name, "shop", Table(f"public.{name}", table.columns)),))
        for name, table in tpch.tables(folder).items()
    )
    with serving(stores, agreed(products, stores), files) as running:
        yield running
    made.close()


@pytest.mark.parametrize("path", tpch.QUERIES, ids=lambda path: path.stem)
def test_a_whole_text_is_one_fragment_and_its_answer_duckdbs(
    mesh: Mesh, folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.planner.split", lambda *given: split(*given[:-1], Greed.CORRELATED))
    sql = tpch.query(path)
    with duckdb.connect() as alone:
        alone.execute("SET TimeZone='UTC'")
        for name in tpch.KEYS:
            alone.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
        expected = alone.sql(path.read_text()).to_arrow_table()
    plan = mesh.plan(sql)
    above = [word for word in (" JOIN ", " WHERE ", " GROUP BY ", "AVG(") if word in plan.residual]
    assert bool(above) is (path.stem in AVERAGED), plan.residual
    assert path.stem in AVERAGED or len(plan.fragments) == 1
    assert_same(mesh.ask(sql), expected, ordered=True, told=path.stem)
