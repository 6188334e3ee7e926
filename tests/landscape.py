"""Tables in three real stores: loaded once, then reached through connectors, from as many processes as are wanted."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import Producer

from connectors import registry
from connectors.call import Call
from connectors.files import PinnedFiles
from connectors.spi import Connector, Surroundings, Table
from gateway.catalog import Catalog, Product
from gateway.contracts import agree

KINDS = ("postgres", "parquet", "kafka")
_NATIVE = {"DOUBLE": "double precision", "FLOAT": "real"}
_TEXT = {
    "DATE": "strftime({}, '%Y-%m-%d')",
    "TIMESTAMP": "strftime({}, '%Y-%m-%dT%H:%M:%S.%f')",
}


@dataclass(frozen=True)
class Options:
    """How each kind of store is reached; a value that another process may be given."""

    landscape: str
    of: Mapping[str, Mapping[str, Any]]

    def named(self, kind: str, table: Table) -> Table:
        """The table as a contract of that kind of store would have it: no keys, no facts."""
        name = {
            "postgres": f"public.{table.name}",
            "parquet": f"{table.name}.parquet",
            "kafka": f"{self.landscape}_{table.name}",
        }
        return Table(name[kind], table.columns)

    def connect(self, folder: Path, files: PinnedFiles) -> dict[str, Connector]:
        """One connector of each kind, named after it."""
        around = Surroundings(files, folder)
        return {kind: registry.connect(kind)(kind, options, around) for kind, options in self.of.items()}


class Landscape:
    """Where tables are put; ``name`` sets them apart from those of other landscapes on the same servers."""

    def __init__(self, name: str, postgres: Any, kafka: Any, s3: Any) -> None:
        self._name, self._postgres, self._kafka, self._s3 = name, postgres, kafka, s3
        dsn = postgres.createdb(name)
        s3.create_bucket(name)
        lake = {"url": f"s3://{name}", "endpoint": s3.endpoint, "region": "us-east-1", "allow_http": True}
        lake |= {"access_key": s3.access_key, "secret_key": s3.secret_key}
        self.options = Options(
            name, {"postgres": {"dsn": dsn}, "parquet": lake, "kafka": {"bootstrap_servers": kafka.bootstrap}}
        )

    def put(self, kind: str, table: Table, filled: pa.Table, native: Mapping[str, str] | None = None) -> None:
        """Load a table; ``native`` maps columns, or else DuckDB's types, to PostgreSQL's where they differ."""
        if kind == "postgres":
            self._into_postgres(table, filled, {**_NATIVE, **(native or {})})
        elif kind == "parquet":
            pq.write_table(filled, f"{self._name}/{table.name}.parquet", filesystem=self._s3.filesystem())
        else:
            self._into_kafka(self.options.named(kind, table).name, table, filled)

    def _into_postgres(self, table: Table, filled: pa.Table, native: Mapping[str, str]) -> None:
        columns = [
            f'"{column.name}" {native.get(column.name) or native.get(column.type, column.type)}'
            for column in table.columns
        ]
        columns += [f"PRIMARY KEY ({', '.join(table.key)})"] if table.key else []
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            Path(folder).chmod(0o755)  # the server is another user
            path = f"{folder}/rows.csv"
            _relation(filled).to_csv(path, na_rep="\\N", header=False)
            self._postgres.execute(
                f"CREATE TABLE {table.name} ({', '.join(columns)})",
                f"COPY {table.name} FROM '{path}' WITH (FORMAT csv, NULL '\\N')",
                f"ANALYZE {table.name}",
                database=self._name,
            )

    def _into_kafka(self, topic: str, table: Table, filled: pa.Table) -> None:
        self._kafka.create_topic(topic, partitions=2)
        settings = {
            "bootstrap.servers": self._kafka.bootstrap,
            "queue.buffering.max.messages": 2_000_000,
            "linger.ms": 5,
        }
        producer = Producer(settings)
        fields = ", ".join(f"'{column.name}', {_json(column.name, column.type)}" for column in table.columns)
        for number, (text,) in enumerate(_relation(filled).project(f"json_object({fields})").fetchall()):
            producer.produce(topic, text, partition=number % 2)
            if number % 10_000 == 0:
                producer.poll(0)
        assert producer.flush(60) == 0


def _relation(filled: pa.Table) -> duckdb.DuckDBPyRelation:
    return duckdb.from_arrow(filled)


def _json(name: str, kind: str) -> str:
    text = "CAST({} AS VARCHAR)" if kind.startswith("DECIMAL") else _TEXT.get(kind, "{}")
    return text.format(f'"{name}"')


def agreed(products: tuple[Product, ...], stores: Mapping[str, Connector]) -> Catalog:
    """The catalog of these products with the facts of their stores in it."""
    agreement = agree(Catalog("placed", products), stores, lambda: Call(timeout=10))
    assert (agreement.problems, agreement.unreachable) == ((), ())
    return agreement.catalog
