"""The gateway over the tables of :mod:`tests.conformance.ruling` in one PostgreSQL, and DuckDB alone over the same."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import StoreValueError
from connectors.postgres import PostgresConnector
from connectors.render.native import duckdb_type
from connectors.spi import NO_HINTS, Table
from connectors.testing import Subject
from gateway.catalog import Catalog, Dataset, Product
from gateway.planner.plan import Plan
from tests.conformance.ruling import NATIVE, SETUP, VALUES, filled, pairs, table
from tests.mesh import Mesh, serving

STORE = "postgres"
Rows = list[tuple[str | None, ...]]


@dataclass(frozen=True)
class Answered:
    """Types and rows, each value as DuckDB's text, in the order of ``id``; ``taken_back`` where the store gave up."""

    types: list[str]
    rows: Rows
    taken_back: bool

    def column(self, at: int) -> list[tuple[str | None, str | None]]:
        """The values of one output, each beside the number of its row."""
        return [(row[0], row[at]) for row in self.rows]


@dataclass
class House:
    """Ask the gateway, or the store alone."""

    mesh: Mesh
    connector: PostgresConnector
    reading: duckdb.DuckDBPyConnection
    datasets: tuple[Dataset, ...]

    def plan(self, native: str, outputs: str, where: str = "", *, pushdown: bool = True) -> Plan:
        """The plan of a question about the table of a native type."""
        # As a subquery: more outputs than columns are sent down only where they are not the whole of the answer.
        asked = f"SELECT {outputs} FROM rules.natives.{table(native)}{where}"
        return self.mesh.plan(f"SELECT * FROM ({asked}) AS q", pushdown=pushdown)

    def answered(self, plan: Plan) -> Answered:
        """Run a plan whose first output is ``id``. Raises :class:`connectors.errors.HeadgateError`."""
        answer = self.mesh.service.run(plan, Call(timeout=60))
        whole = pa.Table.from_batches(list(answer), schema=plan.schema)
        taken_back = any(moved.how.startswith("unpushed") for moved in answer.moved)
        return Answered([output.type for output in plan.outputs], self._texts(whole), taken_back)

    def gives_up(self, plan: Plan) -> bool:
        """Whether the store refuses a value in the only fragment of a plan."""
        (remote,) = plan.fragments
        call = Call(timeout=60)
        with self.connector.snapshot([table for _, table in remote.fragment.tables], call) as snapshot:
            try:
                with closing(self.connector.open(remote.fragment, snapshot, NO_HINTS, call)) as stream:
                    list(stream)
            except StoreValueError:
                return True
        return False

    def _texts(self, whole: pa.Table) -> Rows:
        named = whole.rename_columns([f"c{number}" for number in range(whole.num_columns)])
        # One NaN is as good as another.
        texts = ", ".join(f"replace(CAST({name} AS VARCHAR), '-nan', 'nan')" for name in named.column_names)
        return self.reading.from_arrow(named).order("c0").project(texts).fetchall()


@contextmanager
def opened(subject: Subject, server: Any, database: str) -> Iterator[House]:
    """A house over a database of ``server``, whose tables are made here."""
    server.execute(*SETUP, *(text for native in VALUES for text in filled(native)), database=database)
    connector = subject.connect()
    assert isinstance(connector, PostgresConnector)
    with closing(connector), duckdb.connect() as reading:
        reading.execute("SET TimeZone = 'UTC'")
        datasets = tuple(_dataset(connector, native) for native in VALUES)
        catalog = Catalog("rules", (Product("rules", "natives", 1, datasets),))
        with serving({STORE: connector}, catalog, subject.surroundings.files) as mesh:
            yield House(mesh, connector, reading, datasets)


def _dataset(connector: PostgresConnector, native: str) -> Dataset:
    name = table(native)
    told = connector.describe(Table(f"public.{name}", ()), Call(timeout=30))
    assert told.rows == len(VALUES[native]) ** 2
    return Dataset(name, STORE, Table(f"public.{name}", told.columns, told.key), rows=told.rows)


class Alone:
    """DuckDB over the same rows, to tell over which of them it raises."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        con.execute("SET TimeZone = 'UTC'")
        for native, values in VALUES.items():
            kind = duckdb_type({"mood": "text", "posint": "integer"}.get(native) or _long(native))
            texts = ["NULL" if value is None else "'" + value.replace("'", "''") + "'" for value in values]
            con.execute(f"CREATE TABLE {table(native)} (id INTEGER, a {kind}, b {kind})")
            con.execute(f"INSERT INTO {table(native)} {pairs([f'CAST({text} AS {kind})' for text in texts])}")
        self.refused = cache(self._refused)

    def columns(self, native: str) -> Rows:
        """All rows."""
        texts = "CAST(id AS VARCHAR), CAST(a AS VARCHAR), CAST(b AS VARCHAR)"
        return self.con.execute(f"SELECT {texts} FROM {table(native)} ORDER BY id").fetchall()

    def _refused(self, native: str, expression: str) -> frozenset[int]:
        """The numbers of the rows over which DuckDB does not compute an expression."""
        try:
            self.con.sql(f"SELECT {expression} FROM {table(native)}").to_arrow_table()
        except duckdb.Error:
            # Neither truth value is NULL, so what TRY makes NULL was raised.
            raised = f"TRY(CASE WHEN ({expression}) IS NULL THEN TRUE ELSE FALSE END) IS NULL"
            return frozenset(self._numbers(native, raised) or self._numbers(native, "TRUE"))
        return frozenset()

    def _numbers(self, native: str, condition: str) -> list[int]:
        try:
            found = self.con.execute(f"SELECT id FROM {table(native)} WHERE {condition}").fetchall()
        except duckdb.Error:  # it is not a matter of rows
            return []
        return [number for (number,) in found]

    def complaints(self, native: str, expression: str) -> dict[str, int]:
        """What DuckDB has against an expression, without the values, and a row of which it says that."""
        return {self._complaint(native, expression, number): number for number in self.refused(native, expression)}

    def _complaint(self, native: str, expression: str, number: int) -> str:
        with pytest.raises(duckdb.Error) as raised:
            self.con.sql(f"SELECT {expression} FROM {table(native)} WHERE id = {number}").to_arrow_table()
        return re.sub(r"[-+.\d]+|nan|inf", "#", str(raised.value).split("!")[0])[:50]


def _long(native: str) -> str:
    """The type as ``format_type`` prints it."""
    if native in ("time", "timestamp"):
        return f"{native} without time zone"
    return {"timestamptz": "timestamp with time zone"}.get(native) or NATIVE.get(native, native)
