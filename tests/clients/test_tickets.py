"""What a ticket may be used for, by whom and how long; and bytes that are no tickets at all."""

import time

import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from gateway.flight.handles import Keyring, Seal
from gateway.flight.life import serving
from gateway.flight.settings import FlightSettings, User
from tests.clients.conftest import KEY, USERS, Raw

SQL = "SELECT 1 AS a"
LEAKS = ("Traceback", ".py", "File ")


def ticket(client, sql=SQL):
    return client.info("CommandStatementQuery", query=sql).endpoints[0].ticket


def opened(one):
    blob = wire.unpack(one.ticket)[1].statement_handle
    return Keyring([KEY]).open(Seal.TICKET, blob, expired=True)


def test_q16_a_ticket_carries_what_was_asked_and_nothing_rewritten(house):
    client = house.raw()
    content = opened(ticket(client))
    assert (content.principal, content.sql, content.parameters, content.profile) == ("ann", SQL, None, "common")
    assert content.timeout == 60.0
    assert SQL.encode() not in ticket(client).ticket


def test_q16_a_ticket_may_be_fetched_again_and_from_another_replica(house, start):
    client, other = house.raw(), start().raw()
    one = ticket(client)
    for reader in (client, client, other):
        assert reader.stream(one).read_all().to_pydict() == {"a": [1]}


def test_q16_a_gateway_with_other_keys_does_not_know_the_ticket(house, start):
    one = ticket(house.raw())
    with pytest.raises(pa.ArrowInvalid, match="TICKET_INVALID: The ticket was not issued by this gateway"):
        start(keys=()).raw().stream(one).read_all()


def test_q16_another_principal_is_refused(house):
    one = ticket(house.raw())
    with pytest.raises(fl.FlightUnauthorizedError, match="PERMISSION_DENIED: This was issued to another user"):
        house.raw("bob").stream(one).read_all()


def test_q16_an_expired_ticket_is_refused_and_can_be_renewed_before(start):
    client = start(ticket_lifetime=1.0).raw()
    info = client.info("CommandStatementQuery", query=SQL)
    request = wire.make("RenewFlightEndpointRequest")
    request.endpoint.ParseFromString(info.endpoints[0].serialize())
    time.sleep(0.6)  # the passing of time is what is tested
    renewed = fl.FlightEndpoint.deserialize(client.act("RenewFlightEndpoint", request.SerializeToString())[0])
    time.sleep(0.6)
    with pytest.raises(pa.ArrowInvalid, match="TICKET_INVALID: The ticket has expired"):
        client.stream(info.endpoints[0].ticket).read_all()
    assert renewed.locations == []
    assert client.stream(renewed.ticket).read_all().to_pydict() == {"a": [1]}


def test_q16_every_altered_byte_is_noticed(house):
    client = house.raw()
    whole = ticket(client).ticket
    sealed = wire.unpack(whole)[1].statement_handle
    for at in range(len(sealed)):
        blob = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(pa.ArrowInvalid, match="TICKET_INVALID"):
            client.stream(fl.Ticket(wire.pack("TicketStatementQuery", statement_handle=blob))).read_all()


def test_q16_a_prepared_handle_is_no_ticket_and_belongs_to_one_user(house):
    client = house.raw()
    body = wire.pack("ActionCreatePreparedStatementRequest", query=SQL)
    handle = wire.unpack(client.act("CreatePreparedStatement", body)[0])[1].prepared_statement_handle
    with pytest.raises(pa.ArrowInvalid, match="TICKET_INVALID"):
        client.stream(fl.Ticket(wire.pack("TicketStatementQuery", statement_handle=handle))).read_all()
    with pytest.raises(fl.FlightUnauthorizedError):
        house.raw("bob").info("CommandPreparedStatementQuery", prepared_statement_handle=handle)
    assert client.rows("CommandPreparedStatementQuery", prepared_statement_handle=handle).to_pydict() == {"a": [1]}
    direct = fl.Ticket(wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle))
    assert client.stream(direct).read_all().to_pydict() == {"a": [1]}


def test_q16_columns_that_changed_since_planning_are_an_error(house):
    client = house.raw()
    house.service.streams["SELECT * FROM t"] = (pa.schema([("a", pa.int32())]), lambda call: iter(()))
    one = ticket(client, "SELECT * FROM t")
    house.service.streams["SELECT * FROM t"] = (pa.schema([("b", pa.int32())]), lambda call: iter(()))
    with pytest.raises(pa.ArrowInvalid, match="TICKET_INVALID: The answer's columns have changed"):
        client.stream(one).read_all()


