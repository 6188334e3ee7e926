"""Stores that die in mid-query: a typed error by name within five seconds, and never a shorter answer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import StoreTimeout, StoreUnavailable
from gateway.app import open_gateway
from gateway.config import load
from gateway.policy import LOCAL
from tests.conftest import running_server
from tests.real_mesh import loaded

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3, pytest.mark.slow]

ROWS = 1_500_000
SOON = 5.0


@dataclass
class House:
    """A gateway over servers of its own, which the tests may kill."""

    gateway: Any
    servers: dict[str, Any]
    state: Path

    def start(self, sql: str) -> Any:
        made = self.gateway.service.prepare(sql, LOCAL)
        return self.gateway.service.run(made, Call(timeout=60))

    def count(self, address: str) -> int:
        (batch,) = self.start(f"SELECT count(*) AS n FROM {address}")
        return batch.to_pylist()[0]["n"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as held:
        servers = {}
        for name in ("postgres", "kafka", "s3"):
            started = running_server(name, tmp_path_factory.mktemp(f"own-{name}"))
            servers[name] = next(started)
            held.callback(next, started, None)
        mesh = held.enter_context(
            loaded(
                tmp_path_factory.mktemp("house"),
                servers["postgres"],
                servers["kafka"],
                servers["s3"],
                scale=0.3,
                bulk=ROWS,
                noise=True,
                prefix="faults",
            )
        )
        gateway = held.enter_context(open_gateway(load(mesh.config)))
        yield House(gateway, servers, mesh.folder / "state")


@pytest.fixture
def killed(house: House) -> Iterator[Callable[[str], None]]:
    """Kills a server by name, and starts it again when the test is over."""
    dead: list[str] = []

    def kill(name: str) -> None:
        house.servers[name].kill()
        dead.append(name)

    yield kill
    for name in dead:
        house.servers[name].restart()


def drained(answer: Any) -> int:
    return sum(batch.num_rows for batch in answer)


@pytest.mark.parametrize(
    ("server", "address", "product", "store"),
    [
        ("postgres", "payments.bulk.entries", "payments.bulk", "payments_db"),
        ("s3", "play.bulk.entries", "play.bulk", "lake"),
    ],
)
def test_a_server_killed_in_mid_stream(
    house: House, killed: Callable[[str], None], server: str, address: str, product: str, store: str
) -> None:
    answer = house.start(f"SELECT id, note || 'x' AS note FROM {address}")
    batches = iter(answer)
    seen = next(batches).num_rows
    killed(server)
    started = time.monotonic()
    with pytest.raises((StoreUnavailable, StoreTimeout)) as raised:
        seen += sum(batch.num_rows for batch in batches)
    assert time.monotonic() - started < SOON
    assert 0 < seen < ROWS
    assert (raised.value.product, raised.value.store) == (product, store)
    assert "secret" not in str(raised.value)
    others = {
        "postgres": ("play.bulk.entries", ROWS),
        "s3": ("payments.bulk.entries", ROWS),
    }
    address_of_other, rows = others[server]
    assert house.count(address_of_other) == rows


def test_a_broker_killed_while_a_topic_is_read(house: House, killed: Callable[[str], None]) -> None:
    """The first snapshot of a topic reads all of it; the broker dies when the first segment is being written."""
    failed: list[Exception] = []

    def read() -> None:
        try:
            house.count("play.events.plays")
        except Exception as problem:
            failed.append(problem)

    reading = threading.Thread(target=read)
    reading.start()
    deadline = time.monotonic() + 10
    while not any(path.is_file() for path in house.state.rglob("*")):
        assert time.monotonic() < deadline
        assert reading.is_alive()
    killed("kafka")
    died = time.monotonic()
    reading.join(20)
    assert not reading.is_alive()
    assert time.monotonic() - died < SOON
    assert [(type(problem), problem.product, problem.store) for problem in failed] in (
        [(StoreUnavailable, "play.events", "play_stream")],
        [(StoreTimeout, "play.events", "play_stream")],
    )
    assert house.count("payments.bulk.entries") == ROWS
    assert house.count("play.bulk.entries") == ROWS


def test_the_topic_is_whole_once_the_broker_is_back(house: House) -> None:
    assert house.count("play.events.plays") == 300_000


@pytest.mark.parametrize(
    ("server", "sql"),
    [
        ("postgres", "SELECT count(*) FROM payments.royalties.rates"),
        ("s3", "SELECT count(*) FROM listeners.profiles"),
    ],
)
def test_a_server_that_is_down_is_told_and_comes_back(
    house: House, killed: Callable[[str], None], server: str, sql: str
) -> None:
    before = drained(house.start(sql))
    killed(server)
    started = time.monotonic()
    with pytest.raises((StoreUnavailable, StoreTimeout)):
        drained(house.start(sql))
    assert time.monotonic() - started < SOON
    house.servers[server].restart()
    assert drained(house.start(sql)) == before


def test_a_join_fails_as_a_whole_when_one_of_its_stores_dies(house: House, killed: Callable[[str], None]) -> None:
    killed("s3")
    sql = "SELECT a.id, b.note FROM payments.bulk.entries a JOIN play.bulk.entries b ON a.id = b.id"
    with pytest.raises((StoreUnavailable, StoreTimeout)) as raised:
        pa.Table.from_batches(list(house.start(sql)))
    assert raised.value.store == "lake"
