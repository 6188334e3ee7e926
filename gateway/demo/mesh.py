"""The whole mesh on one machine: real stores in a temporary folder, filled, and a configuration that names them."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pyarrow.fs as fs

from gateway.demo.data import SEED, DemoData, make_data
from gateway.demo.kafka import embedded_broker, load_plays
from gateway.demo.lake import load_lake
from gateway.demo.postgres import ARTISTS, PAYMENTS, embedded_server, load_database
from gateway.errors import ConfigInvalid

USER = "demo"
PASSWORD = "demo"  # noqa: S105  (known to everybody: it guards made-up data on the loopback interface)
CATALOG = Path(__file__).resolve().parents[2] / "catalog"

Step = Callable[[str], AbstractContextManager[object]]
"""Wraps what may take longer than a second; told what it is."""

_CONFIG = """\
# Written by the demo. Credentials stand in files of their own, never here.

[server]
host = "127.0.0.1"
port = {port}

[catalog]
folder = '{catalog}'

[state]
directory = "state"

[limits]
memory = "1GB"

[users.{user}]
password_hash = {{ file = "secrets/password_hash" }}
products = ["*"]

[stores.play_stream]
kind = "kafka"
bootstrap_servers = "{kafka}"

[stores.lake]
kind = "parquet"
url = '{lake}'

[stores.artists_db]
kind = "postgres"
dsn = {{ file = "secrets/artists_dsn" }}

[stores.payments_db]
kind = "postgres"
dsn = {{ file = "secrets/payments_dsn" }}
"""


@dataclass(frozen=True)
class Mesh:
    """A running mesh: the data it was filled with, where its stores are, and the ``headgate.toml`` that names them."""

    data: DemoData
    config: Path
    databases: Mapping[str, str]
    bootstrap: str
    lake: Path


def _silent(what: str) -> AbstractContextManager[object]:  # noqa: ARG001  (the interface of Step)
    return nullcontext()


@contextmanager
def running_mesh(scale: float, *, seed: int = SEED, port: int = 0, step: Step = _silent) -> Iterator[Mesh]:
    """Start and fill all stores for the length of the block; nothing of them is left afterwards.

    ``scale`` is in million plays. Raises :class:`gateway.errors.ConfigInvalid` when the catalog is not there,
    :class:`gateway.demo.postgres.ServerMissing` and :class:`gateway.demo.kafka.TopicIncomplete` for the stores.
    """
    if not CATALOG.is_dir():
        raise ConfigInvalid("The demo's contracts are missing.", hint="Run the demo from a clone of the repository.")
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="headgate-", ignore_cleanup_errors=True)))
        with step(f"Making {scale * 1_000_000:,.0f} plays and everything around them"):
            data = make_data(scale, seed)
        with step("Starting PostgreSQL and filling two databases"):
            databases = held.enter_context(embedded_server(folder / "postgres"))
            for database, uri in databases.items():
                load_database(uri, database, data)
        with step("Starting a Kafka broker and filling a topic"):
            bootstrap = held.enter_context(embedded_broker())
            load_plays(bootstrap, data.plays)
        with step("Writing Parquet files"):
            load_lake(fs.LocalFileSystem(), str(folder / "lake"), data)
        config = _write_config(folder, databases, bootstrap, port)
        yield Mesh(data, config, databases, bootstrap, folder / "lake")


def _write_config(folder: Path, databases: Mapping[str, str], bootstrap: str, port: int) -> Path:
    from argon2 import PasswordHasher

    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700)
    (folder / "state").mkdir()
    (secrets / "password_hash").write_text(PasswordHasher().hash(PASSWORD))
    (secrets / "artists_dsn").write_text(databases[ARTISTS])
    (secrets / "payments_dsn").write_text(databases[PAYMENTS])
    config = folder / "headgate.toml"
    config.write_text(
        _CONFIG.format(port=port, catalog=CATALOG, user=USER, kafka=bootstrap, lake=folder / "lake"), "utf-8"
    )
    return config
