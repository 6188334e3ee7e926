"""Postgres keeps the contract. Its texts stand in a collation whose order is not that of their bytes."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors import registry
from connectors.postgres.claims import CAPABILITIES
from connectors.spi import Column, Connector, Table
from connectors.testing import ConnectorConformance, Subject
from connectors.testing.bench import Bench
from connectors.testing.differential import breach, clause_breach
from connectors.types import Family

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


COLLATIONS = {
    "en_US.UTF-8": "LOCALE 'en_US.UTF-8'",
    "C": "LOCALE 'C' ENCODING 'UTF8'",
    "ICU": "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'",
}
# How en_US, C and en-US put these: whoever compares as the server does by itself would be found out.
_ORDERS = {"en_US.UTF-8": ["a", "B"], "C": ["B", "a"], "ICU": ["a", "B"]}


class PostgresSubject(Subject):
    def __init__(self, server: Any, options: str = "", words: str = NATIVE["VARCHAR"]) -> None:
        super().__init__()
        self.server = server
        self.dsn = server.createdb(DATABASE, options)
        self.native = {**NATIVE, "VARCHAR": words}

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
        declared = ", ".join(f'"{column.name}" {self.native[column.type]}' for column in columns)
        self.server.execute(f'CREATE TABLE public."{name}" ({declared})', database=DATABASE)
        table = Table(f"public.{name}", tuple(columns))
        self.append(table, rows)
        return table

    def append(self, table: Table, rows: pa.Table) -> None:
        name = table.name.removeprefix("public.")
        casts = ", ".join(f'"{column.name}"::{self.native[column.type]}' for column in table.columns)
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


class TestPostgres(ConnectorConformance):
    """All of it against the server of the system, texts in a collation of their column."""

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, postgres_server: Any) -> Subject:
        return PostgresSubject(postgres_server)


class TestPostgres18(ConnectorConformance):
    """All of it again against the newest server."""

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, postgres_18_server: Any) -> Subject:
        ((told,),) = postgres_18_server.rows("SELECT current_setting('server_version')")
        assert told.startswith("18.")
        return PostgresSubject(postgres_18_server, COLLATIONS["C"], "text")


@pytest.fixture(scope="module", params=("postgres_server", "postgres_18_server"))
def either_server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=COLLATIONS)
def words(request: pytest.FixtureRequest, either_server: Any) -> Iterator[Bench]:
    """Texts in the collation of their database."""
    subject = PostgresSubject(either_server, COLLATIONS[request.param], "text")
    sorted_there = either_server.rows("SELECT x FROM unnest(ARRAY['a', 'B']) AS t(x) ORDER BY x", DATABASE)
    assert [word for (word,) in sorted_there] == _ORDERS[request.param]
    with closing(subject.connect()) as connector:
        bench = Bench(subject, connector)
        yield bench
        bench.oracle.con.close()


def test_every_claim_over_texts_is_kept_in_every_collation(words: Bench, subtests: pytest.Subtests) -> None:
    for claim in sorted(CAPABILITIES.claims):
        if claim.family is Family.TEXT:
            with subtests.test(claim.operator):
                assert breach(words, claim) == ""


def test_every_clause_over_texts_is_kept_in_every_collation(words: Bench, subtests: pytest.Subtests) -> None:
    for clause in sorted(CAPABILITIES.clauses):
        with subtests.test(str(clause)):
            assert clause_breach(words, clause, Family.TEXT) == ""
