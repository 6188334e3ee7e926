"""A small mesh for tests: three products, their rows, and a service over whatever stores a test puts them in."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from connectors.call import Call
from connectors.files import PinnedFiles
from connectors.spi import Column, Connector, Table, arrow_schema
from gateway.catalog import Catalog, Dataset, Product
from gateway.database import Database, Limits
from gateway.engine import Engine
from gateway.planner.plan import Plan
from gateway.policy import LOCAL
from gateway.service import LocalService, Options

NATIVE = {
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "VARCHAR": "text",
    "DATE": "date",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp without time zone",
    "DECIMAL(12,4)": "numeric(12,4)",
}


def table(name: str, key: tuple[str, ...] = (), /, **columns: str) -> Table:
    """A table with the facts that a Postgres database with a plain collation tells of its columns."""
    return Table(name, tuple(_column(column, kind, column in key) for column, kind in columns.items()), key)


def _column(name: str, kind: str, total: bool) -> Column:
    facts = {"not null"} if total else set()
    facts |= {"collation:default"} if kind == "VARCHAR" else set()
    return Column(name, kind, not total, native=NATIVE[kind], facts=frozenset(facts))


ARTISTS = table("artists", ("id",), id="INTEGER", name="VARCHAR", label_id="INTEGER", born="DATE")
LABELS = table("labels", ("id",), id="INTEGER", name="VARCHAR", country="VARCHAR", founded="TIMESTAMP")
RATES = table("rates", (), label_id="INTEGER", rate="DECIMAL(12,4)", active="BOOLEAN")
PLAYS = table("plays", (), artist_id="INTEGER", day="DATE", count="BIGINT", device="VARCHAR")
TABLES = {made.name: made for made in (ARTISTS, LABELS, RATES, PLAYS)}
PRODUCTS = {
    "catalog": ("artists", ("artists", "labels")),
    "royalties": ("payments", ("rates",)),
    "events": ("play", ("plays",)),
}


def rows() -> dict[str, pa.Table]:
    """The rows of every table: a few hundred, with NULLs, repeated values and odd text, always the same."""
    chance = random.Random(7)
    names = ["Nina", "nina", "Zoë", "Zoe", "", " ", "a b", "ß", "ñ", None]
    made: dict[str, list[dict[str, object]]] = {
        "artists": [
            {
                "id": number,
                "name": chance.choice(names),
                "label_id": chance.choice([*range(14), None]),
                "born": chance.choice([None, date(1940, 1, 1) + timedelta(days=chance.randrange(20000))]),
            }
            for number in range(180)
        ],
        "labels": [
            {
                "id": number,
                "name": f"L{number % 5}",
                "country": chance.choice(["DE", "CH", "de", None]),
                "founded": datetime(1990, 1, 1) + timedelta(hours=chance.randrange(99999)),
            }
            for number in range(12)
        ],
        "rates": [
            {
                "label_id": chance.choice([*range(14), None]),
                "rate": chance.choice([None, Decimal(chance.randrange(-9999, 99999)) / 10000]),
                "active": chance.choice([True, False, None]),
            }
            for _ in range(40)
        ],
        "plays": [
            {
                "artist_id": chance.randrange(200),
                "day": date(2026, 11, 1) + timedelta(days=chance.randrange(19)),
                "count": chance.choice([0, 1, 2**40, None]),
                "device": chance.choice(["phone", "car", "tv", None]),
            }
            for _ in range(400)
        ],
    }
    return {name: pa.Table.from_pylist(made[name], schema=arrow_schema(TABLES[name].columns)) for name in made}


@dataclass
class Mesh:
    """A running service and a plain way to ask it."""

    service: LocalService

    def plan(self, sql: str, *, pushdown: bool = True) -> Plan:
        return self.service.prepare(sql, LOCAL, options=Options(pushdown=pushdown))

    def ask(self, sql: str, *, pushdown: bool = True) -> pa.Table:
        made = self.plan(sql, pushdown=pushdown)
        answer = self.service.run(made, Call(timeout=60))
        return pa.Table.from_batches(list(answer), schema=made.schema)


@contextmanager
def running_mesh(
    stores: Mapping[str, Connector], placed: Mapping[str, str], tables: Mapping[str, Table], files: PinnedFiles
) -> Iterator[Mesh]:
    """A service whose products lie where ``placed`` (product → store) says."""
    products = tuple(
        Product(domain, name, 1, tuple(Dataset(item, placed[name], tables[item]) for item in items))
        for name, (domain, items) in PRODUCTS.items()
    )
    with serving(stores, Catalog("test", products), files) as mesh:
        yield mesh


@contextmanager
def serving(
    stores: Mapping[str, Connector], catalog: Catalog, files: PinnedFiles, limits: Limits = Limits(memory="1GB")
) -> Iterator[Mesh]:
    """A service over any catalog."""
    database = Database(limits, files)
    try:
        engine = Engine(stores, database, files, 64 * 2**20)
        yield Mesh(LocalService(lambda: catalog, stores, database, engine))
    finally:
        database.close()
