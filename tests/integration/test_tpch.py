"""TPC-H over every placement: pushed = unpushed = DuckDB alone over the same files: rows, order and types."""

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.files import PinnedFiles
from connectors.spi import Connector
from gateway.catalog import Dataset, Product
from gateway.database import Limits
from tests import tpch
from tests.comparing import assert_same
from tests.landscape import KINDS, Landscape, agreed
from tests.mesh import Mesh, serving

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3]

SCALE = 0.1
SEED = 20261124
MIXED = {
    **dict.fromkeys(("customer", "orders"), "postgres"),
    **dict.fromkeys(("lineitem", "part", "partsupp"), "parquet"),
    **dict.fromkeys(("supplier", "nation", "region"), "kafka"),
}
PLACEMENTS = {
    **{f"all in {kind}": dict.fromkeys(tpch.KEYS, kind) for kind in KINDS},
    "mixed": MIXED,
    f"random by seed {SEED}": dict(zip(tpch.KEYS, random.Random(SEED).choices(KINDS, k=8), strict=True)),
}


class House:
    """Every table in every store, and as files."""

    def __init__(self, folder: Path, landscape: Landscape) -> None:
        self.files, self.folder = PinnedFiles(), folder
        self.landscape = landscape
        self.tables = tpch.tables(folder)
        for name, table in self.tables.items():
            filled = pq.read_table(folder / f"{name}.parquet")
            for kind in KINDS:
                landscape.put(kind, table, filled)
        self.stores: dict[str, Connector] = landscape.options.connect(folder, self.files)

    def products(self, placed: dict[str, str]) -> tuple[Product, ...]:
        """One product for each table, where a placement puts it."""
        return tuple(
            Product("tpch", name, 1, (Dataset(name, placed[name], self.landscape.options.named(placed[name], table)),))
            for name, table in self.tables.items()
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory, postgres_server, kafka_broker, s3_server) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("tpch")
    tpch.generate(folder, SCALE)
    made = House(folder, Landscape("tpch", postgres_server, kafka_broker, s3_server))
    yield made
    for store in made.stores.values():
        store.close()


@pytest.fixture(scope="module")
def alone(house: House) -> dict[str, pa.Table]:
    """What DuckDB answers over the files without any gateway."""
    with duckdb.connect() as plain:
        plain.execute("SET TimeZone='UTC'")
        for name in tpch.KEYS:
            plain.execute(f"CREATE VIEW {name} AS SELECT * FROM '{house.folder}/{name}.parquet'")
        return {path.stem: plain.sql(path.read_text()).to_arrow_table() for path in tpch.QUERIES}


@pytest.fixture(scope="module", params=PLACEMENTS, ids=lambda name: name.replace(" ", "-"))
def mesh(request: pytest.FixtureRequest, house: House) -> Iterator[Mesh]:
    catalog = agreed(house.products(PLACEMENTS[request.param]), house.stores)
    with serving(house.stores, catalog, house.files, Limits(memory="4GB")) as running:
        yield running


def test_there_are_22_queries() -> None:
    assert len(tpch.QUERIES) == 22


@pytest.mark.parametrize("path", tpch.QUERIES, ids=lambda path: path.stem)
def test_pushed_and_unpushed_equal_duckdb_alone(mesh: Mesh, alone: dict[str, pa.Table], path: Path) -> None:
    sql = tpch.query(path)
    expected = alone[path.stem]
    for pushdown in (True, False):
        found = mesh.ask(sql, pushdown=pushdown)
        assert_same(found, expected, ordered=True, told=f"{path.stem}, pushdown {pushdown}")
        assert found.num_rows == expected.num_rows > 0
