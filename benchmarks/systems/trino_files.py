"""The files that a Trino server is started with: itself, its catalogs, and what its topics hold."""

import json
from pathlib import Path

from benchmarks import tables
from benchmarks.landscape import DATABASE, Landscape
from benchmarks.systems import MEMORY_MB

SCHEMA = "bench"
JVM = (
    f"-Xmx{MEMORY_MB}m",
    "-XX:+UseG1GC",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:ReservedCodeCacheSize=256M",
    "-XX:PerMethodRecompilationCutoff=10000",
    "-XX:PerBytecodeRecompilationCutoff=10000",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--add-modules=jdk.incubator.vector",
)
"""What Trino's own documentation asks for, with the heap at the memory limit of all."""


def write(folder: Path, port: int, landscape: Landscape, placement: tables.Placement) -> None:
    """Write ``etc`` into the folder."""
    etc = folder / "etc"
    (etc / "catalog").mkdir(parents=True)
    _properties(etc / "config.properties", _server(port))
    (etc / "log.properties").write_text("io.trino=WARN\n", "utf-8")
    kinds = set(placement.values())
    if "postgres" in kinds:
        _properties(etc / "catalog" / "postgres.properties", _postgres(landscape))
    if "parquet" in kinds:
        _properties(etc / "catalog" / "hive.properties", _hive(landscape, folder))
    if "kafka" in kinds:
        topics = [table for table, kind in placement.items() if kind == "kafka"]
        _properties(etc / "catalog" / "kafka.properties", _kafka(landscape, etc / "kafka", topics))
        (etc / "kafka").mkdir()
        for table in topics:
            (etc / "kafka" / f"{table}.json").write_text(json.dumps(_description(table)), "utf-8")


def _server(port: int) -> dict[str, object]:
    return {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": port,
        "discovery.uri": f"http://127.0.0.1:{port}",
        "query.max-memory-per-node": f"{MEMORY_MB * 6 // 10}MB",
        "memory.heap-headroom-per-node": f"{MEMORY_MB * 2 // 10}MB",
    }


def _postgres(landscape: Landscape) -> dict[str, object]:
    login = landscape.dsn.removeprefix("postgresql://").split("@")[0].split(":")
    return {
        "connector.name": "postgresql",
        "connection-url": f"jdbc:postgresql://127.0.0.1:{landscape.postgres.port}/{DATABASE}",
        "connection-user": login[0],
        "connection-password": login[1],
    }


def _hive(landscape: Landscape, folder: Path) -> dict[str, object]:
    (folder / "metastore").mkdir()
    return {
        "connector.name": "hive",
        "hive.metastore": "file",
        "hive.metastore.catalog.dir": "local:///metastore",
        "hive.security": "allow-all",
        "fs.native-local.enabled": "true",
        "local.location": folder,
        "fs.native-s3.enabled": "true",
        "s3.endpoint": landscape.s3.endpoint,
        "s3.region": landscape.s3.region,
        "s3.path-style-access": "true",
        "s3.aws-access-key": landscape.s3.access_key,
        "s3.aws-secret-key": landscape.s3.secret_key,
    }


def _kafka(landscape: Landscape, descriptions: Path, topics: list[str]) -> dict[str, object]:
    return {
        "connector.name": "kafka",
        "kafka.nodes": landscape.kafka.bootstrap,
        "kafka.default-schema": SCHEMA,
        "kafka.table-names": ",".join(f"{SCHEMA}.{table}" for table in topics),
        "kafka.table-description-dir": descriptions,
        "kafka.hide-internal-columns": "true",
    }


def _description(table: str) -> dict[str, object]:
    # Its JSON decoder has no decimals: they stay texts there, and queries cast them.
    fields = [
        {"name": name, "mapping": name, "type": "VARCHAR" if kind.startswith("DECIMAL") else kind}
        for name, kind in tables.columns(table).items()
    ]
    message = {"dataFormat": "json", "fields": fields}
    return {"tableName": table, "schemaName": SCHEMA, "topicName": f"tpch_{table}", "message": message}


def _properties(path: Path, values: dict[str, object]) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), "utf-8")
