"""A gateway over the small mesh in this process, and programs of other environments that ask it as users do."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.files import PinnedFiles
from connectors.memory import Memory
from gateway.flight.life import serving
from gateway.flight.settings import FlightSettings
from tests.clients.conftest import KEY, USERS, House
from tests.mesh import PRODUCTS, TABLES, rows, running_mesh

PROBES = Path(__file__).parent / "probes"


@contextmanager
def small_gateway(**changes: Any) -> Iterator[House]:
    """The real service over stores in memory, behind the real server with settings of the test's own."""
    stores = {name: Memory(name, rows()) for name in PRODUCTS}
    placed = {name: name for name in PRODUCTS}
    with (
        running_mesh(stores, placed, TABLES, PinnedFiles()) as mesh,
        serving(mesh.service, FlightSettings(**{"users": USERS, "keys": (KEY,)} | changes)) as server,
    ):
        house = House(mesh.service, server)
        yield house
        house.close()


def told(command: Sequence[str], seconds: float = 60.0) -> Any:
    """What a program prints as JSON; when it fails, what it complained of."""
    ended = subprocess.run(list(command), capture_output=True, text=True, timeout=seconds)
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout)
