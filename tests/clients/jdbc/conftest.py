"""Generations of the real JDBC driver against the gateway, each with the rows of the checklist that it has to pass."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.clients.conftest import House
from tests.clients.jdbc.probe import JavaError, Probe, Remote, running
from tests.services import jdbc

CACHE = Path(__file__).parents[3] / ".cache"
# The last row that a generation has to pass, where it is not the last of all: see docs/clients.md.
_LAST_ROW = {"17.0.0": 9, "16.1.0": 6, "15.0.2": 6}
_TEST = re.compile(r"test_(j\d+)_")


class Driver:
    """One generation of the driver in a Java process of its own."""

    def __init__(self, version: str, probe: Probe) -> None:
        self.version = version
        self.major = int(version.partition(".")[0])
        self.probe = probe
        self.reading = probe["Reading"]

    def url(self, house: House, user: str = "ann", password: str = "s3cret", **more: str) -> str:
        """Where a house is; ``more`` are further parameters."""
        given = {"useEncryption": "false"} | ({"user": user, "password": password} if user else {}) | more
        parameters = "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())
        return f"jdbc:arrow-flight-sql://127.0.0.1:{house.server.port}/?{parameters}"

    @contextmanager
    def connected(self, house: House, *login: str, **more: str) -> Iterator[Remote]:
        """A connection, closed at the end of the block."""
        connection = self.probe["java.sql.DriverManager"].getConnection(self.url(house, *login, **more))
        try:
            yield connection
        finally:
            self._close(connection)

    def _close(self, connection: Remote) -> None:
        try:
            connection.close()
        except JavaError as error:
            # The driver's account of its own memory: before 17 it keeps the answer to each bind, and later ones now and
            # then a batch that was under way when a statement was cancelled.
            if not any("Memory was leaked" in cause for cause in error.causes):
                raise

    def ask(self, connection: Remote, sql: str) -> list[list[Any]]:
        """The rows of one statement."""
        with closing(connection.createStatement()) as statement:
            return self.reading.rows(statement.executeQuery(sql))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test of a row the generations that have to pass it, and any other test the newest."""
    if "driver" not in metafunc.fixturenames:
        return
    row = _TEST.match(metafunc.function.__name__)
    versions = [version for version in jdbc.VERSIONS if row and int(row[1][1:]) <= _LAST_ROW.get(version, 11)]
    drivers = [pytest.param(one, marks=pytest.mark.client(f"JDBC {one}")) for one in versions or [jdbc.NEWEST]]
    metafunc.parametrize("driver", drivers, indirect=True, scope="session")


@pytest.fixture(scope="session")
def probe_classes() -> Path:
    if reason := jdbc.missing():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"jdbc: {reason}")
    classes = CACHE / "jdbc-probe"
    sources = sorted(Path(__file__).parent.glob("*.java"))
    subprocess.run(["javac", "--release", "17", "-d", classes, *sources], check=True, timeout=60)
    return classes


@pytest.fixture(scope="session")
def driver(
    request: pytest.FixtureRequest, probe_classes: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Driver]:
    version = request.param
    log = tmp_path_factory.mktemp("jdbc") / "java.log"
    with running(probe_classes, jdbc.class_path(version), log) as probe:
        yield Driver(version, probe)
