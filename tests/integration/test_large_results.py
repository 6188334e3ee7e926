"""Results larger than anyone wants to hold: the gateway runs as a process of its own, and its memory is watched."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import adbc_driver_flightsql.dbapi as flightsql
import pyarrow.compute as pc
import pytest

from tests.real_mesh import PASSWORD, USER, loaded

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3, pytest.mark.slow]

ROWS = 5_000_000
GROWTH = 300 * 1_000_000
_URI = re.compile(r"grpc://127\.0\.0\.1:\d+")


@dataclass
class Served:
    process: subprocess.Popen[str]
    uri: str
    spill: Path

    def memory(self, what: str) -> int:
        """``VmRSS`` or ``VmHWM`` (the peak) of the gateway, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) * 1024

    def connect(self) -> Any:
        return flightsql.connect(self.uri, db_kwargs={"username": USER, "password": PASSWORD}, autocommit=True)


@pytest.fixture(scope="module")
def served(tmp_path_factory, postgres_server, kafka_broker, s3_server) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("large")
    with loaded(folder, postgres_server, kafka_broker, s3_server, prefix="large", bulk=ROWS, topic=False) as mesh:
        command = [str(Path(sys.executable).with_name("headgate")), "serve", "--config", str(mesh.config)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        try:
            yield Served(process, _uri(process), mesh.spill)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def _uri(process: subprocess.Popen[str]) -> str:
    """What the gateway prints when it is up."""
    late = threading.Timer(60, process.kill)
    late.start()
    try:
        for line in process.stdout:
            if match := _URI.search(line):
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return match[0]
    finally:
        late.cancel()
    raise AssertionError("the gateway did not come up")


@pytest.mark.parametrize("address", ["payments.bulk.entries", "play.bulk.entries"])
def test_five_million_rows_stream_through(served: Served, address: str) -> None:
    with served.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {address} LIMIT 1")
        cursor.fetch_arrow_table()
        before = served.memory("VmRSS")
        cursor.execute(f"SELECT * FROM {address}")
        rows = total = 0
        for batch in cursor.fetch_record_batch():
            rows += batch.num_rows
            total += pc.sum(batch.column("id")).as_py()
        assert (rows, total) == (ROWS, ROWS * (ROWS + 1) // 2)
    grown = served.memory("VmHWM") - before
    print(f"{address}: {grown / 1e6:.0f} MB")
    assert grown < GROWTH


def test_a_fragment_that_is_too_large_to_keep_is_spilled_and_joined(served: Served) -> None:
    """Five million rows come out of Postgres for a join with as many of the lake, under a limit of 1 GB in all."""
    sql = """
        SELECT count(*) AS pairs, sum(a.amount) AS amount, max(b.note) AS last
        FROM payments.bulk.entries AS a JOIN play.bulk.entries AS b ON a.id = b.id WHERE length(a.note) > 3
    """
    with served.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE (FORMAT JSON) {sql}")
        explained = json.loads(cursor.fetch_arrow_table().column(0)[0].as_py())
        cursor.execute(sql)
        assert cursor.fetchall() == [
            (ROWS, Decimal(ROWS * (ROWS + 1) // 2) / 100, "entry 999999 of the ledger of the lake")
        ]
    (fragment,) = explained["fragments"]
    assert (fragment["how"], fragment["rows"]) == ("spilled", ROWS)
    assert served.memory("VmHWM") < 1_000_000_000 + 2 * GROWTH
    assert not [path for path in served.spill.rglob("*") if path.is_file()]


def test_a_slow_reader_does_not_fill_the_gateway(served: Served) -> None:
    with served.connect() as connection, connection.cursor() as cursor:
        before = served.memory("VmRSS")
        cursor.execute("SELECT * FROM payments.bulk.entries")
        reader = cursor.fetch_record_batch()
        assert reader.read_next_batch().num_rows > 0
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            assert served.memory("VmRSS") - before < GROWTH
            threading.Event().wait(0.1)
