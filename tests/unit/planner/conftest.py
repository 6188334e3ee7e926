"""The mesh of tests/mesh.py over stores that are DuckDB themselves, so that every plan can be executed in no time."""

from collections.abc import Iterator

import pytest

from connectors.files import PinnedFiles
from connectors.postgres.claims import CAPABILITIES
from connectors.render import render
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

PLACED = {"catalog": "artists_db", "royalties": "payments_db", "events": "events"}


class PostgresInName(DuckStore):
    """Claims and writes what Postgres would, and lets DuckDB compute it."""

    def render(self, fragment):
        return render(fragment)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-plans", action="store_true", help="write the golden plans anew")


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    made = rows()
    stores = {
        "artists_db": PostgresInName("artists_db", {name: made[name] for name in ("artists", "labels")}, CAPABILITIES),
        "payments_db": PostgresInName("payments_db", {"rates": made["rates"]}, CAPABILITIES),
        "events": DuckStore("events", {"plays": made["plays"]}),
    }
    with running_mesh(stores, PLACED, TABLES, PinnedFiles()) as running:
        yield running
