"""What a client sees when something breaks: a typed error with an id, and nothing of the gateway's inside."""

import base64
import logging
import re

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
import pytest

from connectors.errors import (
    HeadgateError,
    StoreChanged,
    StoreDenied,
    StoreTimeout,
    StoreUnavailable,
    TableUnknown,
)
from gateway.errors import (
    AddressUnknown,
    Internal,
    MemoryExceeded,
    Overloaded,
    PermissionDenied,
    QueryFailed,
    SqlNotAllowed,
)
from gateway.flight import actions, auth, commands, metadata, middleware, server, wire
from gateway.flight.errors import translate
from gateway.flight.meters import Meters
from tests.clients.conftest import Faucet, eventually

INJECTED = "injected-9f3 /etc/headgate/secret.toml password=hunter2"
SQL = "SELECT 1 AS a"


class Broken(Exception):
    pass


def broken(*_args, **_kwargs):
    raise Broken(INJECTED)


def descriptor(sql=SQL):
    return fl.FlightDescriptor.for_command(wire.pack("CommandStatementQuery", query=sql))


def put(client, batches=(pa.record_batch({"1": [1]}),)):
    handle = wire.unpack(client.act("CreatePreparedStatement", prepare())[0])[1].prepared_statement_handle
    command = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
    descriptor = fl.FlightDescriptor.for_command(command)
    writer, reader = client.flight.do_put(descriptor, batches[0].schema, client.options())
    try:
        for batch in batches:
            writer.write_batch(batch)
        writer.done_writing()
        reader.read()
    finally:
        writer.close()


def exchange(client):
    writer, reader = client.flight.do_exchange(descriptor(), client.options())
    writer.done_writing()
    reader.read_chunk()
    writer.close()


def prepare() -> bytes:
    return wire.pack("ActionCreatePreparedStatementRequest", query="SELECT ? AS a")


def catalogs(client):
    info = client.info("CommandGetCatalogs")
    return client.stream(info.endpoints[0].ticket).read_all()


def session(client):
    body = wire.make("GetSessionOptionsRequest").SerializeToString()
    return client.act("GetSessionOptions", body)


# every way in × the function of ours that breaks there
CALLS = {
    "GetFlightInfo": (commands.Commands, "plan", lambda client: client.info("CommandStatementQuery", query=SQL)),
    "GetSchema": (commands.Commands, "schema", lambda client: client.flight.get_schema(descriptor(), client.options())),
    "DoGet": (commands.Commands, "fetch", lambda client: client.query(SQL)),
    "DoGet metadata": (metadata, "answer", catalogs),
    "DoPut": (commands.Commands, "bind", put),
    "DoAction": (actions.Actions, "run", session),
    "DoAction prepare": (actions.Statements, "create", lambda client: client.act("CreatePreparedStatement", prepare())),
    "ListActions": (server, "DESCRIPTIONS", lambda client: list(client.flight.list_actions(client.options()))),
    "ListFlights": (server, "Unsupported", lambda client: list(client.flight.list_flights(b"", client.options()))),
    "DoExchange": (server, "Unsupported", exchange),
    "middleware": (auth.Authenticator, "caller", lambda client: client.query(SQL)),
    "Rpc": (middleware, "Rpc", lambda client: client.query(SQL)),
}


@pytest.mark.parametrize("name", CALLS)
def test_e3_a_fault_in_any_handler_shows_an_id_and_nothing_else(house, monkeypatch, caplog, name):
    owner, attribute, call = CALLS[name]
    client = house.raw()
    monkeypatch.setattr(owner, attribute, _Unlistable() if attribute == "DESCRIPTIONS" else broken)
    with caplog.at_level(logging.ERROR, "headgate.flight"), pytest.raises(Exception) as caught:
        call(client)
    told = str(caught.value)
    assert "INTERNAL: The gateway met an error of its own." in told
    assert_nothing_leaks(told)
    assert INJECTED in caplog.text  # the operator finds all of it
    monkeypatch.undo()
    assert client.query(SQL).to_pydict() == {"a": [1]}


class _Unlistable:
    def __iter__(self):
        raise Broken(INJECTED)


def assert_nothing_leaks(told: str) -> None:
    for leak in ("Traceback", ".py", "injected", "hunter2", "/etc/", "Broken"):
        assert leak not in told, told


@pytest.mark.parametrize("where", ["prepare", "run", "catalog"])
def test_e3_a_fault_of_the_service_shows_an_id_and_nothing_else(house, where):
    client = house.raw()
    house.service.faults[where] = Broken(INJECTED)
    with pytest.raises(fl.FlightInternalError) as caught:
        catalogs(client) if where == "catalog" else client.query(SQL)
    assert_nothing_leaks(str(caught.value))


