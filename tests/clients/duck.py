"""A small service over DuckDB tables in memory, so that the Flight layer is tested without planner and stores.

``streams`` maps a statement's text to a schema and a function that makes its batches: slow, endless or failing
answers under the test's control. ``faults`` maps ``prepare``, ``run`` or ``catalog`` to what it then raises.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import duckdb
import pyarrow as pa

from connectors.call import Call
from connectors.errors import HeadgateError
from connectors.spi import Column, Table
from gateway.catalog import Catalog, Dataset, Product, Reference
from gateway.errors import ParametersInvalid, QueryFailed, SqlInvalid
from gateway.planner.plan import Output, Plan
from gateway.policy import Principal
from gateway.service import Options

Batches = Callable[[Call], Generator[pa.RecordBatch, None, None]]

_TABLES = {
    "play.events.plays": "SELECT i AS id, 'song ' || i AS song, i * 1.5 AS seconds FROM range(1000) t(i)",
    "artists.catalog.songs": "SELECT i::INTEGER AS id, ('title ' || i) AS title FROM range(10) t(i)",
    "artists.catalog.rates": "SELECT 1::UTINYINT AS tiny, 12.50::DECIMAL(18,3) AS due, INTERVAL 3 DAY AS term",
    "listeners.profiles.listeners": "SELECT i AS id, 'x@y' AS email FROM range(3) t(i)",
}
_KEYS = {"artists.catalog.songs": ("id",), "play.events.plays": ("song", "id")}
_REFERENCES = {
    "artists.catalog.rates": (Reference(("tiny",), ("gone", "product", "table"), ("id",)),),
    "play.events.plays": (Reference(("id",), ("artists", "catalog", "songs"), ("id",)),),
    "listeners.profiles.listeners": (
        Reference(("email", "id"), ("play", "events", "plays"), ("song", "id")),
        Reference(("id",), ("artists", "catalog@0", "songs"), ("title",)),
    ),
}


class DuckService:
    """Implements :class:`gateway.service.Service`."""

    def __init__(self) -> None:
        self._database = duckdb.connect()
        self._database.execute("SET GLOBAL TimeZone = 'UTC'")
        self.streams: dict[str, tuple[pa.Schema, Batches]] = {}
        self.faults: dict[str, Exception] = {}
        self.parameter_types: dict[str, tuple[str, ...]] = {}
        self.prepared: list[tuple[str, str, list[Any] | None, bool]] = []
        self.verified: list[bool] = []
        self.closed = 0
        self._catalog = self._load()

    def _load(self) -> Catalog:
        products: dict[tuple[str, str], list[Dataset]] = {}
        for address, query in _TABLES.items():
            domain, product, name = address.split(".")
            self._database.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {domain}")
            self._database.execute(f"CREATE SCHEMA IF NOT EXISTS {domain}.{product}")
            self._database.execute(f"CREATE TABLE {address} AS {query}")
            described = self._database.sql(f"DESCRIBE {address}").fetchall()
            key = _KEYS.get(address, ())
            columns = tuple(Column(row[0], row[1]) for row in described)
            dataset = Dataset(
                name,
                "memory",
                Table(name, columns, key),
                notes=((columns[0].name, "what identifies the row"),),
                primary_key=key,
                required=key,
                references=_REFERENCES.get(address, ()),
            )
            products.setdefault((domain, product), []).append(dataset)
        made = [Product(domain, name, 1, tuple(sets)) for (domain, name), sets in sorted(products.items())]
        older = Product("artists", "catalog", 0, made[0].datasets[:1], current=False)
        return Catalog("1", (*made, older))

    def close(self) -> None:
        self._database.close()

    @property
    def catalog(self) -> Catalog:
        self._fail("catalog")
        return self._catalog

    def _fail(self, where: str) -> None:
        if where in self.faults:
            raise self.faults[where]

    def prepare(
        self,
        sql: str,
        who: Principal,
        *,
        parameters: Sequence[Any] | None = None,
        options: Options = Options(),
        call: Call | None = None,
    ) -> Plan:
        self._fail("prepare")
        self.verified.append(options.verify)
        self.prepared.append((sql, who.name, None if parameters is None else list(parameters), options.pushdown))
        types = self.parameter_types.get(sql, ("VARCHAR",) * sql.count("?"))
        if parameters is not None and len(parameters) != len(types):
            raise ParametersInvalid(f"The statement has {len(types)} parameters, and {len(parameters)} are bound.")
        if sql in self.streams:
            return _plan(sql, sql, (), (), self.streams[sql][0])
        values = [None] * len(types) if parameters is None else list(parameters)
        with self._database.cursor() as cursor:
            try:
                described = cursor.execute(f"DESCRIBE {sql}", values).fetchall()
                outputs = [Output(row[0], options.present(row[1]) if options.present else row[1]) for row in described]
                names = [f"c{at}" for at in range(len(outputs))]
                casts = ", ".join(
                    f'CAST({name} AS {output.type}) AS "{output.name}"'
                    for name, output in zip(names, outputs, strict=True)
                )
                text = f"SELECT {casts} FROM ({sql}) AS answer({', '.join(names)})"
                schema = cursor.sql(f"{text} LIMIT 0", params=values or None).to_arrow_reader(1).schema
            except duckdb.Error as error:
                raise SqlInvalid(str(error).splitlines()[0]) from error
        bound = _plan(sql, text, tuple(outputs), types, schema)
        object.__setattr__(bound, "values", values)
        return bound

    def run(self, plan: Plan, call: Call) -> "DuckAnswer":
        self._fail("run")
        if plan.sql in self.streams:
            schema, batches = self.streams[plan.sql]
            return DuckAnswer(self, schema, batches(call), lambda: None)
        cursor = self._database.cursor()
        values = plan.values  # type: ignore[attr-defined]
        reader = cursor.sql(plan.residual, params=values or None).to_arrow_reader(65_536)
        stops = ExitStack()
        stops.enter_context(call.on_cancel(cursor.interrupt))
        return DuckAnswer(self, reader.schema, self._read(reader), lambda: (stops.close(), cursor.close()))

    @staticmethod
    def _read(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        except HeadgateError:
            raise
        except Exception as error:
            raise QueryFailed("The query met a value it cannot compute with.") from error


def _plan(sql: str, residual: str, outputs: Any, parameters: tuple[str, ...], schema: pa.Schema) -> Plan:
    return Plan(
        sql=sql, fragments=(), scans=(), residual=residual, outputs=outputs, parameters=parameters, schema=schema
    )


class DuckAnswer:
    """Implements :class:`gateway.service.Answer`."""

    def __init__(self, service: DuckService, schema: pa.Schema, batches: Iterator[pa.RecordBatch], free: Any) -> None:
        self.schema = schema
        self._service = service
        self._batches = batches
        self._free = free
        self._lock = threading.Lock()
        self._closed = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self._batches

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._service.closed += 1
        with suppress(ValueError):  # another thread is pulling: the call's cancellation ends it
            self._batches.close()
        self._free()
