"""TPC-H in one PostgreSQL, correlated subqueries included: each text that is claimed goes down as one fragment."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import registry
from connectors.files import PinnedFiles
from connectors.postgres import PostgresConnector
from connectors.spi import Capabilities, Clause, Connector, Surroundings, Table
from gateway.catalog import Dataset, Product
from tests import tpch
from tests.comparing import assert_same
from tests.landscape import agreed
from tests.mesh import Mesh, serving

pytestmark = pytest.mark.postgres

DATABASE = "tpch_whole"
# Their conditions hold an AVG, which DuckDB has to divide.
AVERAGED = ("q17", "q22")
INDEXES = (
    "CREATE INDEX ON lineitem (l_partkey, l_suppkey)",
    "CREATE INDEX ON orders (o_custkey)",
    "CREATE INDEX ON lineitem (l_suppkey)",
)


@dataclass
class Indexed:
    """A connector whose database has the indexes that correlated subqueries need."""

    inner: PostgresConnector

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.inner.capabilities.claims, frozenset(Clause))


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
    assert isinstance(made, PostgresConnector)
    stores: dict[str, Connector] = {"shop": Indexed(made)}
    products = tuple(
        Product("tpch", name, 1, (Dataset(name, "shop", Table(f"public.{name}", table.columns)),))
        for name, table in tpch.tables(folder).items()
    )
    with serving(stores, agreed(products, stores), files) as running:
        yield running
    made.close()


@pytest.mark.parametrize("path", tpch.QUERIES, ids=lambda path: path.stem)
def test_a_whole_text_is_one_fragment_and_its_answer_duckdbs(mesh: Mesh, folder: Path, path: Path) -> None:
    sql = tpch.query(path)
    with duckdb.connect() as alone:
        alone.execute("SET TimeZone='UTC'")
        for name in tpch.KEYS:
            alone.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
        expected = alone.sql(path.read_text()).to_arrow_table()
    plan = mesh.plan(sql)
    assert len(plan.fragments) == (2 if path.stem in AVERAGED else 1), plan
    assert_same(mesh.ask(sql), expected, ordered=True, told=path.stem)
