"""What a Python user would write by hand: DuckDB over the same stores, and DuckDB over local files as a floor."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlglot import exp

from benchmarks import environments, processes, tables
from benchmarks.landscape import BUCKET, Landscape
from benchmarks.systems import MEMORY_MB, Answer, Failed

WORKER = Path(__file__).parents[1] / "workers" / "duck.py"


class Duck:
    """A worker process with one DuckDB connection. ``pulled`` tables are fetched by connectorx for each question."""

    def __init__(self, name: str, python: str, landscape: Landscape, setup: dict[str, Any]) -> None:
        self.name = name
        self.pulled: tuple[str, ...] = ()
        self._landscape = landscape
        self._kept = landscape.folder / f"{name}-{id(self)}.rows"
        self._log = (landscape.folder / f"{name}.log").open("ab")
        command = [python, str(WORKER)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log)
        blank = {"extensions": [], "statements": [], "topics": {}, "bootstrap": ""}
        self._exchange({**blank, **setup})

    def text(self, sql: str) -> str:
        """The question as it is: the tables are views of the same names."""
        return sql

    def ask(self, text: str, *, keep: str = "") -> Answer:
        """See :meth:`benchmarks.systems.System.ask`."""
        wanted = {"sql": text, "pulls": self._pulls(text), "keep": keep, "into": str(self._kept)}
        told = self._exchange({**wanted, "dsn": self._landscape.dsn if self.pulled else ""})
        # What is read was written a moment ago by the worker, which is ours.
        rows = pickle.loads(self._kept.read_bytes()) if keep else ()
        return Answer(told["seconds"], told["count"], rows, told["bytes"])

    def moved(self, text: str) -> dict[str, dict[str, int]]:  # noqa: ARG002  (the interface of System)
        """DuckDB's extensions do not tell."""
        return {}

    def processes(self) -> dict[str, int]:
        """The worker."""
        return {self.name: self._process.pid}

    def close(self) -> None:
        """End the worker."""
        processes.end(self._process)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream:
                stream.close()

    def _pulls(self, text: str) -> dict[str, str]:
        """For each pulled table of a question, what fetches the columns that the question names."""
        query = tables.tree(text)
        names = {column.name for column in query.find_all(exp.Column)}
        found = {table.name for table in tables.sources(query)} & set(self.pulled)
        whole = any(True for _ in query.find_all(exp.Star))
        wanted = {one: [name for name in tables.columns(one) if name in names or whole] for one in found}
        return {one: f"SELECT {', '.join(chosen or tables.key(one))} FROM {one}" for one, chosen in wanted.items()}

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        told: dict[str, Any] = json.loads(line) if line else {"failed": "the process ended"}
        if "failed" in told:
            raise Failed(told["failed"])
        return told


def local(landscape: Landscape) -> Duck:
    """The floor: the engine's own version of DuckDB over local files."""
    views = [
        f"CREATE VIEW {name} AS FROM '{landscape.files}/{name}.parquet'" for name in (*tables.MIXED, *tables.KEY_TABLES)
    ]
    return Duck("duckdb-local", sys.executable, landscape, {"statements": [_memory(), *views]})


def attached(landscape: Landscape, placement: tables.Placement) -> Duck:
    """DuckDB 1.5 with its own extensions; topics are read once, at the start."""
    return Duck("duckdb-attach", environments.python("rivals"), landscape, _by_hand(landscape, placement))


def notebook(landscape: Landscape, placement: tables.Placement) -> Duck:
    """The notebook habit: connectorx fetches the tables of PostgreSQL for each question, DuckDB does the rest."""
    made = Duck("connectorx+duckdb", environments.python("rivals"), landscape, _by_hand(landscape, placement, ""))
    made.pulled = tuple(table for table, kind in placement.items() if kind == "postgres")
    return made


def _by_hand(landscape: Landscape, placement: tables.Placement, attach: str = "postgres_scanner") -> dict[str, Any]:
    statements, kinds = [_memory()], set(placement.values())
    if "postgres" in kinds and attach:
        statements.append(f"ATTACH '{landscape.dsn}' AS pg (TYPE postgres, READ_ONLY)")
    if "parquet" in kinds:
        statements.append(_secret(landscape))
    for table, kind in placement.items():
        if kind == "postgres" and attach:
            statements.append(f"CREATE VIEW {table} AS FROM pg.public.{table}")
        if kind == "parquet":
            statements.append(f"CREATE VIEW {table} AS FROM 's3://{BUCKET}/{table}/*.parquet'")
    topics = {
        table: {"topic": f"tpch_{table}", "columns": tables.columns(table)}
        for table, kind in placement.items()
        if kind == "kafka"
    }
    extensions = [*([attach] if attach and "postgres" in kinds else []), *(["httpfs"] if "parquet" in kinds else [])]
    bootstrap = landscape.kafka.bootstrap if topics else ""
    return {"extensions": extensions, "statements": statements, "topics": topics, "bootstrap": bootstrap}


def _memory() -> str:
    return f"SET memory_limit = '{MEMORY_MB}MB'"


def _secret(landscape: Landscape) -> str:
    place = landscape.s3.endpoint.removeprefix("http://")
    keys = f"KEY_ID '{landscape.s3.access_key}', SECRET '{landscape.s3.secret_key}', REGION 'us-east-1'"
    return f"CREATE SECRET (TYPE s3, {keys}, ENDPOINT '{place}', URL_STYLE 'path', USE_SSL false)"
