"""What the status port tells of a Flight server at work."""

import http.client
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from connectors.errors import StoreUnavailable
from connectors.files import PinnedFiles
from connectors.memory import Memory
from gateway.app import open_gateway, report, serve
from gateway.config import load
from gateway.flight.life import serving
from gateway.flight.settings import FlightSettings
from gateway.metrics import Metrics
from gateway.status import Status, reporting
from tests.clients.conftest import KEY, USERS, Faucet, House, Raw, eventually
from tests.clients.duck import DuckService
from tests.clients.served import configured
from tests.mesh import PRODUCTS, TABLES, rows, running_mesh


class Told:
    """The status port of a house."""

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self) -> dict[str, float]:
        lines = [line for line in self.get("/metrics")[1].splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@contextmanager
def told_house(**changes):
    service = DuckService()
    settings = FlightSettings(**({"users": USERS, "keys": (KEY,)} | changes))
    status = Status(Metrics())
    with reporting(status, "127.0.0.1", 0) as url, serving(service, settings, status.metrics) as server:
        status.state = lambda: server.state
        house = House(service, server)
        yield house, Told(url)
        house.close()
    service.close()


def test_queries_are_counted_by_outcome_with_what_was_sent():
    with told_house() as (house, told):
        client = house.raw()
        assert client.query("SELECT i AS a FROM range(1000) t(i)").num_rows == 1000
        house.service.faults["run"] = StoreUnavailable("It is down.", store="pg")
        with pytest.raises(fl.FlightUnavailableError):
            client.query("SELECT 1 AS a")
        house.service.faults.clear()
        with pytest.raises(pa.ArrowInvalid):
            client.query("SELECT 'a value' FROM nowhere")
        eventually(lambda: house.server.calls == 0)
        seen = told.metrics()
        text = told.get("/metrics")[1]
    assert seen['headgate_queries_total{outcome="OK"}'] == 1
    assert seen['headgate_queries_total{outcome="STORE_UNAVAILABLE"}'] == 1
    assert seen["headgate_rows_sent_total"] == 1000
    assert seen["headgate_bytes_sent_total"] in range(8000, 8300)
    assert seen["headgate_query_seconds_count"] == 2
    assert seen['headgate_calls_total{method="handshake",outcome="OK"}'] == 1
    assert seen['headgate_calls_total{method="get_flight_info",outcome="OK"}'] == 2
    assert seen['headgate_calls_total{method="get_flight_info",outcome="SQL_INVALID"}'] == 1
    assert seen['headgate_calls_total{method="do_get",outcome="STORE_UNAVAILABLE"}'] == 1
    for hidden in ("ann", "value", "nowhere", "SELECT"):
        assert hidden not in text


def test_running_queued_and_refused_are_seen_while_they_are():
    with told_house(max_running=1, max_queued=1, queue_seconds=20.0) as (house, told):
        faucet = Faucet(house.service, "SELECT slow")
        clients = [house.raw() for _ in range(3)]
        info = clients[0].info("CommandStatementQuery", query="SELECT slow")
        running = clients[0].stream(info.endpoints[0].ticket)
        assert faucet.started.wait(5)
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(clients[1].query("SELECT 1 AS a").to_pydict()))
        waiting.start()
        eventually(lambda: told.metrics()["headgate_queries_queued"] == 1)
        with pytest.raises(fl.FlightUnavailableError, match="OVERLOADED"):
            clients[2].query("SELECT 1 AS a")
        with pytest.raises(fl.FlightUnauthenticatedError):
            house.raw("ann", "wrong")
        seen = told.metrics()
        assert (seen["headgate_queries_running"], seen["headgate_queries_queued"]) == (1, 1)
        assert seen["headgate_calls_running"] == 2
        assert seen['headgate_refused_total{code="OVERLOADED"}'] == 1
        assert seen['headgate_calls_total{method="handshake",outcome="UNAUTHENTICATED"}'] == 1
        running.cancel()
        waiting.join(10)
        assert answers == [{"a": [1]}]
        eventually(lambda: house.server.calls == 0)
        seen = told.metrics()
        assert (seen["headgate_queries_running"], seen["headgate_queries_queued"]) == (0, 0)
        assert seen['headgate_queries_total{outcome="CANCELLED"}'] == 1
        assert seen['headgate_queries_total{outcome="OVERLOADED"}'] == 1
        assert seen['headgate_queries_total{outcome="OK"}'] == 1


def test_readiness_follows_the_server():
    status = Status(Metrics())
    with reporting(status, "127.0.0.1", 0) as url:
        told = Told(url)
        assert told.get("/readyz") == (503, "starting\n")
        service = DuckService()
        with serving(service, FlightSettings(users=USERS), status.metrics) as server:
            status.state = lambda: server.state
            assert told.get("/readyz") == (200, "ready\n")
            assert server.drain(5) is True
            assert told.get("/readyz") == (503, "draining\n")
        assert told.get("/readyz") == (503, "draining\n")
        assert told.get("/livez") == (200, "alive\n")
        service.close()


def test_a_gateway_says_starting_until_its_catalog_is_loaded_and_it_listens(tmp_path):
    config = load(configured(tmp_path))
    with report(config) as (status, url):
        told = Told(url)
        assert told.get("/readyz") == (503, "starting\n")
        with open_gateway(config) as gateway:
            assert told.get("/readyz") == (503, "starting\n")
            with serve(gateway, config, status) as server:
                assert told.get("/readyz") == (200, "ready\n")
                client = Raw(server.uri, "ann", "s3cret")
                assert client.query("SELECT count(*) AS n FROM play.events.plays").num_rows == 1
                client.close()
            assert told.get("/readyz") == (503, "draining\n")
    with pytest.raises(ConnectionRefusedError):
        told.get("/livez")


def test_parts_of_queries_are_counted_by_store():
    status = Status(Metrics())
    stores = {name: Memory(name, rows()) for name in PRODUCTS}
    placed = {name: name for name in PRODUCTS}
    with (
        reporting(status, "127.0.0.1", 0) as url,
        running_mesh(stores, placed, TABLES, PinnedFiles()) as mesh,
        serving(mesh.service, FlightSettings(users=USERS), status.metrics) as server,
    ):
        house = House(mesh.service, server)
        house.raw().query(
            "SELECT l.name FROM artists.catalog.labels AS l JOIN play.events.plays AS p ON p.artist_id = l.id"
        )
        eventually(lambda: house.server.calls == 0)
        seen = {name: value for name, value in Told(url).metrics().items() if "fragments" in name}
        house.close()
    assert {name.split('"')[1] for name in seen} <= set(PRODUCTS)
    assert len(seen) == 2
    assert set(seen.values()) == {1}
