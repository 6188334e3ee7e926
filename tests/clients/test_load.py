"""Three hundred clients, hostile ones among them, against one process: it lives, and nothing is left of them."""

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from tests.clients.conftest import Raw, eventually
from tests.clients.served import ROWS, served

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[2]
CLIENTS, PLACES = 300, 4
LIMITS = f"""\
max_running = {PLACES}
max_queued = 40
queue_seconds = 10
idle_seconds = 1
max_calls = 350
heartbeat_seconds = 0.5
"""
JOINED = """
    SELECT count(*) AS n, sum(e.id) AS total FROM play.events.plays AS p
    JOIN payments.bulk.entries AS e ON e.id = p.id WHERE e.id % 2 = 0
"""
EXPECTED = {"n": [ROWS // 2], "total": [sum(range(0, ROWS, 2))]}
HEAVY = """
    SELECT count(*) AS n FROM play.events.plays a, play.events.plays b, payments.bulk.entries c WHERE a.id + b.id > c.id
"""
WIDE = "SELECT e.id, e.note FROM payments.bulk.entries AS e, range(200)"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, postgres_server):
    dsn = postgres_server.createdb("load")
    postgres_server.execute(
        "CREATE TABLE entries AS SELECT i AS id, 'note ' || i AS note "
        f"FROM generate_series(0::bigint, {ROWS - 1}) AS i",
        database="load",
    )
    with served(tmp_path_factory.mktemp("load"), LIMITS, dsn) as made:
        client = made.client()
        for _ in range(8):
            assert client.query(JOINED).to_pydict() == EXPECTED
        client.close()
        yield made
        assert made.process.process.poll() is None


@pytest.fixture(autouse=True)
def nothing_stays(gateway, postgres_server):
    """Around every test: no calls, queries, threads, files or busy backends more than before."""
    eventually(lambda: idle(gateway), 5)
    before = gateway.metrics()
    yield
    eventually(lambda: idle(gateway), 5)
    eventually(lambda: gateway.metrics()["process_threads"] <= before["process_threads"] + 3, 10)
    eventually(lambda: gateway.metrics()["process_open_fds"] <= before["process_open_fds"] + 5, 10)
    eventually(lambda: working_backends(postgres_server) == [], 2)
    assert gateway.get("/readyz") == (200, "ready\n")
    assert not [line for line in gateway.process.text.splitlines() if "Traceback" in line or "ERROR" in line]
    client = gateway.client()
    assert client.query(JOINED).to_pydict() == EXPECTED
    client.close()


def idle(gateway) -> bool:
    now = gateway.metrics()
    busy = ("headgate_queries_running", "headgate_queries_queued", "headgate_calls_running")
    return not any(now[name] for name in busy)


def working_backends(postgres_server) -> list[str]:
    query = "SELECT query FROM pg_stat_activity WHERE datname = 'load' AND state <> 'idle' AND pid <> pg_backend_pid()"
    return [row[0] for row in postgres_server.rows(query)]


def crowd(count, act) -> Counter[str]:
    """So many threads act at once; how it ended for them."""
    ended, together = Counter[str](), threading.Barrier(count)

    def one(number: int) -> None:
        together.wait(30)
        try:
            ended[act(number)] += 1
        except (pa.ArrowException, fl.FlightError, KeyError) as error:
            told = str(error)
            ended[next((code for code in ("OVERLOADED", "CANCELLED", "DEADLINE") if code in told), told)] += 1
        except BaseException as error:
            ended[repr(error)] += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not [thread for thread in threads if thread.is_alive()]
    return ended


def test_c6_three_hundred_clients_at_once_get_the_answer_or_a_clear_refusal(gateway):
    peak, watched = Counter[str](), threading.Event()

    def watch() -> None:
        while not watched.wait(0.05):
            now = gateway.metrics()
            for name in ("headgate_queries_running", "headgate_queries_queued", "process_threads"):
                peak[name] = max(peak[name], int(now[name]))

    def ask(number: int) -> str:
        client = gateway.client()
        try:
            return "right" if client.query(JOINED).to_pydict() == EXPECTED else "wrong"
        finally:
            client.close()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        ended = crowd(CLIENTS, ask)
    finally:
        watched.set()
        watching.join(5)
    assert set(ended) <= {"right", "OVERLOADED"}, ended
    assert ended["right"] >= 40
    assert ended["OVERLOADED"] > 0
    assert peak["headgate_queries_running"] <= PLACES
    assert peak["headgate_queries_queued"] <= 40
    assert peak["process_threads"] < 450


def test_clients_that_are_killed_in_the_middle(gateway):
    kinds = [(HEAVY, "fetch"), (WIDE, "fetch"), ("SELECT ? AS a", "bind")] * 2
    command = [sys.executable, "-m", "tests.clients.killed", gateway.uri]
    clients = [subprocess.Popen([*command, *kind], cwd=ROOT, stdout=subprocess.PIPE) for kind in kinds]
    try:
        for client in clients:
            assert client.stdout.readline() in (b"begun\n", b"bound\n")
        eventually(lambda: gateway.metrics()["headgate_queries_running"] == 4, 20)
        eventually(lambda: gateway.metrics()["headgate_calls_running"] == 6, 20)
    finally:
        for client in clients:
            client.kill()
        killed = time.monotonic()
        for client in clients:
            client.wait(5)
            client.stdout.close()
    eventually(lambda: idle(gateway), 5)
    assert time.monotonic() - killed < 2


def test_readers_that_stand_still_lose_their_queries_and_others_get_the_places(gateway):
    clients = [gateway.client() for _ in range(PLACES)]
    readers = []
    for client in clients:
        readers.append(client.stream(client.info("CommandStatementQuery", query=WIDE).endpoints[0].ticket))
        assert readers[-1].read_chunk().data.num_rows >= 0
    eventually(lambda: gateway.metrics()["headgate_queries_running"] == 0, 10)  # and the readers hold on to theirs
    other = gateway.client()
    assert other.query(JOINED).to_pydict() == EXPECTED
    for reader in readers:
        with pytest.raises(fl.FlightTimedOutError, match="The client stopped reading"):
            for _ in reader:
                pass
    for client in (*clients, other):
        client.close()


def test_garbage_of_every_kind(gateway):
    chance = random.Random(11)
    client = gateway.client()
    good = client.info("CommandStatementQuery", query="SELECT 1 AS a").endpoints[0].ticket.ticket
    names = ("CreatePreparedStatement", "CancelFlightInfo", "CancelQuery", "RenewFlightEndpoint", "Nonsense")

    def bent() -> bytes:
        data = bytearray(good if chance.random() < 0.5 else chance.randbytes(chance.randrange(400)))
        for _ in range(chance.randrange(1, 4)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.3 else data)

    def send(mine: Raw, data: bytes) -> None:
        way = chance.randrange(3)
        if way == 0:
            mine.stream(fl.Ticket(data)).read_all()
        elif way == 1:
            mine.flight.get_flight_info(fl.FlightDescriptor.for_command(data), mine.options())
        else:
            mine.act(chance.choice(names), data)

    def act(_: int) -> str:
        mine = gateway.client()
        for data in [bent() for _ in range(30)]:
            if data != good:
                with pytest.raises((pa.ArrowException, fl.FlightError, KeyError, NotImplementedError)) as caught:
                    send(mine, data)
                assert "INTERNAL" not in str(caught.value)
        mine.close()
        return "refused"

    assert crowd(20, act) == {"refused": 20}
    client.close()


def test_e2_texts_of_twenty_kilobytes_come_back_short_and_readable(gateway):
    name = "x" * 20_000

    def act(number: int) -> str:
        client = gateway.client()
        with pytest.raises((pa.ArrowException, KeyError)) as caught:
            client.query(f'SELECT 1 FROM play.events."{name}{number}"')
        told = str(caught.value)
        client.close()
        return "short" if len(told) < 4_000 and "(query " in told else told

    assert crowd(30, act) == {"short": 30}


def test_calls_beyond_the_limit_are_refused_before_anything_is_done_for_them(gateway):
    client = gateway.client()
    body = wire.pack("ActionCreatePreparedStatementRequest", query="SELECT ? AS a")
    handle = wire.unpack(client.act("CreatePreparedStatement", body)[0])[1].prepared_statement_handle
    descriptor = fl.FlightDescriptor.for_command(
        wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
    )
    row = pa.record_batch({"1": ["a"]})
    open_ones = [client.flight.do_put(descriptor, row.schema, client.options())[0] for _ in range(360)]
    eventually(lambda: gateway.metrics()["headgate_calls_running"] == 350, 10)
    with pytest.raises(fl.FlightUnavailableError, match="OVERLOADED: The gateway answers as many calls as it may"):
        client.query("SELECT 1 AS a")
    assert gateway.metrics()["process_threads"] < 450
    assert gateway.get("/livez") == (200, "alive\n")
    for writer in open_ones:
        with suppress(pa.ArrowException, fl.FlightError, OSError):
            writer.close()
    client.close()
