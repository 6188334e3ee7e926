"""The gateway as its users meet it: ``headgate serve`` in a process, asked over Flight SQL by the ADBC driver."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adbc_driver_flightsql import dbapi

from benchmarks import contracts, processes, tables
from benchmarks.equality import Row
from benchmarks.landscape import Landscape
from benchmarks.systems import Answer, Failed
from benchmarks.workers import digest
from tests.services import free_port

START_SECONDS = 60.0
Publish = Callable[[Path], None]


class Gateway:
    """A server over a landscape's stores; ``publish`` writes the contracts into the folder it is given."""

    name = "gateway"

    def __init__(self, landscape: Landscape, placement: tables.Placement, publish: Publish | None = None) -> None:
        self._placement = placement
        folder = landscape.folder / f"gateway-{time.monotonic_ns()}"
        ports = free_port(), free_port()
        config = contracts.write(landscape, folder, ports, placement.values())
        (publish or (lambda place: contracts.publish_tpch(place, placement)))(folder)
        self.uri = f"grpc://127.0.0.1:{ports[0]}"
        self._log = folder / "log"
        started = time.perf_counter()
        with self._log.open("wb") as log:
            command = [str(Path(sys.executable).with_name("headgate")), "serve", "--config", str(config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "NO_COLOR": "1"})
        ready = f"http://127.0.0.1:{ports[1]}/readyz"
        processes.until(lambda: _answers(ready), self._process, START_SECONDS, self._log)
        self.start_seconds = time.perf_counter() - started
        self.connection = self.connect()

    def connect(self) -> Any:
        """One more connection."""
        login = {"username": contracts.USER, "password": contracts.PASSWORD}
        return dbapi.connect(self.uri, db_kwargs=login, autocommit=True)

    def text(self, sql: str) -> str:
        """The question over addresses."""
        return tables.addressed(sql, self._placement)

    def ask(self, text: str, *, keep: str = "") -> Answer:
        """See :meth:`benchmarks.systems.System.ask`."""
        return ask(self.connection, text, keep=keep)

    def moved(self, text: str) -> dict[str, dict[str, int]]:
        """What EXPLAIN ANALYZE tells of the fragments; what is read in place is counted at the stores."""
        lines = ask(self.connection, f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", keep="rows").rows
        told: dict[str, dict[str, int]] = {}
        for leaf in json.loads("\n".join(row[-1] for row in lines or ()))["fragments"]:
            store = told.setdefault(leaf["store"], {"rows": 0, "bytes": 0})
            store["rows"] += leaf.get("rows", 0)
            store["bytes"] += leaf.get("bytes", 0)
        return told

    def processes(self) -> dict[str, int]:
        """The server."""
        return {"gateway": self._process.pid}

    def close(self) -> None:
        """End the server."""
        self.connection.close()
        processes.end(self._process)


def ask(connection: Any, text: str, *, keep: str = "") -> Answer:
    """Ask over one connection, and take the answer batch by batch."""
    rows: list[Row] = []
    made = digest.Digest()
    count = size = 0
    started = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
            for batch in cursor.fetch_record_batch():
                count += batch.num_rows
                size += batch.nbytes
                if keep == "rows":
                    rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
                elif keep:
                    made.add(batch)
    except dbapi.Error as problem:
        raise Failed(str(problem).splitlines()[0][:300]) from problem
    seconds = time.perf_counter() - started
    return Answer(seconds, count, [made.row()] if keep == "digest" else rows, size)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as told:
            return bool(told.status == 200)
    except OSError:
        return False
