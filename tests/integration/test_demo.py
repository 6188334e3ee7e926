"""The demo as a newcomer meets it: its answers are right, and it leaves nothing behind."""

import re
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from gateway.demo.data import DemoData
from gateway.demo.mesh import PASSWORD, USER
from gateway.demo.questions import QUESTIONS, ROYALTIES
from gateway.demo.tour import connected, fetch
from tests.integration.demo_house import DEADLINE, SCALE, Foreground, House, headgate
from tests.integration.demo_house import house as house


@pytest.fixture(scope="module")
def oracle(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB alone, over copies of the same data under the same names."""
    with duckdb.connect() as alone:
        for address, table in tables(house.mesh.data).items():
            domain, product, _ = address.split(".")
            alone.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {domain}")
            alone.execute(f"CREATE SCHEMA IF NOT EXISTS {domain}.{product}")
            alone.register("copied", table)
            alone.execute(f"CREATE TABLE {address} AS FROM copied")
        yield alone


def tables(data: DemoData) -> dict[str, pa.Table]:
    world = data.world
    months = [
        rows.append_column("month", pa.array([f"{month:%Y-%m}"] * rows.num_rows))
        for month, rows in data.daily_plays.items()
    ]
    return {
        "artists.catalog.labels": world.labels,
        "artists.catalog.songs": world.songs,
        "payments.royalties.rates": world.rates,
        "payments.royalties.statements": data.statements,
        "listeners.profiles.listeners": world.listeners,
        "play.events.plays": data.plays.set_column(3, "played_at", data.plays["played_at"].cast(pa.timestamp("us"))),
        "play.history.daily_plays": pa.concat_tables(months),
    }


def alone(sql: str) -> str:
    """The statement with the datasets spelled out that may be left out of an address."""
    return sql.replace("listeners.profiles AS", "listeners.profiles.listeners AS").replace(
        "play.history AS", "play.history.daily_plays AS"
    )


@pytest.mark.parametrize("pushdown", ["on", "off"])
@pytest.mark.parametrize("question", QUESTIONS, ids=range(1, len(QUESTIONS) + 1))
def test_the_tour_answers_as_duckdb_alone_does(house: House, oracle, question, pushdown: str) -> None:
    header = {"adbc.flight.sql.rpc.call_header.x-headgate-pushdown": pushdown}
    with connected(house.uri, **header) as connection:
        told = fetch(connection, question.sql, question.parameters)
    expected = oracle.sql(alone(question.sql), params=list(question.parameters) or None).to_arrow_table()
    assert told.num_rows > 0
    assert told.to_pylist() == expected.to_pylist()
    assert told.schema.names == expected.schema.names


def test_the_royalties_are_the_same_pushed_unpushed_and_alone(house: House, oracle) -> None:
    expected = oracle.sql(alone(ROYALTIES)).fetchall()
    assert len(expected) > 100
    for pushdown in ("on", "off"):
        with connected(house.uri, **{"adbc.flight.sql.rpc.call_header.x-headgate-pushdown": pushdown}) as connection:
            assert [tuple(row.values()) for row in fetch(connection, ROYALTIES).to_pylist()] == expected


class Yard:
    """A folder of our own for whatever the demo puts into the system's; short, because sockets have short names."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def left(self) -> list[str]:
        """Files in the folder, and processes whose command line names it."""
        # The empty lock of the PostgreSQL wheel lives where its library wants it, and outlives every server.
        found = [str(path) for path in Path(self.folder).iterdir() if path.name != ".lockfile"]
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                text = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found += [f"{process.parent.name}: {text}"] if self.folder in text else []
        return found


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    with tempfile.TemporaryDirectory(prefix="hg-yard-", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Yard(folder)


def test_the_demo_tells_its_tale_and_leaves_nothing(yard: Yard) -> None:
    started = time.monotonic()
    told = headgate("demo", "--scale", str(SCALE), COLUMNS="160")
    text = told.stdout.decode()
    assert told.returncode == 0, told.stderr
    assert told.stderr == b""
    assert time.monotonic() - started < DEADLINE
    assert len(re.findall(r"^\d+\. ", text, re.MULTILINE)) == 10
    assert "36 │           36" in text
    assert "pushdown changes the speed, never the answer" in text
    assert "ADDRESS_UNKNOWN" in text
    assert yard.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_mesh_that_stays_prints_lines_that_work_and_ends_on_a_signal(yard: Yard, number: signal.Signals) -> None:
    staying = Foreground("demo", "--stay", "--scale", "0.002")
    try:
        line = staying.wait_for(r"headgate query --url (\S+) --user demo '(.+)'")
        counted = headgate("query", line[2], "--url", line[1], "--user", USER, "-f", "csv", HEADGATE_PASSWORD=PASSWORD)
        assert counted.stdout.splitlines()[1:] == [b"2000"], counted.stderr
        assert "jdbc:arrow-flight-sql://127.0.0.1:" in staying.text
        assert yard.left() != []
    finally:
        code = staying.end(number)
    assert code == 0, staying.text
    assert yard.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_tour_that_is_broken_off_stops_what_it_started(yard: Yard, number: signal.Signals) -> None:
    touring = Foreground("demo", "--scale", "0.1")
    try:
        touring.wait_for("filling two databases")
    finally:
        code = touring.end(number)
    assert code == 130, touring.text
    assert "Traceback" not in touring.text
    assert yard.left() == []
