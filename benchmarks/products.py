"""A gateway with many products: each is one small table of one PostgreSQL."""

import time
from functools import partial
from pathlib import Path

from benchmarks import contracts, planning
from benchmarks.landscape import DATABASE, Landscape
from benchmarks.systems.gateway import Gateway

_COLUMNS = {"id": "BIGINT", "name": "VARCHAR", "amount": "DECIMAL(15,2)", "seen": "DATE"}
_DOMAINS = 20


def create(landscape: Landscape, count: int) -> None:
    """Make the tables of so many products, unless they are there."""
    columns = ", ".join(f"{name} {planning.NATIVE[kind]}" for name, kind in _COLUMNS.items())
    made = [f"CREATE TABLE IF NOT EXISTS many_{number} ({columns})" for number in range(count)]
    landscape.postgres.execute(*made, database=DATABASE)


def start(landscape: Landscape, count: int) -> Gateway:
    """A gateway with the contracts of so many products."""
    return Gateway(landscape, {"many": "postgres"}, partial(_publish, count))


def address(number: int) -> str:
    """Where a product's only dataset is."""
    return f"domain{number % _DOMAINS}.product{number}.facts"


def objects(gateway: Gateway, depth: str = "all") -> float:
    """Ask for the tree that tools show; the seconds until all of it is there."""
    started = time.perf_counter()
    for _ in gateway.connection.adbc_get_objects(depth=depth):
        pass
    return time.perf_counter() - started


def shown(gateway: Gateway) -> int:
    """How many datasets that tree has."""
    tree = gateway.connection.adbc_get_objects(depth="tables").read_all().to_pylist()
    schemas = [schema for catalog in tree for schema in catalog["catalog_db_schemas"]]
    return sum(len(schema["db_schema_tables"]) for schema in schemas)


def _publish(count: int, folder: Path) -> None:
    for number in range(count):
        dataset = contracts.dataset("facts", "postgres", _COLUMNS, physical=f"public.many_{number}")
        contracts.publish(folder, f"domain{number % _DOMAINS}", f"product{number}", "postgres", [dataset])
