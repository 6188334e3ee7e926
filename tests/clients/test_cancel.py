"""A query ends when its client leaves, says so, or has run out of time; and then nothing is left of it."""

import logging
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from tests.clients.conftest import Faucet, eventually, fetched

ROOT = Path(__file__).parents[2]
PINGS = [
    ("grpc.keepalive_time_ms", 250),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.keepalive_permit_without_calls", 1),
]
CANCELLED = adbc_driver_manager.AdbcStatusCode.CANCELLED


def nothing_left(house, faucet) -> None:
    eventually(faucet.stopped.is_set, 2)
    eventually(lambda: house.server.running == 0, 2)
    assert house.service.closed == 1


@pytest.mark.parametrize("batches", [0, 3])
def test_c1_adbc_cancel_ends_a_query_that_produces_nothing_or_streams(house, batches):
    faucet = Faucet(house.service, "SELECT slow", batches)
    with house.adbc() as connection, connection.cursor() as cursor:
        timer = threading.Timer(0.3, cursor.adbc_cancel)
        timer.start()
        with pytest.raises(adbc_driver_manager.Error) as caught:
            fetched(cursor, "SELECT slow")
        assert caught.value.status_code == CANCELLED
        timer.join()
        nothing_left(house, faucet)
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]


def test_c2_a_clients_own_deadline_is_noticed(house):
    faucet = Faucet(house.service, "SELECT slow")
    options = {"adbc.flight.sql.rpc.timeout_seconds.fetch": "0.4"}
    with house.adbc(**options) as connection, connection.cursor() as cursor:
        with pytest.raises(adbc_driver_manager.Error) as caught:
            fetched(cursor, "SELECT slow")
        assert caught.value.status_code == adbc_driver_manager.AdbcStatusCode.TIMEOUT
    nothing_left(house, faucet)


@contextmanager
def client_to_kill(house, sql, what):
    command = [sys.executable, "-m", "tests.clients.killed", house.server.uri, sql, what]
    client = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield client
    finally:
        client.kill()
        client.wait(5)
        client.stdout.close()


@pytest.mark.parametrize("batches", [0, 3])
def test_c3_a_client_killed_in_doget_is_noticed_even_while_nothing_is_produced(house, batches):
    faucet = Faucet(house.service, "SELECT slow", batches)
    with client_to_kill(house, "SELECT slow", "fetch") as client:
        assert faucet.started.wait(20)
        assert client.stdout.readline() == b"begun\n"
        for _ in range(batches):
            assert client.stdout.readline() == b"batch\n"
        client.kill()
        killed = time.monotonic()
        eventually(faucet.stopped.is_set, 2)
        assert time.monotonic() - killed < 1
        nothing_left(house, faucet)


def test_c3_a_client_killed_in_doput_leaves_nothing(house, caplog):
    with client_to_kill(house, "SELECT ? AS a", "bind") as client:
        assert client.stdout.readline() == b"bound\n"
        eventually(lambda: house.server.calls == 1)
        client.kill()
        eventually(lambda: house.server.calls == 0, 1)
    assert house.raw().query("SELECT 1 AS a").to_pydict() == {"a": [1]}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_c3_a_client_killed_in_getflightinfo_leaves_nothing(house, monkeypatch):
    planning, going = threading.Event(), threading.Event()
    prepare = house.service.prepare

    def slow(*arguments, **options):
        planning.set()
        assert going.wait(20)
        return prepare(*arguments, **options)

    monkeypatch.setattr(house.service, "prepare", slow)
    with client_to_kill(house, "SELECT 1", "plan") as client:
        assert planning.wait(20)
        client.kill()
    going.set()
    eventually(lambda: house.server.calls == 0, 1)
    assert house.server.running == 0
    assert house.raw().query("SELECT 1 AS a").to_pydict() == {"a": [1]}


CROSSED = " FROM play.events.plays AS p, play.events.plays AS q, play.events.plays AS r, play.events.plays AS s"
NEVER = f"SELECT p.device, q.count{CROSSED} WHERE (p.artist_id + q.artist_id * r.artist_id + s.artist_id) % 977 = 1000"


def test_c3_what_planning_asks_for_a_killed_client_is_given_up(gateway):
    """A PIVOT is planned by running a query for its columns."""
    before = gateway.server.running
    with client_to_kill(gateway, f"PIVOT ({NEVER}) ON device USING sum(count)", "plan") as client:
        assert client.stdout.readline() == b"begun\n"
        eventually(lambda: gateway.server.running == before + 1)
        assert not threading.Event().wait(0.3)
        assert gateway.server.running == before + 1
        client.kill()
        killed = time.monotonic()
        eventually(lambda: gateway.server.running == before and gateway.server.calls == 0)
        assert time.monotonic() - killed < 2


