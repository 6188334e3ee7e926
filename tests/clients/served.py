"""A ``headgate serve`` of its own process over tables in memory and in PostgreSQL, asked over Flight and HTTP."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa

from tests.clients.conftest import USERS, Raw
from tests.integration.demo_house import Foreground

_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
name: {name}
version: 1.0.0
domain: {domain}
servers: [{{server: {store}}}]
schema:
  - name: {table}
    properties:
      - {{name: id, physicalType: BIGINT}}
      - {{name: note, physicalType: VARCHAR}}
"""
ROWS = 50_000


@dataclass
class Served:
    """The process and its doors."""

    process: Foreground
    uri: str
    status: str

    def client(self) -> Raw:
        return Raw(self.uri, "ann", "s3cret")

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.status).port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self) -> Mapping[str, float]:
        lines = [line for line in self.get("/metrics")[1].splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@contextmanager
def served(folder: Path, server: str = "", dsn: str = "") -> Iterator[Served]:
    """A running gateway over what :func:`configured` makes."""
    process = Foreground("serve", "--config", str(configured(folder, server, dsn)))
    try:
        status = process.wait_for(r"are at (http://\S+:\d+)\.")[1]
        yield Served(process, process.wait_for(r"Flight SQL at (grpc://\S+:\d+)\.")[1], status)
    finally:
        process.process.kill()
        process.wait()


def configured(folder: Path, server: str = "", dsn: str = "") -> Path:
    """A configuration: ``play.events.plays`` in memory, and with ``dsn`` ``payments.bulk.entries`` in PostgreSQL.

    ``server`` are further lines of its section ``[server]``.
    """
    _table(folder / "tables/plays.arrow")
    _contract(folder, "play", "events", "plays", "shelf")
    stores = f"[stores.shelf]\nkind = 'memory'\npath = '{folder}/tables'\n"
    if dsn:
        _contract(folder, "payments", "bulk", "entries", "ledger")
        stores += "[stores.ledger]\nkind = 'postgres'\nmax_connections = 4\ndsn = { file = 'dsn' }\n"
        (folder / "dsn").write_text(dsn)
    config = folder / "headgate.toml"
    config.write_text(
        f"[server]\nport = 0\n{server}\n[status]\nport = 0\n[catalog]\nwatch = false\n"
        f"[limits]\nmemory = '1GB'\n[users.ann]\npassword_hash = '{USERS['ann'].password_hash}'\n"
        f"products = ['*']\n{stores}"
    )
    return config


def _table(path: Path) -> None:
    path.parent.mkdir(parents=True)
    held = pa.table({"id": pa.array(range(ROWS), pa.int64()), "note": [f"note {n}" for n in range(ROWS)]})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, held.schema) as writer:
        writer.write_table(held)


def _contract(folder: Path, domain: str, name: str, table: str, store: str) -> None:
    path = folder / f"catalog/{domain}/{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(_CONTRACT.format(domain=domain, name=name, table=table, store=store))