def test_e3_a_fault_in_the_middle_of_a_stream_shows_an_id_and_nothing_else(house):
    def flow(call):
        yield pa.record_batch({"n": pa.array([1], pa.int64())})
        raise Broken(INJECTED)

    house.service.streams["SELECT broken"] = (Faucet.schema, flow)
    with pytest.raises(fl.FlightInternalError, match="error of its own") as caught:
        house.raw().query("SELECT broken")
    assert_nothing_leaks(str(caught.value))
    assert house.service.closed == 1


def test_e3_a_failed_login_check_shows_an_id_and_nothing_else(house, monkeypatch):
    monkeypatch.setattr(auth._Passwords, "right", broken)
    with pytest.raises(fl.FlightInternalError) as caught:
        house.raw()
    assert_nothing_leaks(str(caught.value))
    monkeypatch.undo()
    monkeypatch.setattr(auth.Authenticator, "token", broken)
    with pytest.raises(fl.FlightInternalError) as caught:
        house.raw()
    assert_nothing_leaks(str(caught.value))


def test_e3_a_failing_cleanup_is_logged_and_harms_nobody(house, monkeypatch, caplog):
    client = house.raw()
    monkeypatch.setattr("tests.clients.duck.DuckAnswer.close", broken)
    with caplog.at_level(logging.ERROR, "headgate.flight"), pytest.raises(fl.FlightInternalError) as caught:
        client.query(SQL)
    assert_nothing_leaks(str(caught.value))
    assert house.server.running == 0


STATUS = [
    (SqlNotAllowed("no"), pa.ArrowInvalid),
    (QueryFailed("no"), pa.ArrowInvalid),
    (PermissionDenied("no"), fl.FlightUnauthorizedError),
    (AddressUnknown("no"), KeyError),
    (TableUnknown("no"), KeyError),
    (StoreTimeout("no"), fl.FlightTimedOutError),
    (StoreUnavailable("no"), fl.FlightUnavailableError),
    (StoreChanged("no"), fl.FlightUnavailableError),
    (StoreDenied("no"), fl.FlightInternalError),
    (MemoryExceeded("no"), fl.FlightInternalError),
    (Overloaded("no"), fl.FlightUnavailableError),
    (Internal("no"), fl.FlightInternalError),
]


@pytest.mark.parametrize(("error", "seen"), STATUS, ids=lambda value: getattr(value, "code", ""))
@pytest.mark.parametrize("place", ["planned", "streamed"])
def test_e1_errors_reach_the_client_with_status_code_and_id(house, error, seen, place):
    def flow(call):
        yield pa.record_batch({"n": pa.array([1], pa.int64())})
        raise type(error)("It failed.", hint="Do this.", product="play.events", store="s3") from Broken(INJECTED)

    house.service.streams["SELECT x"] = (Faucet.schema, flow)
    if place == "planned":
        house.service.faults["prepare"] = type(error)("It failed.", hint="Do this.", product="play.events", store="s3")
    with pytest.raises(seen) as caught:
        house.raw().query("SELECT x")
    told = str(caught.value)
    assert f"{error.code}: It failed. [product 'play.events', store 's3'] Hint: Do this. (query " in told
    assert_nothing_leaks(told)


BROKEN = "SELECT CAST(CASE WHEN i = 390000 THEN 'x' ELSE '1' END AS INTEGER) AS a FROM range(400000) AS t(i)"
TOLD = [
    ("SELECT FROM WHERE", "SQL_SYNTAX", "INVALID_ARGUMENT"),
    ("SELECT 1; SELECT 2", "SQL_NOT_ALLOWED", "INVALID_ARGUMENT"),
    ("DROP TABLE artists.catalog.labels", "SQL_NOT_ALLOWED", "INVALID_ARGUMENT"),
    ("SELECT * FROM artists.catalog.lables", "ADDRESS_UNKNOWN", "NOT_FOUND"),
    ("SELECT nope FROM artists.catalog.labels", "SQL_INVALID", "INVALID_ARGUMENT"),
    ("SELECT name + founded FROM artists.catalog.labels", "SQL_INVALID", "INVALID_ARGUMENT"),
    ("SELECT CAST(name AS INTEGER) FROM artists.catalog.labels", "QUERY_FAILED", "INVALID_ARGUMENT"),
    (BROKEN, "QUERY_FAILED", "INVALID_ARGUMENT"),
    ("SELECT " + "x" * 30_000, "SQL_INVALID", "INVALID_ARGUMENT"),
    ("SELECT '" + "x" * 70_000 + "'", "SQL_TOO_LARGE", "INVALID_ARGUMENT"),
]


