"""Postgres keeps the contract. Its texts stand in a collation whose order is not that of their bytes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors import registry
from connectors.spi import Column, Connector, Table
from connectors.testing import ConnectorConformance, Subject

pytestmark = pytest.mark.postgres

DATABASE = "conformance"
NATIVE = {
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DECIMAL(9,2)": "numeric(9,2)",
    "DECIMAL(18,3)": "numeric(18,3)",
    "DECIMAL(38,10)": "numeric(38,10)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text COLLATE public.words",
    "BLOB": "bytea",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "INTERVAL": "interval",
    "UUID": "uuid",
    "JSON": "json",
    "INTEGER[]": "integer[]",
}


class PostgresSubject(Subject):
    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server = server
        self.dsn = server.createdb(DATABASE)

    def connect(self) -> Connector:
        return registry.connect("postgres")("postgres", {"dsn": self.dsn}, self.surroundings)

    def holds(self, type_name: str, value: str) -> bool:
        return type_name in NATIVE

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Only this database: the server is shared with other tests."""
        self.server.execute(
            f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'",
        )
        try:
            yield
        finally:
            self.server.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")

    def load(self, name: str, columns: Sequence[Column], rows: pa.Table) -> Table:
        declared = ", ".join(f'"{column.name}" {NATIVE[column.type]}' for column in columns)
        self.server.execute(f'CREATE TABLE public."{name}" ({declared})', database=DATABASE)
        table = Table(f"public.{name}", tuple(columns))
        self.append(table, rows)
        return table

    def append(self, table: Table, rows: pa.Table) -> None:
        name = table.name.removeprefix("public.")
        casts = ", ".join(f'"{column.name}"::{NATIVE[column.type]}' for column in table.columns)
        with self.server.admin(DATABASE) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest("staging", as_text(table.columns, rows), mode="replace")
            cursor.execute(f'INSERT INTO public."{name}" SELECT {casts} FROM staging')


def as_text(columns: Sequence[Column], rows: pa.Table) -> pa.Table:
    """Every value in a spelling that Postgres reads; bytes stay bytes."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("loaded", rows)
        texts = ", ".join(f'{spelling(column)} AS "{column.name}"' for column in columns)
        return con.sql(f"SELECT {texts} FROM loaded").to_arrow_table()


def spelling(column: Column) -> str:
    text = f'CAST("{column.name}" AS VARCHAR)'
    if column.type == "BLOB":
        return f'"{column.name}"'
    if column.type.endswith("[]"):
        return f"translate({text}, '[]', '{{}}')"
    return f"replace({text}, ' (BC)', ' BC')"


@pytest.fixture(scope="module")
def subject(postgres_server: Any) -> Subject:
    return PostgresSubject(postgres_server)


class TestPostgres(ConnectorConformance):
    pass
