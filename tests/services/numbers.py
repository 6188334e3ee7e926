"""A Postgres store over one table of numbers, for tests of sessions, snapshots and endings."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.call import Call
from connectors.files import PinnedFiles
from connectors.postgres import PostgresConnector, connect
from connectors.spi import NO_HINTS, Column, Surroundings, Table
from tests.services.fragments import fragment

NUMBERS = Table("numbers", (Column("n", "INTEGER", native="integer"), Column("word", "VARCHAR", native="text")))
ALL = fragment("SELECT x.n, x.word FROM numbers AS x", {"x": NUMBERS})
COUNTED = fragment("SELECT COUNT(*) AS c FROM numbers AS x", {"x": NUMBERS}, Column("c", "BIGINT"))
# Work without an end in sight: a product of a million rows with itself.
ENDLESS = fragment(
    "SELECT COUNT(*) AS c FROM numbers AS x CROSS JOIN numbers AS y WHERE x.word < y.word",
    {"x": NUMBERS, "y": NUMBERS},
    Column("c", "BIGINT"),
)


def made(dsn: str, **options: Any) -> PostgresConnector:
    return connect("shop", {"dsn": dsn, **options}, Surroundings(PinnedFiles(), Path("/nonexistent")))


def fill(server: Any, database: str, rows: int) -> str:
    dsn = server.createdb(database)
    values = f"SELECT g AS n, repeat('x', 40) || g AS word FROM generate_series(1, {rows}) g"
    server.execute(f"CREATE TABLE numbers AS {values}", database=database)
    return dsn


def until(true: Callable[[], bool], seconds: float = 2.0) -> float:
    """Wait for something; the seconds it took. Fails when it never comes."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - begin


def active(server: Any, call: Call) -> int:
    query = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate:{call.id}' AND state = 'active'"
    return int(server.rows(query)[0][0])


def count(store: PostgresConnector, call: Call | None = None) -> int:
    call = call or Call(timeout=10)
    with store.snapshot([NUMBERS], call) as snapshot:
        return sum(row["c"] for batch in store.open(COUNTED, snapshot, NO_HINTS, call) for row in batch.to_pylist())
