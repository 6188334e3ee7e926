"""Drain and stop, and what a long stream costs."""

import signal
import threading
import time

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from tests.clients.conftest import Faucet, eventually
from tests.clients.served import ROWS, served


def test_l2_drain_refuses_new_work_and_lets_the_running_finish(house):
    release = threading.Event()

    def flow(call):
        yield pa.record_batch({"n": pa.array([1], pa.int64())})
        release.wait(20)
        yield pa.record_batch({"n": pa.array([2], pa.int64())})

    house.service.streams["SELECT held"] = (Faucet.schema, flow)
    client = house.raw()
    info = client.info("CommandStatementQuery", query="SELECT held")
    ticket = client.info("CommandStatementQuery", query="SELECT 1 AS a").endpoints[0].ticket
    reader = client.stream(info.endpoints[0].ticket)
    assert reader.read_chunk().data.to_pydict() == {"n": [1]}

    assert house.server.drain(0.1) is False
    body = wire.pack("ActionCreatePreparedStatementRequest", query="SELECT 1")
    refused = (lambda: client.query("SELECT 1"), lambda: client.act("CreatePreparedStatement", body), house.raw)
    for call in refused:
        with pytest.raises(fl.FlightUnavailableError, match="DRAINING: The gateway is shutting down"):
            call()
    assert client.stream(ticket).read_all().to_pydict() == {"a": [1]}  # a ticket that is out may still be fetched
    release.set()
    assert reader.read_all().to_pydict() == {"n": [2]}
    assert house.server.drain(5) is True


def test_stop_ends_what_runs_and_leaves_no_thread(house):
    before = set(threading.enumerate())
    faucet = Faucet(house.service, "SELECT slow", 1)
    client = house.raw()
    info = client.info("CommandStatementQuery", query="SELECT slow")
    reader = client.stream(info.endpoints[0].ticket)
    reader.read_chunk()
    house.server.stop()
    with pytest.raises(fl.FlightUnavailableError, match="DRAINING"):
        reader.read_all()
    assert faucet.stopped.is_set()
    assert house.server.running == 0
    eventually(lambda: not {one for one in threading.enumerate() if one.name.startswith("headgate")} - before)
    house.server.stop()


def test_a_long_stream_does_not_grow_the_server(tmp_path):
    with served(tmp_path) as gateway:
        client = gateway.client()
        every = "SELECT a.id, a.note FROM play.events.plays AS a, range({})"
        assert client.query(every.format(2)).num_rows == ROWS * 2
        before, peak, rows, size = gateway.metrics()["process_resident_memory_bytes"], 0.0, 0, 0
        for number, chunk in enumerate(fetch(client, every.format(400))):
            rows += chunk.data.num_rows
            size += chunk.data.nbytes
            if number % 25 == 0:
                peak = max(peak, gateway.metrics()["process_resident_memory_bytes"])
        assert rows == ROWS * 400
        assert size > 400 << 20
        assert peak - before < 100 << 20
        client.close()


STUCK = (
    "SELECT count(*) AS n FROM play.events.plays a, play.events.plays b, play.events.plays c WHERE a.id + b.id > c.id"
)


def fetch(client, sql):
    """Begin to fetch a statement: the reader."""
    return client.stream(client.info("CommandStatementQuery", query=sql).endpoints[0].ticket)


def test_l1_sigterm_ends_an_idle_server_at_once(tmp_path):
    with served(tmp_path) as gateway:
        client = gateway.client()
        assert client.query("SELECT count(*) AS n FROM play.events.plays").to_pydict() == {"n": [ROWS]}
        assert gateway.get("/readyz") == (200, "ready\n")
        started = time.monotonic()
        assert gateway.process.end(signal.SIGTERM) == 0
        assert time.monotonic() - started < 5
        client.close()


def test_l1_sigterm_lets_a_stream_end_and_l2_refuses_who_comes_meanwhile(tmp_path):
    with served(tmp_path, "drain_seconds = 60") as gateway:
        client, late = gateway.client(), gateway.client()
        every = "SELECT a.id, a.note FROM play.events.plays AS a, range(100)"
        reader = fetch(client, every)
        rows = reader.read_chunk().data.num_rows
        ticket = late.info("CommandStatementQuery", query="SELECT 1 AS a").endpoints[0].ticket
        gateway.process.process.send_signal(signal.SIGTERM)
        eventually(lambda: gateway.get("/readyz") == (503, "draining\n"))
        for refused in (gateway.client, lambda: late.query("SELECT 1 AS a")):
            with pytest.raises(fl.FlightUnavailableError, match="DRAINING: The gateway is shutting down"):
                refused()
        assert late.stream(ticket).read_all().to_pydict() == {"a": [1]}
        assert gateway.get("/livez") == (200, "alive\n")
        assert gateway.process.process.poll() is None
        rows += sum(chunk.data.num_rows for chunk in reader)
        assert rows == ROWS * 100
        assert gateway.process.wait() == 0
        for one in (client, late):
            one.close()


def test_l1_sigterm_interrupts_a_query_that_does_not_end(tmp_path):
    with served(tmp_path, "drain_seconds = 1\nheartbeat_seconds = 0.2") as gateway:
        client = gateway.client()
        reader = fetch(client, STUCK)
        eventually(lambda: gateway.metrics()["headgate_queries_running"] == 1)
        gateway.process.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        with pytest.raises(fl.FlightUnavailableError, match="DRAINING"):
            reader.read_all()
        assert 0.5 < time.monotonic() - started < 4
        assert gateway.process.wait() == 0
        assert time.monotonic() - started < 8
        client.close()


def test_l1_a_balancer_is_given_time_to_notice(tmp_path):
    with served(tmp_path, "deregister_seconds = 60\ndrain_seconds = 60") as gateway:
        client = gateway.client()
        gateway.process.process.send_signal(signal.SIGTERM)
        eventually(lambda: gateway.get("/readyz") == (503, "draining\n"))
        assert client.query("SELECT 1 AS a").to_pydict() == {"a": [1]}
        started = time.monotonic()
        gateway.process.process.send_signal(signal.SIGTERM)  # a second one hurries
        assert gateway.process.wait() == 130
        assert time.monotonic() - started < 8
        client.close()
