"""The demo as a newcomer meets it, and the command line against the demo's mesh, in process and over the wire."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from gateway.demo.data import DemoData
from gateway.demo.mesh import PASSWORD, USER, Mesh, running_mesh
from gateway.demo.questions import QUESTIONS, ROYALTIES
from gateway.demo.tour import connected, fetch

ROOT = Path(__file__).resolve().parents[2]
SCALE = 0.01
DEADLINE = 60


@dataclass(frozen=True)
class House:
    mesh: Mesh
    uri: str


def headgate(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
        env=os.environ | environment,
    )


class Foreground:
    """A ``headgate`` that stays in the foreground; its output is read as it comes."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"COLUMNS": "200"},
        )
        self.text = ""
        self._news = threading.Condition()
        self._readers = [threading.Thread(target=self._read, args=(pipe,)) for pipe in self._pipes]
        for reader in self._readers:
            reader.start()

    @property
    def _pipes(self):
        return (self.process.stdout, self.process.stderr)

    def _read(self, pipe) -> None:
        for line in pipe:
            with self._news:
                self.text += line
                self._news.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str]:
        with self._news:
            assert self._news.wait_for(lambda: re.search(pattern, self.text), DEADLINE), self.text
            return re.search(pattern, self.text)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        try:
            return self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            for reader in self._readers:
                reader.join(5)
            for pipe in self._pipes:
                pipe.close()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with running_mesh(SCALE) as mesh:
        serving = Foreground("serve", "--config", str(mesh.config))
        try:
            yield House(mesh, serving.wait_for(r"Flight SQL at (grpc://[\d.:]+)\.")[1])
        finally:
            assert serving.end() == 0


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


def doors(house: House) -> dict[str, tuple[str, ...]]:
    return {
        "remote": ("--url", house.uri, "--user", USER, "--password", PASSWORD),
        "local": ("--config", str(house.mesh.config)),
    }


@pytest.mark.parametrize("door", ["remote", "local"])
def test_a_question_is_answered_in_every_format_at_both_doors(house: House, door: str) -> None:
    where = doors(house)[door]
    sql = "SELECT label_id, name, founded FROM artists.catalog.labels WHERE country = ? ORDER BY label_id;"
    as_csv = headgate("query", sql, "-p", "US", "-f", "csv", *where)
    assert (as_csv.returncode, as_csv.stderr) == (0, b"")
    assert as_csv.stdout.decode() == "label_id,name,founded\n2,Kite & Anchor,1991\n11,Half Moon,1962\n"
    as_json = headgate("query", sql, "-p", "US", "-f", "json", *where)
    assert [json.loads(line)["founded"] for line in as_json.stdout.splitlines()] == [1991, 1962]
    as_arrow = headgate("query", sql, "-p", "US", "-f", "arrow", *where)
    table = pa.ipc.open_stream(as_arrow.stdout).read_all()
    assert table["name"].to_pylist() == ["Kite & Anchor", "Half Moon"]
    assert table.schema.types == [pa.int32(), pa.utf8(), pa.int16()]
    as_table = headgate("query", sql, "-p", "US", *where)
    assert "Half Moon" in as_table.stdout.decode()
    assert as_table.stderr.decode().strip() == "2 rows"


@pytest.mark.parametrize("door", ["remote", "local"])
def test_explain_tells_what_runs_where_and_off_pushes_nothing(house: House, door: str) -> None:
    sql = "SELECT name FROM artists.catalog.labels WHERE founded < 1970"
    pushed = headgate("explain", "--json", "--analyze", sql, *doors(house)[door])
    assert pushed.returncode == 0, pushed.stderr
    (fragment,) = json.loads(pushed.stdout)["fragments"]
    assert (fragment["store"], fragment["rows"]) == ("artists_db", 2)
    plain = headgate("explain", "--json", "--analyze", "--pushdown", "off", sql, *doors(house)[door])
    (fragment,) = json.loads(plain.stdout)["fragments"]
    assert fragment["rows"] == 12
    assert b"artists_db" in headgate("explain", sql, *doors(house)[door]).stdout


@pytest.mark.parametrize("door", ["remote", "local"])
def test_the_catalog_is_listed_and_shown(house: House, door: str) -> None:
    listed = headgate("catalog", "list", *doors(house)[door], COLUMNS="200").stdout.decode()
    addresses = re.findall(r"^ *(\w+\.\w+\.\w+) ", listed, re.MULTILINE)
    assert len(addresses) == 9
    assert addresses == sorted(addresses)
    shown = headgate("catalog", "show", "payments.royalties", *doors(house)[door], COLUMNS="200").stdout.decode()
    assert re.search(r"per_play +│ DECIMAL\(12,6\) +│ no ", shown)
    assert "payments.royalties.statements" in shown
    unknown = headgate("catalog", "show", "payments.nothing", *doors(house)[door])
    assert unknown.returncode == 1
    assert unknown.stderr.startswith(b"ADDRESS_UNKNOWN: ")


def test_check_is_content_with_the_mesh_and_names_what_is_wrong(house: House, tmp_path: Path) -> None:
    content = headgate("catalog", "check", "--config", str(house.mesh.config), COLUMNS="200")
    assert content.returncode == 0, content.stderr
    assert content.stdout.decode().startswith("5 products, 9 datasets")
    broken = tmp_path / "headgate.toml"
    broken.write_text('[sever]\n[stores.lake]\nkind = "parket"\n')
    wrong = headgate("catalog", "check", "--config", str(broken))
    assert wrong.returncode == 1
    assert wrong.stderr.startswith(b"CONFIG_INVALID: ")
    assert b"sever" in wrong.stderr
    assert b"lake" in wrong.stderr


@pytest.mark.parametrize("door", ["remote", "local"])
@pytest.mark.parametrize(
    ("sql", "code", "hint"),
    [
        ("SELECT * FROM artists.catalog.lables", b"ADDRESS_UNKNOWN: ", b"artists.catalog.labels"),
        ("DROP TABLE artists.catalog.labels", b"SQL_NOT_ALLOWED: ", b"SELECT"),
        ("SELECT nme FROM artists.catalog.labels", b"SQL_INVALID: ", b""),
    ],
)
def test_an_error_is_one_line_and_one_hint_with_code_1(
    house: House, door: str, sql: str, code: bytes, hint: bytes
) -> None:
    failed = headgate("query", sql, *doors(house)[door])
    assert failed.returncode == 1
    assert failed.stdout == b""
    assert failed.stderr.startswith(code)
    assert hint in failed.stderr
    assert b"Traceback" not in failed.stderr


def test_wrong_credentials_leave_with_1(house: House) -> None:
    failed = headgate("query", "SELECT 1", "--url", house.uri, "--user", USER, "--password", "guess")
    assert failed.returncode == 1
    assert failed.stderr.startswith(b"UNAUTHENTICATED: ")


def test_a_store_that_is_down_leaves_with_3(house: House, tmp_path: Path) -> None:
    text = house.mesh.config.read_text("utf-8").replace(house.mesh.bootstrap, "127.0.0.1:1")
    text = text.replace('"secrets/', f'"{house.mesh.config.parent}/secrets/').replace('"state"', f'"{tmp_path}/state"')
    config = tmp_path / "headgate.toml"
    config.write_text(text)
    failed = headgate("query", "SELECT count(*) FROM play.events.plays", "--config", str(config))
    assert failed.returncode == 3, failed.stderr
    assert b"play_stream" in failed.stderr
    answered = headgate(
        "query", "SELECT count(*) AS n FROM artists.catalog.labels", "--config", str(config), "-f", "csv"
    )
    assert answered.stdout == b"n\n12\n"


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