def test_c1_cancelling_interrupts_the_engine_within_half_a_second(gateway):
    with gateway.adbc() as connection, connection.cursor() as cursor:
        timer = threading.Timer(0.3, cursor.adbc_cancel)
        timer.start()
        with pytest.raises(adbc_driver_manager.Error) as caught:
            fetched(cursor, NEVER)
        cancelled = time.monotonic()
        assert caught.value.status_code == CANCELLED
        eventually(lambda: gateway.server.running == 0, 2)
        assert time.monotonic() - cancelled < 0.5
        timer.join()
    assert gateway.ask("SELECT 1 AS a") == [(1,)]


def test_a_stream_dropped_by_its_reader_is_noticed(house):
    faucet = Faucet(house.service, "SELECT slow", 1)
    client = house.raw()
    info = client.info("CommandStatementQuery", query="SELECT slow")
    reader = client.stream(info.endpoints[0].ticket)
    assert reader.read_chunk().data.to_pydict() == {"n": [0]}
    reader.cancel()
    nothing_left(house, faucet)


@pytest.mark.parametrize("action", ["CancelFlightInfo", "CancelQuery"])
def test_c4_cancelling_from_elsewhere(house, action):
    faucet = Faucet(house.service, "SELECT slow", 1)
    client, other = house.raw(), house.raw()
    info = client.info("CommandStatementQuery", query="SELECT slow")
    reader = client.stream(info.endpoints[0].ticket)
    reader.read_chunk()
    if action == "CancelQuery":
        body = wire.pack("ActionCancelQueryRequest", info=info.serialize())
    else:
        request = wire.make("CancelFlightInfoRequest")
        request.info.ParseFromString(info.serialize())
        body = request.SerializeToString()

    with pytest.raises(fl.FlightUnauthorizedError, match="issued to another user"):
        house.raw("bob").act(action, body)
    assert house.server.running == 1

    result = other.act(action, body)[0]
    if action == "CancelQuery":
        assert wire.unpack(result)[1].result == 1
    else:
        assert wire.parse("CancelFlightInfoResult", result).status == 1
    with pytest.raises(fl.FlightCancelledError, match="CANCELLED: The query was cancelled"):
        for _ in reader:  # read_all() would make a KeyboardInterrupt of it
            pass
    nothing_left(house, faucet)
    with pytest.raises(KeyError, match="QUERY_UNKNOWN: No running query has that id"):
        other.act(action, body)


@pytest.mark.parametrize(("limit", "header"), [(0.4, {}), (60.0, {"x_headgate_timeout": "0.4"})])
def test_a_query_past_its_deadline_ends_with_an_error_that_says_so(start, limit, header):
    house = start(query_timeout=limit)
    faucet = Faucet(house.service, "SELECT slow", 2)
    started = time.monotonic()
    with pytest.raises(fl.FlightTimedOutError, match="DEADLINE_EXCEEDED: The query ran past its deadline"):
        house.raw().query("SELECT slow", **header)
    assert time.monotonic() - started < 2
    nothing_left(house, faucet)


def test_an_answer_that_simply_ends_when_it_is_stopped_is_still_an_error(house):
    started = threading.Event()

    def flow(call):
        started.set()
        yield pa.record_batch({"n": pa.array([1], pa.int64())})
        call.wait(20)  # and then ends, as if that had been all

    house.service.streams["SELECT part"] = (Faucet.schema, flow)
    with pytest.raises(fl.FlightTimedOutError):
        house.raw().query("SELECT part", x_headgate_timeout="0.3")


def test_a_bad_timeout_is_refused(house):
    with pytest.raises(pa.ArrowInvalid, match="x-headgate-timeout must be a positive number"):
        house.raw().query("SELECT 1", x_headgate_timeout="soon")
    with pytest.raises(pa.ArrowInvalid, match="x-headgate-timeout must be a positive number"):
        house.raw().query("SELECT 1", x_headgate_timeout="nan")


def test_c5_a_client_that_stops_reading_loses_its_query(start):
    house = start(idle_seconds=0.3)
    big = pa.record_batch({"n": pa.array(range(1 << 17), pa.int64())})
    cancelled = threading.Event()

    def flow(call):
        with call.on_cancel(cancelled.set):
            while True:
                yield big

    house.service.streams["SELECT big"] = (Faucet.schema, flow)
    client = house.raw()
    info = client.info("CommandStatementQuery", query="SELECT big")
    reader = client.stream(info.endpoints[0].ticket)
    reader.read_chunk()
    assert cancelled.wait(5)
    with pytest.raises(fl.FlightTimedOutError, match="The client stopped reading"):
        for _ in reader:
            pass
    assert house.server.running == 0
    assert house.service.closed == 1


