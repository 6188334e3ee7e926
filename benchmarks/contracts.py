"""The gateway's side of a landscape: contracts and a configuration."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from argon2 import PasswordHasher

from benchmarks import tables
from benchmarks.landscape import BUCKET, Landscape
from benchmarks.systems import MEMORY_MB

USER, PASSWORD = "bench", "bench"
_PHYSICAL = {"postgres": "public.{}", "parquet": "{}/*.parquet", "kafka": "tpch_{}"}
Columns = dict[str, str]

_CONFIG = """\
[server]
port = {port}

[status]
port = {status}

[catalog]
folder = "catalog"

[limits]
memory = "{memory}MB"
spill = "spill"

[users.{user}]
password_hash = {{ file = "secrets/hash" }}
products = ["*"]
"""
_DATABASE = """
[stores.{name}]
kind = "postgres"
dsn = {{ file = "secrets/{name}" }}
"""
_STORES = {
    "parquet": """
[stores.parquet]
kind = "parquet"
url = "s3://BUCKET"
endpoint = "ENDPOINT"
access_key = { file = "secrets/access" }
secret_key = { file = "secrets/secret" }
allow_http = true
""",
    "kafka": """
[stores.kafka]
kind = "kafka"
bootstrap_servers = "BOOTSTRAP"
""",
}


def write(landscape: Landscape, folder: Path, ports: tuple[int, int], kinds: Iterable[str]) -> Path:
    """Write a configuration over the stores of these kinds, with an empty catalog; its path."""
    stores = set(kinds)
    (folder / "catalog").mkdir(parents=True)
    (folder / "state").mkdir()
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "hash").write_text(PasswordHasher().hash(PASSWORD))
    text = _CONFIG.format(port=ports[0], status=ports[1], memory=MEMORY_MB, user=USER)
    if "postgres" in stores:
        (secrets / "postgres").write_text(landscape.dsn)
        text += _DATABASE.format(name="postgres")
    if "parquet" in stores:
        (secrets / "access").write_text(landscape.s3.access_key)
        (secrets / "secret").write_text(landscape.s3.secret_key)
        text += _STORES["parquet"].replace("BUCKET", BUCKET).replace("ENDPOINT", landscape.s3.endpoint)
    if "kafka" in stores:
        text += _STORES["kafka"].replace("BOOTSTRAP", landscape.kafka.bootstrap)
    (folder / "headgate.toml").write_text(text)
    return folder / "headgate.toml"


def add_database(folder: Path, name: str, dsn: str) -> None:
    """Give a configuration that was written one more store: a database of PostgreSQL."""
    (folder / "secrets" / name).write_text(dsn)
    with (folder / "headgate.toml").open("a", encoding="utf-8") as config:
        config.write(_DATABASE.format(name=name))


def publish_tpch(folder: Path, placement: tables.Placement) -> None:
    """One product for each kind of store, with the tables that the placement has there."""
    for kind in sorted(set(placement.values())):
        held = [table for table, place in placement.items() if place == kind]
        datasets = [dataset(table, kind, tables.columns(table), tables.key(table)) for table in held]
        publish(folder, "bench", tables.PRODUCTS[kind], kind, datasets)


def dataset(
    name: str, kind: str, columns: Columns, key: Iterable[str] = (), physical: str | None = None
) -> dict[str, object]:
    """One table of a contract."""
    keys = list(key)
    properties: list[dict[str, object]] = []
    for column, of_type in columns.items():
        one: dict[str, object] = {"name": column, "physicalType": of_type}
        if column in keys:
            one |= {"required": True, "primaryKey": True, "primaryKeyPosition": keys.index(column) + 1}
        properties.append(one)
    return {"name": name, "physicalName": physical or _PHYSICAL[kind].format(name), "properties": properties}


def publish(folder: Path, domain: str, product: str, store: str, datasets: list[dict[str, object]]) -> None:
    """Write a product's contract."""
    contract = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{domain}.{product}",
        "name": product,
        "version": "1.0.0",
        "status": "active",
        "domain": domain,
        "servers": [{"server": store, "type": "custom"}],
        "schema": datasets,
    }
    (folder / "catalog" / domain).mkdir(parents=True, exist_ok=True)
    (folder / "catalog" / domain / f"{product}.yaml").write_text(_yaml(contract), "utf-8")


def _yaml(contract: Mapping[str, object]) -> str:
    quick = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # thousands of contracts are written
    return str(yaml.dump(contract, Dumper=quick, sort_keys=False))
