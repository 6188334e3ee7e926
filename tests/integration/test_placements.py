"""Placement must not show: the same questions over the same rows in PostgreSQL, Parquet on S3 and Kafka, and mixed."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from adbc_driver_postgresql import dbapi
from confluent_kafka import Producer

from connectors import registry
from connectors.call import Call
from connectors.files import PinnedFiles
from connectors.spi import Connector, Surroundings, Table
from gateway.catalog import Catalog, Dataset, Product
from gateway.contracts import agree
from tests.comparing import assert_same, bag
from tests.mesh import PRODUCTS, TABLES, Mesh, rows, running_mesh
from tests.questions import Question
from tests.unit.planner.test_plans import PLANS, question

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3]

KINDS = ("postgres", "parquet", "kafka")
PLACEMENTS = {
    **{f"all in {kind}": (kind, kind, kind) for kind in KINDS},
    "one in each": ("postgres", "parquet", "kafka"),
    "the other way round": ("kafka", "postgres", "parquet"),
}
SEEDS = range(1000, 1040)
NATIVE = {
    "VARCHAR": "text COLLATE words",
    "DECIMAL(12,4)": "numeric(12,4)",
}


class Landscape:
    """Three stores that each hold every table, under one pinned filesystem."""

    def __init__(self, folder: Path, postgres: Any, kafka: Any, s3: Any) -> None:
        self.files = PinnedFiles()
        around = Surroundings(self.files, folder)
        dsn = postgres.createdb("placements")
        bucket = "placements"
        s3.create_bucket(bucket)
        for name, table in rows().items():
            _into_postgres(dsn, TABLES[name], table)
            pq.write_table(table, f"{bucket}/{name}.parquet", filesystem=s3.filesystem())
            _into_kafka(kafka, f"placed_{name}", table)
        lake = {
            "url": f"s3://{bucket}",
            "endpoint": s3.endpoint,
            "region": "us-east-1",
            "access_key": s3.access_key,
            "secret_key": s3.secret_key,
            "allow_http": True,
        }
        self.stores: dict[str, Connector] = {
            "postgres": registry.connect("postgres")("postgres", {"dsn": dsn}, around),
            "parquet": registry.connect("parquet")("parquet", lake, around),
            "kafka": registry.connect("kafka")("kafka", {"bootstrap_servers": kafka.bootstrap}, around),
        }

    def tables(self, placed: dict[str, str]) -> dict[str, Table]:
        """The tables as the stores of a placement describe them."""
        products = tuple(
            Product(domain, name, 1, tuple(Dataset(item, placed[name], _named(item, placed[name])) for item in items))
            for name, (domain, items) in PRODUCTS.items()
        )
        agreement = agree(Catalog("placed", products), self.stores, lambda: Call(timeout=10))
        assert (agreement.problems, agreement.unreachable) == ((), ())
        return {made.name: made.table for product in agreement.catalog.products for made in product.datasets}

    def close(self) -> None:
        for store in self.stores.values():
            store.close()


def _named(item: str, kind: str) -> Table:
    name = {"postgres": f"public.{item}", "parquet": f"{item}.parquet", "kafka": f"placed_{item}"}[kind]
    return Table(name, TABLES[item].columns)


def _into_postgres(dsn: str, table: Table, filled: pa.Table) -> None:
    columns = ", ".join(f'"{column.name}" {NATIVE.get(column.type, column.type)}' for column in table.columns)
    key = f", PRIMARY KEY ({', '.join(table.key)})" if table.key else ""
    with dbapi.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table.name} ({columns}{key})")
        cursor.execute(f"CREATE TABLE plain_{table.name} AS SELECT * FROM {table.name}")
        cursor.adbc_ingest(f"plain_{table.name}", filled, mode="append")
        cursor.execute(f"INSERT INTO {table.name} SELECT * FROM plain_{table.name}")
        cursor.execute(f"DROP TABLE plain_{table.name}")
        cursor.execute(f"ANALYZE {table.name}")


def _into_kafka(kafka: Any, topic: str, filled: pa.Table) -> None:
    kafka.create_topic(topic, partitions=2)
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for number, row in enumerate(filled.to_pylist()):
        text = json.dumps(row, default=lambda it: it.isoformat() if isinstance(it, (date, datetime)) else str(it))
        producer.produce(topic, text, partition=number % 2)
    assert producer.flush(30) == 0


@pytest.fixture(scope="module")
def landscape(tmp_path_factory, postgres_server, kafka_broker, s3_server) -> Iterator[Landscape]:
    made = Landscape(tmp_path_factory.mktemp("landscape"), postgres_server, kafka_broker, s3_server)
    yield made
    made.close()


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    """What the first placement answered, for all others to equal."""
    return {}


@pytest.fixture(scope="module", params=PLACEMENTS, ids=lambda name: name.replace(" ", "-"))
def mesh(request: pytest.FixtureRequest, landscape: Landscape) -> Iterator[Mesh]:
    placed = dict(zip(PRODUCTS, PLACEMENTS[request.param], strict=True))
    with running_mesh(landscape.stores, placed, landscape.tables(placed), landscape.files) as running:
        yield running


def test_random_questions(mesh: Mesh, told: dict[str, list[str]]) -> None:
    for seed in SEEDS:
        sql = Question(seed).sql()
        pushed = mesh.ask(sql)
        assert_same(pushed, mesh.ask(sql, pushdown=False), ordered=False, told=f"seed {seed}: {sql}")
        assert bag(pushed) == told.setdefault(sql, bag(pushed)), f"seed {seed}: {sql}"


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_golden_questions(mesh: Mesh, told: dict[str, list[str]], path: Path) -> None:
    sql = question(path)
    pushed = mesh.ask(sql)
    unordered = "order by" not in sql or " over " in sql
    assert_same(pushed, mesh.ask(sql, pushdown=False), ordered=not unordered, told=sql)
    if path.stem not in ("bare_limit_stays", "window"):
        assert bag(pushed) == told.setdefault(sql, bag(pushed)), sql