@pytest.mark.parametrize("blob", [b"", b"\x00", b"\xff" * 40, b"random bytes", b"\x0a\x03abc", b"\x12" + b"\x7f" * 64])
def test_q18_garbage_tickets_and_commands_are_malformed(house, blob):
    client = house.raw()
    calls = (
        lambda: client.stream(fl.Ticket(blob)).read_all(),
        lambda: client.flight.get_flight_info(fl.FlightDescriptor.for_command(blob), client.options()),
        lambda: client.flight.get_schema(fl.FlightDescriptor.for_command(blob), client.options()),
        lambda: client.act("CreatePreparedStatement", blob),
        lambda: client.act("CancelQuery", blob),
    )
    for call in calls:
        with pytest.raises(pa.ArrowInvalid, match="REQUEST_MALFORMED") as caught:
            call()
        assert not any(leak in str(caught.value) for leak in LEAKS)


def test_q18_unknown_commands_actions_and_paths(house):
    client = house.raw()
    unknown = wire.make("Any", type_url="type.googleapis.com/arrow.flight.protocol.sql.CommandFly").SerializeToString()
    with pytest.raises(NotImplementedError, match="UNSUPPORTED"):
        client.flight.get_flight_info(fl.FlightDescriptor.for_command(unknown), client.options())
    with pytest.raises(NotImplementedError, match="UNSUPPORTED"):
        client.act("Fly", b"")
    with pytest.raises(pa.ArrowInvalid, match="REQUEST_MALFORMED: A path is no"):
        client.flight.get_flight_info(fl.FlightDescriptor.for_path("a", "b"), client.options())
    with pytest.raises(NotImplementedError, match="UNSUPPORTED"):
        list(client.flight.list_flights(b"", client.options()))
    misplaced = fl.Ticket(wire.pack("CommandStatementQuery", query=SQL))
    with pytest.raises(pa.ArrowInvalid, match="REQUEST_MALFORMED: CommandStatementQuery has no place"):
        client.stream(misplaced).read_all()
    for name in ("CancelFlightInfo", "RenewFlightEndpoint", "SetSessionOptions", "CloseSession"):
        with pytest.raises(pa.ArrowInvalid, match="REQUEST_MALFORMED"):
            client.act(name, b"\xff\xff")


def test_q16_a_grant_that_was_taken_back_holds_for_tickets_that_are_out(gateway):
    users = {"ann": User(USERS["ann"].password_hash, ("artists.*",))}
    with serving(gateway.service, FlightSettings(users=users, keys=(KEY,))) as server:
        client = Raw(server.uri, "ann", "s3cret")
        sql = "SELECT COUNT(*) AS n FROM artists.catalog.labels"
        one = ticket(client, sql)
        handle = client.prepare(sql).prepared_statement_handle
        assert client.stream(one).read_all().to_pydict() == {"n": [12]}
        users["ann"] = User(USERS["ann"].password_hash, ("play.*",))
        for step in (
            lambda: client.stream(one).read_all(),
            lambda: client.info("CommandPreparedStatementQuery", prepared_statement_handle=handle),
        ):
            with pytest.raises(KeyError, match="ADDRESS_UNKNOWN"):
                step()
        assert client.rows("CommandGetCatalogs")["catalog_name"].to_pylist() == ["play"]
        del users["ann"]
        with pytest.raises(fl.FlightUnauthenticatedError):
            client.stream(one).read_all()
        client.close()


def test_q16_nobody_renews_or_cancels_the_ticket_of_another(house):
    client, bob = house.raw(), house.raw("bob")
    info = client.info("CommandStatementQuery", query=SQL)
    renewal = wire.make("RenewFlightEndpointRequest")
    renewal.endpoint.ParseFromString(info.endpoints[0].serialize())
    cancelling = wire.make("CancelFlightInfoRequest")
    cancelling.info.ParseFromString(info.serialize())
    for name, body in (("RenewFlightEndpoint", renewal), ("CancelFlightInfo", cancelling)):
        with pytest.raises(fl.FlightUnauthorizedError, match="PERMISSION_DENIED: This was issued to another user"):
            bob.act(name, body.SerializeToString())