def test_c7_a_client_that_pings_survives_a_long_silence_by_heartbeats(start):
    """gRPC's server hangs up on a client that pings again and again while no data flows; batches without rows do."""
    houses = {seconds: start(heartbeat_seconds=seconds) for seconds in (0.2, 60.0)}
    outcomes = {}

    def ask(seconds, house):
        def flow(call):
            call.wait(4)
            yield pa.record_batch({"n": pa.array([7], pa.int64())})

        house.service.streams["SELECT silent"] = (Faucet.schema, flow)
        client = house.raw()
        info = client.info("CommandStatementQuery", query="SELECT silent")
        pinging = fl.FlightClient(house.server.uri, generic_options=PINGS)
        try:
            reader = pinging.do_get(info.endpoints[0].ticket, client.options())
            outcomes[seconds] = [n for chunk in reader for n in chunk.data["n"].to_pylist()]
        except (pa.ArrowException, fl.FlightError) as error:
            outcomes[seconds] = str(error)
        finally:
            pinging.close()

    threads = [threading.Thread(target=ask, args=item) for item in houses.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes[0.2] == [7]
    assert "Too many pings" in outcomes[60.0]
    for house in houses.values():
        eventually(lambda house=house: house.server.running == 0, 2)


def test_c6_only_so_many_queries_run_and_the_rest_wait_their_turn(start):
    house = start(max_running=1, max_queued=1, queue_seconds=0.5)
    first = Faucet(house.service, "SELECT first")
    clients = [house.raw() for _ in range(3)]
    infos = [client.info("CommandStatementQuery", query="SELECT first") for client in clients]
    running = clients[0].stream(infos[0].endpoints[0].ticket)
    assert first.started.wait(5)

    started = time.monotonic()
    with pytest.raises(fl.FlightUnavailableError, match="OVERLOADED: The gateway runs as many queries as it may"):
        clients[1].query("SELECT 1")
    assert 0.4 < time.monotonic() - started < 3

    outcome = []
    waiting = threading.Thread(target=lambda: outcome.append(_outcome(clients[1], "SELECT 1")))
    waiting.start()
    eventually(lambda: house.server.running == 2)
    assert "OVERLOADED" in _outcome(clients[2], "SELECT 1")  # the queue is full: at once
    running.cancel()
    waiting.join(5)
    assert outcome == ["{'1': [1]}"]
    eventually(lambda: house.server.running == 0)


def test_c6_one_user_takes_only_a_share_and_others_come_in(start):
    house = start(max_running=2, max_queued=4, queue_seconds=0.3, user_share=0.5)
    faucet = Faucet(house.service, "SELECT slow")
    ann, bob = house.raw(), house.raw("bob")
    info = ann.info("CommandStatementQuery", query="SELECT slow")
    running = ann.stream(info.endpoints[0].ticket)
    assert faucet.started.wait(5)
    assert "OVERLOADED" in _outcome(ann, "SELECT 1 AS a")  # a place is free, and not for her
    assert bob.query("SELECT 1 AS a").to_pydict() == {"a": [1]}
    running.cancel()
    eventually(lambda: house.server.running == 0)
    assert ann.query("SELECT 1 AS a").to_pydict() == {"a": [1]}


def test_one_user_makes_only_a_share_of_all_calls(start):
    house = start(max_calls=4, user_share=0.5)
    faucet = Faucet(house.service, "SELECT slow")
    ann, bob = house.raw(), house.raw("bob")
    infos = [ann.info("CommandStatementQuery", query="SELECT slow") for _ in range(2)]
    streams = [ann.stream(info.endpoints[0].ticket) for info in infos]
    assert faucet.started.wait(5)
    assert "OVERLOADED: You make as many calls at once as one user may" in _outcome(ann, "SELECT 1 AS a")
    assert bob.query("SELECT 1 AS a").to_pydict() == {"a": [1]}
    for stream in streams:
        stream.cancel()
    eventually(lambda: house.server.calls == 0)
    assert ann.query("SELECT 1 AS a").to_pydict() == {"a": [1]}


def _outcome(client, sql) -> str:
    try:
        return str(client.query(sql).to_pydict())
    except (pa.ArrowException, fl.FlightError) as error:
        return str(error)


def test_a_client_that_leaves_the_queue_frees_its_place(start):
    house = start(max_running=1, queue_seconds=30.0)
    first = Faucet(house.service, "SELECT first")
    client = house.raw()
    info = client.info("CommandStatementQuery", query="SELECT first")
    running = client.stream(info.endpoints[0].ticket)
    assert first.started.wait(5)
    waiting = client.info("CommandStatementQuery", query="SELECT 1")
    outcome = []

    def wait_and_leave():
        try:
            client.flight.do_get(waiting.endpoints[0].ticket, fl.FlightCallOptions(headers=client.headers, timeout=0.5))
        except fl.FlightTimedOutError:
            outcome.append("left")

    queued = threading.Thread(target=wait_and_leave)
    queued.start()
    eventually(lambda: house.server.running == 2)
    queued.join(5)
    assert outcome == ["left"]
    eventually(lambda: house.server.running == 1, 2)
    running.cancel()
    eventually(lambda: house.server.running == 0, 2)
