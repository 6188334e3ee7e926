"""Two server processes that share nothing but a key: each step of one client's conversation on the other."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from tests.clients.conftest import Raw
from tests.clients.test_sessions import Cookies, choose, chosen

NEW, OLD = "11" * 32, "22" * 32
SQL = "SELECT id, country FROM artists.catalog.labels WHERE id = ?"
WAIT = 30


@contextmanager
def replica(*keys: str) -> Iterator[str]:
    """The address of a server process with these keys; the first one seals."""
    command = [sys.executable, "-m", "tests.clients.replica", *keys]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        late = threading.Timer(WAIT, process.kill)
        late.start()
        try:
            assert process.stdout is not None
            uri = process.stdout.readline().strip()
            assert uri.startswith("grpc://127.0.0.1:"), "the replica did not start"
            late.cancel()
            yield uri
        finally:
            late.cancel()
            process.communicate(timeout=WAIT)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def replicas():
    with replica(NEW, OLD) as first, replica(NEW, OLD) as second:
        yield first, second


@pytest.fixture
def pair(replicas):
    """Clients of two replicas. Only the first has logged in; the second sends the token that the first gave."""
    first = Raw(replicas[0], "ann", "s3cret")
    second = Raw(replicas[1], "", "")
    second.headers = list(first.headers)
    yield first, second
    first.close()
    second.close()


def row(value):
    return pa.record_batch({"1": [value]})


def test_q17_two_processes_serve_each_step_of_one_conversation(pair):
    a, b = pair
    handle = a.prepare(SQL).prepared_statement_handle
    bound = b.bind(handle, row(3))
    info = a.info("CommandPreparedStatementQuery", prepared_statement_handle=bound)
    table = b.stream(info.endpoints[0].ticket).read_all()
    assert table.schema.equals(info.schema, check_metadata=True)
    assert table["id"].to_pylist() == [3]
    rebound = a.bind(bound, row(4))
    info = b.info("CommandPreparedStatementQuery", prepared_statement_handle=rebound)
    assert a.stream(info.endpoints[0].ticket).read_all()["id"].to_pylist() == [4]
    for one, blob in ((a, handle), (b, handle), (b, bound), (a, rebound), (a, b"no handle at all")):
        assert one.release(blob) == []


def test_q17_two_processes_serve_plain_queries_schemas_and_metadata_alike(pair):
    a, b = pair
    for one, other in (pair, (b, a)):
        info = one.info("CommandStatementQuery", query="SELECT COUNT(*) AS n FROM play.events")
        assert other.stream(info.endpoints[0].ticket).read_all().to_pydict() == {"n": [400]}
        command = wire.pack("CommandGetTables", include_schema=True)
        ticket = one.info("CommandGetTables", include_schema=True).endpoints[0].ticket
        assert ticket.ticket == command
        assert other.stream(ticket).read_all().num_rows == 4
    handle = a.prepare(SQL).prepared_statement_handle
    schema = b.schema("CommandPreparedStatementQuery", prepared_statement_handle=handle)
    assert schema.names == ["id", "country"]


def test_q17_two_processes_share_session_options_by_token(pair, replicas):
    a, b = pair
    option = wire.make("SessionOption", key="catalog", value={"string_value": "artists"})
    body = wire.make("SetSessionOptionsRequest", session_options=[option]).SerializeToString()
    told: dict[str, list[str]] = {}
    client = fl.FlightClient(replicas[0], middleware=[Heard(told)])
    list(client.do_action(fl.Action("SetSessionOptions", body), a.options()))
    client.close()
    b.headers = [(b"authorization", told["authorization"][0].encode())]
    assert chosen(b)["catalog"] == "artists"
    assert b.query("SELECT COUNT(*) AS n FROM catalog.labels").to_pydict() == {"n": [12]}
    info = b.info("CommandStatementQuery", query="SELECT COUNT(*) AS n FROM catalog.labels")
    # The ticket carries the session in which it was asked for, and is good without it.
    assert a.stream(info.endpoints[0].ticket).read_all().to_pydict() == {"n": [12]}


def test_q17_two_processes_share_session_options_by_cookie(pair, replicas):
    a, b = pair
    cookies = Cookies()
    for client, uri in zip(pair, replicas, strict=True):
        client.close()
        client.flight = fl.FlightClient(uri, middleware=[cookies])
    assert choose(a, "pushdown", {"string_value": "off"}) == {}
    assert chosen(b)["pushdown"] == "off"
    assert choose(b, "pushdown", {}) == {}
    assert chosen(a)["pushdown"] == "on"


class Heard(fl.ClientMiddlewareFactory):
    """Keeps the headers of the last answer."""

    def __init__(self, headers):
        super().__init__()
        self.headers = headers

    def start_call(self, info):
        return _HeardCall(self.headers)


class _HeardCall(fl.ClientMiddleware):
    def __init__(self, kept):
        super().__init__()
        self.kept = kept

    def received_headers(self, headers):
        self.kept.update(headers)


def test_q17_a_ticket_is_renewed_on_the_other_process_and_cancelled_only_where_it_runs(pair):
    a, b = pair
    info = a.info("CommandStatementQuery", query="SELECT 1 AS one")
    renewal = wire.make("RenewFlightEndpointRequest")
    renewal.endpoint.ParseFromString(info.endpoints[0].serialize())
    renewed = fl.FlightEndpoint.deserialize(b.act("RenewFlightEndpoint", renewal.SerializeToString())[0])
    assert a.stream(renewed.ticket).read_all().to_pydict() == {"one": [1]}
    cancelling = wire.make("CancelFlightInfoRequest")
    cancelling.info.ParseFromString(info.serialize())
    with pytest.raises(KeyError, match="QUERY_UNKNOWN"):
        b.act("CancelFlightInfo", cancelling.SerializeToString())


def test_q17_another_principal_can_use_nothing_on_either_process(pair, replicas):
    a, _ = pair
    handle = a.prepare(SQL).prepared_statement_handle
    ticket = a.info("CommandStatementQuery", query="SELECT 1 AS one").endpoints[0].ticket
    for uri in replicas:
        bob = Raw(uri, "bob", "s3cret")
        for step in (
            lambda bob=bob: bob.stream(ticket).read_all(),
            lambda bob=bob: bob.info("CommandPreparedStatementQuery", prepared_statement_handle=handle),
            lambda bob=bob: bob.bind(handle, row(3)),
        ):
            with pytest.raises(fl.FlightUnauthorizedError, match="PERMISSION_DENIED: This was issued to another user"):
                step()
        bob.close()


def test_q17_keys_rotate_without_anybody_noticing(replicas):
    with replica(OLD) as before, replica("33" * 32, NEW) as after:
        old, first = Raw(before, "ann", "s3cret"), Raw(replicas[0], "", "")
        # Sealed by the old key alone: a replica that seals with the new one still opens it.
        first.headers = old.headers
        ticket = old.info("CommandStatementQuery", query="SELECT 1 AS one").endpoints[0].ticket
        assert first.stream(ticket).read_all().to_pydict() == {"one": [1]}
        renewed = first.info("CommandStatementQuery", query="SELECT 2 AS two").endpoints[0].ticket
        # What that one seals, the old one cannot open, and the next in the rotation can.
        with pytest.raises(pa.ArrowInvalid, match="TICKET_INVALID: The ticket was not issued by this gateway"):
            old.stream(renewed).read_all()
        second, last = Raw(replicas[1], "ann", "s3cret"), Raw(after, "", "")
        last.headers = second.headers
        assert last.stream(renewed).read_all().to_pydict() == {"two": [2]}
        # The oldest key is out of the ring by then.
        with pytest.raises(pa.ArrowInvalid, match="TICKET_INVALID"):
            last.stream(ticket).read_all()
        last.headers = old.headers
        with pytest.raises(fl.FlightUnauthenticatedError):
            last.stream(renewed).read_all()
        for client in (old, first, second, last):
            client.close()
