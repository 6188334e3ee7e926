"""Trino over the same stores: one node, its heap as large as the memory limit of the others."""

import subprocess
import time

from sqlglot import exp

from benchmarks import environments, processes, tables
from benchmarks.landscape import BUCKET, Landscape
from benchmarks.systems import Answer, Failed, trino_files
from benchmarks.systems.trino_client import Client
from tests.services import free_port

START_SECONDS = 120.0
_NODES = "SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'"
_PLACES = {"postgres": ("postgres", "public"), "parquet": ("hive", "bench"), "kafka": ("kafka", "bench")}


class Trino:
    """A server with a catalog for each kind of store, its tables declared and analysed."""

    name = "trino"

    def __init__(self, landscape: Landscape, placement: tables.Placement) -> None:
        home, java = environments.trino(), environments.java()
        self._placement = placement
        folder = landscape.folder / f"trino-{time.monotonic_ns()}"
        self.port = free_port()
        trino_files.write(folder, self.port, landscape, placement)
        settings = {
            "node.id": "bench",
            "node.environment": "bench",
            "node.data-dir": folder,
            "plugin.dir": home / "plugin",
        }
        settings |= {"config": "etc/config.properties", "log.levels-file": "etc/log.properties"}
        told = [f"-D{key}={value}" for key, value in settings.items()]
        command = [str(java / "bin" / "java"), *trino_files.JVM, *told, "-cp", f"{home}/lib/*"]
        started = time.perf_counter()
        with (folder / "log").open("wb") as log:
            command.append("io.trino.server.TrinoServer")
            self._process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        self.client = Client(self.port)
        processes.until(self._ready, self._process, START_SECONDS, folder / "log")
        self.start_seconds = time.perf_counter() - started
        self._declare([table for table, kind in placement.items() if kind == "parquet"])

    def text(self, sql: str) -> str:
        """The question in Trino's SQL, with DuckDB's meaning of averages and divisions: both are doubles."""
        query = tables.tree(sql)
        for table in tables.sources(query):
            table.replace(self._source(table))
        for average in query.find_all(exp.Avg):
            average.set("this", exp.cast(average.this, "DOUBLE"))
        return query.sql(dialect="trino")

    def ask(self, text: str, *, keep: str = "") -> Answer:
        """See :meth:`benchmarks.systems.System.ask`."""
        return self.client.ask(text, keep=keep)

    def moved(self, text: str) -> dict[str, dict[str, int]]:
        """What the query's own statistics tell of its reading; it is asked anew only when it was not the last."""
        if self.client.text != text:
            self.client.ask(text)
        told = self.client.fetch("GET", f"/v1/query/{self.client.query_id}")["queryStats"]
        rows, size = int(told["physicalInputPositions"]), _bytes(told["physicalInputDataSize"])
        return {"all stores": {"rows": rows, "bytes": size}}

    def processes(self) -> dict[str, int]:
        """The server."""
        return {"trino": self._process.pid}

    def close(self) -> None:
        """End the server."""
        self.client.close()
        processes.end(self._process)

    def _ready(self) -> bool:
        try:
            return self.client.ask(_NODES, keep="rows").rows == [(1,)]
        except Failed:
            return False

    def _declare(self, held: list[str]) -> None:
        if held:
            self.ask("CREATE SCHEMA hive.bench")
        for table in held:
            columns = ", ".join(f"{name} {kind}" for name, kind in tables.columns(table).items())
            place = f"format = 'PARQUET', external_location = 's3://{BUCKET}/{table}/'"
            self.ask(f"CREATE TABLE hive.bench.{table} ({columns}) WITH ({place})")
        for table in self._placement:
            self._settle(self.text(f"SELECT * FROM {table} LIMIT 1"))
        for table in held:
            self.ask(f"ANALYZE hive.bench.{table}")

    def _settle(self, text: str) -> None:
        """The scheduler learns a little after everything else that a catalog is on the node."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ask(text)
            except Failed as problem:
                if "No nodes" not in str(problem) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def _source(self, table: exp.Table) -> exp.Expr:
        catalog, schema = _PLACES[self._placement[table.name]]
        place = exp.table_(table.name, db=schema, catalog=catalog)
        alias = table.alias or table.name
        columns = tables.columns(table.name)
        if catalog != "kafka" or not any(kind.startswith("DECIMAL") for kind in columns.values()):
            return exp.alias_(place, alias, table=True)
        casts = [f"CAST({name} AS {kind}) AS {name}" if "DECIMAL" in kind else name for name, kind in columns.items()]
        return exp.select(*casts, dialect="trino").from_(place).subquery(alias)


def _bytes(told: str) -> int:
    """A size as Trino prints it, such as ``1.50MB``."""
    units = {"kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
    unit = told.lstrip("0123456789.")
    return round(float(told.removesuffix(unit)) * units.get(unit, 1))
