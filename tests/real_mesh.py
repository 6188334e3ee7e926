"""The demo mesh on real servers, with one more product that is large enough to be interrupted."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from argon2 import PasswordHasher
from confluent_kafka import KafkaException

from gateway.demo.data import DemoData, make_data
from gateway.demo.kafka import PARTITIONS, load_plays
from gateway.demo.lake import load_lake
from gateway.demo.postgres import ARTISTS, PAYMENTS, load_database

CATALOG = Path(__file__).parents[1] / "catalog"
USER, PASSWORD = "ann", "correct horse"
SECRETS = ("TEST_ARTISTS_DSN", "TEST_PAYMENTS_DSN", "TEST_S3_KEY", "TEST_S3_SECRET", "TEST_HASH")

_CONFIG = """\
[server]
port = 0
idle_seconds = 60
query_timeout = 120

[catalog]
folder = "catalog"

[limits]
memory = "1GB"
spill = "spill"

[users.{user}]
password_hash = {{ env = "TEST_HASH" }}
products = ["*"]

[stores.play_stream]
kind = "kafka"
bootstrap_servers = "{bootstrap}"

[stores.lake]
kind = "parquet"
url = "s3://{bucket}"
endpoint = "{endpoint}"
region = "us-east-1"
access_key = {{ env = "TEST_S3_KEY" }}
secret_key = {{ env = "TEST_S3_SECRET" }}
allow_http = true

[stores.artists_db]
kind = "postgres"
dsn = {{ env = "TEST_ARTISTS_DSN" }}

[stores.payments_db]
kind = "postgres"
dsn = {{ env = "TEST_PAYMENTS_DSN" }}
"""

_BULK = """\
apiVersion: v3.1.0
kind: DataContract
id: {domain}.bulk
name: bulk
version: 1.0.0
status: active
domain: {domain}
servers:
  - server: {store}
    type: custom
schema:
  - name: entries
    physicalName: {physical}
    properties:
      - {{name: id, logicalType: integer, physicalType: BIGINT, required: true}}
      - {{name: amount, logicalType: number, physicalType: "DECIMAL(14,2)"}}
      - {{name: note, logicalType: string, physicalType: VARCHAR}}
"""


@dataclass(frozen=True)
class RealMesh:
    """Where the configuration is, what the stores hold, and the folder that everything of the gateway is in."""

    config: Path
    data: DemoData
    folder: Path

    @property
    def spill(self) -> Path:
        return self.folder / "spill"


@contextmanager
def loaded(
    folder: Path,
    postgres: Any,
    kafka: Any,
    s3: Any,
    *,
    prefix: str,
    scale: float = 0.02,
    bulk: int = 0,
    topic: bool = True,
    noise: bool = False,
) -> Iterator[RealMesh]:
    """Fill the servers under names that begin with ``prefix``.

    ``bulk`` rows more go into one database and the lake, with ``noise`` so that they do not compress. A broker takes
    the rows of the topic once; with ``topic`` off, it holds what it holds.
    """
    data = make_data(scale)
    dsns = {name: postgres.createdb(f"{prefix}_{name}") for name in (ARTISTS, PAYMENTS)}
    for name, dsn in dsns.items():
        load_database(dsn, name, data)
    bucket = f"{prefix.replace('_', '-')}-lake"
    s3.create_bucket(bucket)
    load_lake(s3.filesystem(), bucket, data)
    with suppress(KafkaException):  # it may be there already
        kafka.create_topic("plays", PARTITIONS)
    if topic:
        load_plays(kafka.bootstrap, data.plays)
    shutil.copytree(CATALOG, folder / "catalog", ignore=shutil.ignore_patterns("*.toml"))
    (folder / "spill").mkdir()
    (folder / "state").mkdir()
    if bulk:
        _load_bulk(folder, postgres, f"{prefix}_{PAYMENTS}", s3, bucket, bulk, noise)
    values = (dsns[ARTISTS], dsns[PAYMENTS], s3.access_key, s3.secret_key, PasswordHasher().hash(PASSWORD))
    os.environ.update(dict(zip(SECRETS, values, strict=True)))
    config = folder / "headgate.toml"
    config.write_text(_CONFIG.format(user=USER, bootstrap=kafka.bootstrap, bucket=bucket, endpoint=s3.endpoint))
    try:
        yield RealMesh(config, data, folder)
    finally:
        for name in SECRETS:
            os.environ.pop(name, None)


def _load_bulk(folder: Path, postgres: Any, database: str, s3: Any, bucket: str, rows: int, noise: bool) -> None:
    postgres.execute(
        "CREATE TABLE bulk AS SELECT id::bigint, (id / 100.0)::numeric(14,2) AS amount, "
        f"'entry ' || md5(id::text) AS note FROM generate_series(1, {rows}) AS id",
        "ALTER TABLE bulk ALTER id SET NOT NULL",
        "ANALYZE bulk",
        database=database,
    )
    files = s3.filesystem()
    files.create_dir(f"{bucket}/bulk")
    chunk = 100_000
    note = "md5(id::VARCHAR) || md5((-id)::VARCHAR)" if noise else "'entry ' || id || ' of the ledger of the lake'"
    with duckdb.connect() as con:
        for start in range(0, rows, chunk):
            ids = f"range({start + 1}, {min(start + chunk, rows) + 1}) AS made(id)"
            made = con.sql(f"SELECT id, CAST(id AS DECIMAL(14,2)) AS amount, {note} AS note FROM {ids}")
            table = made.to_arrow_reader(chunk).read_all()
            pq.write_table(table, f"{bucket}/bulk/{start:010}.parquet", filesystem=files, compression="zstd")
    for domain, store, physical in (("payments", "payments_db", "public.bulk"), ("play", "lake", "bulk/*.parquet")):
        text = _BULK.format(domain=domain, store=store, physical=physical)
        (folder / "catalog" / domain / "bulk.yaml").write_text(text)
