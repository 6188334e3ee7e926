"""Parquet in a folder and in a real S3 bucket keeps the contract: one folder per table, one file per append."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors import registry
from connectors.spi import Column, Connector, Table
from connectors.testing import ConnectorConformance, Subject
from connectors.types import needs_cast

# DuckDB, which makes the files here, writes HUGEINT as DOUBLE and keeps one of equal intervals ('1 month', '30 days').
NOT_IN_PARQUET = frozenset({"HUGEINT", "INTERVAL"})

BUCKET = "conformance"


class ParquetSubject(Subject):
    """Files are made by DuckDB and put in place by ``put``."""

    def __init__(self, options: Mapping[str, object], scratch: Path) -> None:
        super().__init__()
        self.options = options
        self.scratch = scratch
        self.files = 0

    def connect(self) -> Connector:
        return registry.connect("parquet")("lake", self.options, self.surroundings)

    def holds(self, type_name: str, value: str) -> bool:
        return type_name not in NOT_IN_PARQUET

    def load(self, name: str, columns: Sequence[Column], rows: pa.Table) -> Table:
        table = Table(f"{name}/*.parquet", tuple(columns))
        self.append(table, rows)
        return table

    def append(self, table: Table, rows: pa.Table) -> None:
        self.files += 1
        made = self.scratch / f"{self.files}.parquet"
        casts = ", ".join(
            f'CAST("{column.name}" AS {column.type}) AS "{column.name}"'
            if needs_cast(column.type)
            else f'"{column.name}"'
            for column in table.columns
        )
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            con.register("loaded", rows)
            con.execute(f"COPY (SELECT {casts} FROM loaded) TO '{made}' (FORMAT parquet)")
        self.put(table.name.replace("*", made.stem), made)

    def put(self, path: str, made: Path) -> None:
        raise NotImplementedError


class FolderSubject(ParquetSubject):
    def __init__(self, folder: Path, scratch: Path) -> None:
        super().__init__({"url": str(folder)}, scratch)
        self.folder = folder

    def put(self, path: str, made: Path) -> None:
        (self.folder / path).parent.mkdir(exist_ok=True)
        made.rename(self.folder / path)


class TestParquetFolder(ConnectorConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> Subject:
        return FolderSubject(tmp_path_factory.mktemp("lake"), tmp_path_factory.mktemp("scratch"))


class BucketSubject(ParquetSubject):
    def __init__(self, server: Any, scratch: Path) -> None:
        options = {
            "url": f"s3://{BUCKET}/lake",
            "endpoint": server.endpoint,
            "region": server.region,
            "access_key": server.access_key,
            "secret_key": server.secret_key,
            "allow_http": True,
        }
        super().__init__(options, scratch)
        self.server = server
        server.create_bucket(BUCKET)

    @contextmanager
    def outage(self) -> Iterator[None]:
        self.server.kill()
        try:
            yield
        finally:
            self.server.restart()

    def put(self, path: str, made: Path) -> None:
        self.server.put_object(f"{BUCKET}/lake/{path}", made.read_bytes())


@pytest.mark.s3
class TestParquetBucket(ConnectorConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, s3_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Subject:
        return BucketSubject(s3_server, tmp_path_factory.mktemp("scratch"))
