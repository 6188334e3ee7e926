"""The real stores of a run: started when first needed, filled once, ended with the run."""

import shutil
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import duckdb
from confluent_kafka import Producer

from benchmarks import tables
from benchmarks.tables import Placement
from tests.services import kafka, postgres, s3

BUCKET = "bench"
DATABASE = "bench"
_VERSION = "SELECT current_setting('server_version')"
_SETTINGS = {"shared_buffers": "256MB", "work_mem": "64MB", "maintenance_work_mem": "256MB", "max_connections": "200"}


class Landscape:
    """Servers and data. ``folder`` is the run's own; ``files`` has the tables as Parquet files."""

    def __init__(self, cache: Path, scale: float) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        self.scale = scale
        self._cache = cache
        self._held = ExitStack()
        self._filled: set[tuple[str, str]] = set()
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=cache))
        self._held.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @cached_property
    def files(self) -> Path:
        """The folder of the tables' files."""
        return tables.files(self._cache, self.scale)

    @cached_property
    def postgres(self) -> Any:
        """A PostgreSQL server with the database ``bench``."""
        server = self._started(postgres, settings=_SETTINGS)
        server.createdb(DATABASE)
        return server

    @cached_property
    def kafka(self) -> Any:
        """A Kafka broker."""
        return self._started(kafka)

    @cached_property
    def s3(self) -> Any:
        """An S3 server with the bucket ``bench``."""
        server = self._started(s3)
        server.create_bucket(BUCKET)
        return server

    @property
    def dsn(self) -> str:
        """The URI of the database."""
        return str(self.postgres.dsn_of(DATABASE))

    def servers(self) -> dict[str, int]:
        """The process id of each store that runs."""
        kinds = ("postgres", "s3", "kafka")
        return {kind: int(self.__dict__[kind].pid) for kind in kinds if kind in self.__dict__}

    def versions(self) -> dict[str, str]:
        """The versions of the stores that run."""
        told = {"s3": s3.MODULE.rpartition("/")[2], "kafka": next(kafka.LIB.glob("kafka_*.jar")).stem}
        if "postgres" in self.servers():
            told["postgres"] = f"postgresql {self.postgres.rows(_VERSION)[0][0]}"
        return {kind: told[kind] for kind in self.servers()}

    def fill(self, placement: Placement) -> None:
        """Put each table where the placement wants it, unless it is there."""
        wanted = set(placement.items()) - self._filled
        for table, kind in sorted(wanted):
            {"postgres": self._insert, "parquet": self._upload, "kafka": self._produce}[kind](table)
            self._filled.add((table, kind))
        if inserted := [table for table, kind in wanted if kind == "postgres"]:
            self.postgres.execute(f"VACUUM ANALYZE {', '.join(inserted)}", "CHECKPOINT", database=DATABASE)

    def topic(self, name: str, partitions: int = 2) -> None:
        """Make an empty topic."""
        self.kafka.create_topic(name, partitions=partitions)

    def _started(self, service: Any, **options: object) -> Any:
        service.install()
        return self._held.enter_context(service.running(self.folder / service.__name__.rpartition(".")[2], **options))

    def _insert(self, table: str) -> None:
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            Path(folder).chmod(0o755)  # the server is another user
            path = f"{folder}/rows.csv"
            duckdb.sql(f"COPY (FROM '{self.files}/{table}.parquet') TO '{path}' (FORMAT csv, HEADER false)")
            loading = f"COPY {table} FROM '{path}' WITH (FORMAT csv)"
            self.postgres.execute(tables.definition(table), loading, *tables.indexes(table), database=DATABASE)

    def _upload(self, table: str) -> None:
        data = (self.files / f"{table}.parquet").read_bytes()
        self.s3.put_object(f"{BUCKET}/{table}/{table}.parquet", data)

    def _produce(self, table: str) -> None:
        self.topic(f"tpch_{table}")
        producer = Producer({"bootstrap.servers": self.kafka.bootstrap, "linger.ms": 5})
        for number, text in enumerate(tables.messages(self.files, table)):
            producer.produce(f"tpch_{table}", text, partition=number % 2)
            if number % 10_000 == 0:
                producer.flush(60)
        assert producer.flush(60) == 0
