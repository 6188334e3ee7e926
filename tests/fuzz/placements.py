"""Where the tables are while questions are asked: in DuckDB under PostgreSQL's claims, or in real stores."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from connectors.files import PinnedFiles
from connectors.postgres.claims import CAPABILITIES
from connectors.spi import Capabilities, Claim, Clause
from connectors.types import Family
from connectors.vocabulary import OPERATIONS
from gateway.catalog import Catalog, Dataset, Product
from gateway.database import Limits
from tests.duck_store import DuckStore
from tests.fuzz import data
from tests.landscape import KINDS, Landscape, Options, agreed
from tests.mesh import Mesh, serving

_POSTGRES = dict.fromkeys(data.PRODUCTS, "postgres")
PLACEMENTS: dict[str, dict[str, str]] = {
    "duck": {"catalog": "one", "royalties": "other", "events": "one", "oddities": "other"},
    "postgres": _POSTGRES,
    "parquet": dict.fromkeys(data.PRODUCTS, "parquet"),
    "kafka": dict.fromkeys(data.PRODUCTS, "kafka"),
    "mixed": {**_POSTGRES, "royalties": "parquet", "events": "kafka"},
    "remixed": {**_POSTGRES, "catalog": "kafka", "oddities": "parquet"},
}

_NAMES = OPERATIONS | {"CASE", "GROUP BY", "ORDER BY", "IS NULL"}
_NAMES |= {"=", "<>", "<", "<=", ">", ">=", "IN", "BETWEEN", "NULL", "IS DISTINCT FROM"}
_NAMES |= {f"CAST TO {family.upper()}" for family in Family}
EVERYTHING = Capabilities(frozenset(Claim(name, family) for name in _NAMES for family in Family), frozenset(Clause))
"""What a store promises that is DuckDB itself, so that whatever differs is the planner's fault."""


@dataclass
class House:
    """The gateway over a placement, and DuckDB alone over the same rows."""

    mesh: Mesh
    alone: duckdb.DuckDBPyConnection

    def expected(self, sql: str) -> pa.Table:
        """What DuckDB alone answers."""
        for source in data.sources():
            sql = sql.replace(f"{source.address} ", f'"{source.name}" ')
        return self.alone.sql(sql).to_arrow_table()

    def fails_as_written(self, sql: str) -> bool:
        """Whether DuckDB alone fails when it computes all that stands there, in the order in which it does."""
        self.alone.execute("PRAGMA disable_optimizer")
        try:
            self.expected(sql)
        except duckdb.Error:
            return True
        finally:
            self.alone.execute("PRAGMA enable_optimizer")
        return False


@contextmanager
def opened(placement: str, options: Options | None = None) -> Iterator[House]:
    """A house over ``placement``; all but ``duck`` need the options of a landscape that :func:`load` filled."""
    placed = PLACEMENTS[placement]
    rows = data.rows(finite=placed["oddities"] == "kafka")
    files = PinnedFiles()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as alone:
        alone.execute("SET TimeZone='UTC'; SET threads=1")
        for name, table in rows.items():
            alone.register(name, table)
        if options is None:
            one, other = DuckStore("one", rows, EVERYTHING), DuckStore("other", rows, CAPABILITIES)
            stores: dict[str, Any] = {"one": one, "other": other}
            catalog = Catalog("fuzz", _products(placed, data.tables()))
        else:
            stores = options.connect(Path(folder), files)
            catalog = agreed(_products(placed, _physical(placed, options)), stores)
        try:
            with serving(stores, catalog, files, Limits(memory="1GB", threads=1)) as mesh:
                yield House(mesh, alone)
        finally:
            for store in stores.values():
                store.close()


def load(landscape: Landscape) -> Options:
    """Put every table into every store."""
    for finite, kinds in ((False, KINDS[:2]), (True, KINDS[2:])):
        for name, filled in data.rows(finite=finite).items():
            table = data.tables()[name]
            for kind in kinds:
                landscape.put(kind, table, filled, data.native(table))
    return landscape.options


def _products(placed: Mapping[str, str], tables: Mapping[str, Any]) -> tuple[Product, ...]:
    return tuple(
        Product(domain, name, 1, tuple(Dataset(item, placed[name], tables[item]) for item in items))
        for name, (domain, items) in data.PRODUCTS.items()
    )


def _physical(placed: Mapping[str, str], options: Options) -> dict[str, Any]:
    held = data.tables()
    return {
        item: options.named(placed[name], held[item]) for name, (_, items) in data.PRODUCTS.items() for item in items
    }