@pytest.mark.parametrize(("sql", "code", "status"), TOLD, ids=[sql[:30] for sql, _, _ in TOLD])
def test_e1_what_a_driver_shows_of_an_error(gateway, sql, code, status):
    """The real planner and engine behind ADBC: planned, running, and in the middle of a stream."""
    with pytest.raises(adbc_driver_manager.Error) as caught:
        gateway.ask(sql)
    assert caught.value.status_code == getattr(adbc_driver_manager.AdbcStatusCode, status)
    assert_told(str(caught.value), code)
    assert gateway.server.running == 0


def test_e1_what_is_not_granted_and_what_is_anothers(gateway):
    with pytest.raises(adbc_driver_manager.Error) as caught:
        gateway.ask("SELECT count(*) FROM play.events.plays", user="bob")
    assert_told(str(caught.value), "ADDRESS_UNKNOWN")
    ticket = gateway.raw().info("CommandStatementQuery", query=SQL).endpoints[0].ticket
    with pytest.raises(fl.FlightUnauthorizedError) as refused:
        gateway.raw("bob").stream(ticket)
    assert_told(str(refused.value), "PERMISSION_DENIED")


def assert_told(text: str, code: str) -> None:
    """What the gateway said within what a driver makes of it: the code, an id, and nothing of the inside."""
    found = re.search(rf"({code}: .*? \(query [0-9a-f]{{32}}\))", text, re.DOTALL)
    assert found, text
    assert len(found[1].encode()) <= 1_500
    for leak in ("Traceback", ".py", "/home", "/tmp", "site-packages"):
        assert leak not in text


def test_e3_a_hook_that_fails_keeps_none_of_the_others_from_running(house, monkeypatch, caplog):
    client = house.raw()
    monkeypatch.setattr(Meters, "called", broken)
    with caplog.at_level(logging.ERROR, "headgate.flight"):
        assert client.query(SQL).to_pydict() == {"a": [1]}
        eventually(lambda: house.server.calls == 0)
    assert "cleaning up failed" in caplog.text


def test_e2_a_twenty_kilobyte_error_text_is_cut_and_readable(house):
    house.service.faults["prepare"] = QueryFailed("ß" * 10_000, hint="h")
    with pytest.raises(pa.ArrowInvalid) as caught:
        house.raw().query(SQL)
    told = str(caught.value)
    assert told.count("ß") > 600
    assert "… (query " in told
    assert len(told.encode()) < 2_000


def test_requests_beyond_all_reason_are_refused_unread(house):
    client = house.raw()
    big = b"\x0a" * ((8 << 20) + 1)
    calls = (
        lambda: client.flight.get_flight_info(fl.FlightDescriptor.for_command(big), client.options()),
        lambda: client.stream(fl.Ticket(big)).read_all(),
        lambda: client.act("CreatePreparedStatement", big),
    )
    for call in calls:
        with pytest.raises(pa.ArrowInvalid, match="REQUEST_TOO_LARGE: The request is larger than 8,388,608 bytes"):
            call()
    assert house.service.prepared == []


def test_parameters_in_endless_pieces_are_refused(house):
    client = house.raw()
    empty = pa.record_batch({"1": pa.array([], pa.int64())})
    with pytest.raises(pa.ArrowInvalid, match="REQUEST_TOO_LARGE: The request has more than 1,000 batches"):
        put(client, [empty] * 1_100)


def test_an_error_of_the_service_keeps_the_log_line(house, caplog):
    house.service.faults["run"] = StoreUnavailable("The store is down.", store="pg")
    client = house.raw()
    with caplog.at_level(logging.INFO, "headgate.flight"):
        with pytest.raises(fl.FlightUnavailableError):
            client.query("SELECT 'private value' AS a")
        house.service.faults.clear()
        client.query("SELECT 'private value' AS a")
    lines = [record.getMessage() for record in caplog.records if "ended" in record.getMessage()]
    assert len(lines) == 2
    assert "of 'ann' ended: STORE_UNAVAILABLE, 0 rows" in lines[0]
    assert "of 'ann' ended: OK, 1 rows" in lines[1]
    assert "private" not in caplog.text


def test_a_refused_login_is_logged_without_its_secret(house, caplog):
    with caplog.at_level(logging.DEBUG, "headgate.flight"), pytest.raises(fl.FlightUnauthenticatedError):
        house.raw("ann", "hunter2")
    assert "a login was refused" in caplog.text
    assert "hunter2" not in caplog.text
    assert base64.b64encode(b"ann:hunter2").decode() not in caplog.text


def test_every_error_class_has_a_status():
    classes = [HeadgateError]
    for kind in classes:
        classes.extend(kind.__subclasses__())
    for kind in classes:
        assert isinstance(translate(kind("It failed."), "id"), Exception)
