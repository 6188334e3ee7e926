"""One replica of a gateway in a process of its own: a server over the small mesh, with the keys it is given.

Run as ``python -m tests.clients.replica KEY…`` (keys in hexadecimal). Prints its address, and ends when its standard
input does.
"""

import sys

from connectors.files import PinnedFiles
from connectors.memory import Memory
from gateway.flight.life import serving
from gateway.flight.settings import FlightSettings
from tests.clients.conftest import USERS
from tests.mesh import PRODUCTS, TABLES, rows, running_mesh


def main(keys: list[str]) -> None:
    stores = {name: Memory(name, rows()) for name in PRODUCTS}
    placed = {name: name for name in PRODUCTS}
    settings = FlightSettings(users=USERS, keys=tuple(bytes.fromhex(key) for key in keys))
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as mesh, serving(mesh.service, settings) as server:
        print(server.uri, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
