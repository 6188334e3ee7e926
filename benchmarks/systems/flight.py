"""The floor beneath every answer over the wire: bare Flight with the same batches, asked by the same driver."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from adbc_driver_flightsql import dbapi

from benchmarks import processes
from benchmarks.landscape import Landscape
from benchmarks.systems import Answer, gateway
from tests.services import free_port

WORKER = Path(__file__).parents[1] / "workers" / "flight.py"
START_SECONDS = 30.0


class BareFlight:
    """A server over answers that were taken from the gateway and given names.

    An answer that is a text is one that DuckDB makes of it, in the server, each time that it is asked for.
    """

    name = "bare-flight"

    def __init__(self, landscape: Landscape, answers: dict[str, pa.Table | str], times: int = 1) -> None:
        folder = landscape.folder / f"flight-{id(self)}"
        folder.mkdir()
        for name, answer in answers.items():
            _write(folder / name, answer)
        self._names: dict[str, str] = {}
        port = free_port()
        with (folder / "log").open("wb") as log:
            command = [sys.executable, str(WORKER), str(port), str(folder), str(times)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._probe = next(iter(answers))
        self._uri = f"grpc://127.0.0.1:{port}"
        processes.until(self._ready, self._process, START_SECONDS, folder / "log")
        self.connection = dbapi.connect(self._uri, autocommit=True)

    def named(self, questions: dict[str, str]) -> "BareFlight":
        """The same server, told by which words each question's answer is found."""
        self._names = {sql: words for words, sql in questions.items()}
        return self

    def text(self, sql: str) -> str:
        """The name of the question's answer."""
        return self._names[sql]

    def ask(self, text: str, *, keep: str = "") -> Answer:
        """See :meth:`benchmarks.systems.System.ask`."""
        return gateway.ask(self.connection, text, keep=keep)

    def moved(self, text: str) -> dict[str, dict[str, int]]:  # noqa: ARG002  (the interface of System)
        """There is no store."""
        return {}

    def processes(self) -> dict[str, int]:
        """The server."""
        return {self.name: self._process.pid}

    def close(self) -> None:
        """End the server."""
        self.connection.close()
        processes.end(self._process)

    def _ready(self) -> bool:
        try:
            with dbapi.connect(self._uri, autocommit=True) as connection:
                gateway.ask(connection, self._probe)
        except Exception:
            return False
        return True


class MadeFlight(BareFlight):
    """The same, told apart in reports: what it streams is made while it streams."""

    name = "duckdb-flight"


def _write(path: Path, answer: pa.Table | str) -> None:
    if isinstance(answer, str):
        path.with_suffix(".sql").write_text(answer, "utf-8")
        return
    place = str(path.with_suffix(".arrow"))
    with pa.OSFile(place, "wb") as file, pa.ipc.new_file(file, answer.schema) as writer:
        writer.write_table(answer)


def table(connection: Any, text: str) -> pa.Table:
    """An answer as a whole, to be served again."""
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetch_arrow_table()
