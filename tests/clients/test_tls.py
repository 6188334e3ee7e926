"""TLS, and users who come with certificates of their own."""

import base64
from urllib.parse import urlsplit

import adbc_driver_flightsql.dbapi as dbapi
import pyarrow as pa
import pyarrow.flight as fl
import pytest
from cryptography import x509

from gateway.errors import ConfigInvalid
from gateway.flight import wire
from gateway.flight.auth import Authenticator
from gateway.flight.life import FlightServer
from gateway.flight.settings import FlightSettings
from tests.clients.certificates import issue
from tests.clients.conftest import USERS, Raw, eventually

AUTHORITY = issue("users' authority", also=())
SERVER = issue("127.0.0.1")


def test_a10_tls_serves_who_trusts_the_certificate_and_nobody_else(start):
    own = issue("127.0.0.1")
    cert, key = own.pem, own.key_pem
    house = start(tls_cert=cert, tls_key=key)
    assert house.server.uri.startswith("grpc+tls://")
    trusting = fl.FlightClient(house.server.uri, tls_root_certs=cert)
    options = fl.FlightCallOptions(headers=[trusting.authenticate_basic_token("ann", "s3cret")])
    assert len(list(trusting.list_actions(options))) == 8
    trusting.close()

    strangers = [
        fl.FlightClient(house.server.uri, tls_root_certs=issue("127.0.0.1").pem),
        fl.FlightClient(house.server.uri.replace("grpc+tls", "grpc+tcp")),
    ]
    for stranger in strangers:
        with pytest.raises((fl.FlightUnavailableError, pa.ArrowException)):
            list(stranger.list_actions(fl.FlightCallOptions(timeout=3)))
        stranger.close()

    trusted = {"adbc.flight.sql.client_option.tls_root_certs": cert.decode()}
    assert house.ask("SELECT 1", **trusted) == [(1,)]


@pytest.fixture
def house(start):
    return start(tls_cert=SERVER.pem, tls_key=SERVER.key_pem, tls_client_ca=AUTHORITY.pem, mtls_port=0)


class Certified(Raw):
    """A client that shows a certificate and logs in by nothing else."""

    def __init__(self, house, shown, middleware=(), **headers):
        own = {"cert_chain": shown.pem, "private_key": shown.key_pem} if shown else {}
        self.flight = fl.FlightClient(house.server.mtls_uri, tls_root_certs=SERVER.pem, middleware=middleware, **own)
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]


def asked(client) -> dict:
    try:
        return client.query("SELECT count(*) AS n FROM play.events.plays").to_pydict()
    finally:
        client.close()


def test_a11_the_user_is_who_the_certificate_names(house):
    assert asked(Certified(house, issue("ann", AUTHORITY, also=()))) == {"n": [1000]}
    assert house.service.prepared[-1][1] == "ann"
    assert asked(Certified(house, issue("zoe", AUTHORITY, also=()))) == {"n": [1000]}
    assert house.service.prepared[-1][1] == "zoe"
    eventually(lambda: house.server.calls == 0)


def test_a11_where_there_are_alternative_names_the_first_of_them_counts(house):
    names = [x509.DNSName("bob"), x509.DNSName("ann")]
    assert asked(Certified(house, issue("ann", AUTHORITY, also=names))) == {"n": [1000]}
    assert house.service.prepared[-1][1] == "bob"


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(None, id="missing"),
        pytest.param(issue("ann", issue("another authority", also=()), also=()), id="foreign"),
        pytest.param(issue("ann", also=()), id="by itself"),
        pytest.param(issue("ann", AUTHORITY, also=(), expired=True), id="expired"),
    ],
)
def test_a11_without_a_certificate_of_the_authority_nobody_gets_in(house, shown):
    client = Certified(house, shown)
    with pytest.raises((fl.FlightUnavailableError, fl.FlightTimedOutError)):
        list(client.flight.list_actions(fl.FlightCallOptions(timeout=3)))
    client.close()
    assert house.service.prepared == []


def test_a11_a_certificate_of_nobody_known_is_refused(house):
    client = Certified(house, issue("mallory", AUTHORITY, also=()))
    with pytest.raises(fl.FlightUnauthenticatedError, match="UNAUTHENTICATED: The credentials are missing or wrong"):
        client.query("SELECT 1 AS a")
    for call in (lambda: list(client.flight.list_actions(client.options())), lambda: client.act("CloseSession", b"")):
        with pytest.raises(fl.FlightUnauthenticatedError):
            call()
    client.close()
    assert house.service.prepared == []
    eventually(lambda: house.server.calls == 0)


def test_a11_a_certificate_and_the_credentials_of_another_do_not_go_together(house):
    opened = fl.FlightClient(house.server.uri, tls_root_certs=SERVER.pem)
    tokens = {user: opened.authenticate_basic_token(user, "s3cret")[1].decode() for user in ("ann", "bob")}
    opened.close()
    shown = issue("ann", AUTHORITY, also=())
    assert asked(Certified(house, shown, authorization=tokens["ann"])) == {"n": [1000]}
    basic = "Basic " + base64.b64encode(b"bob:s3cret").decode()
    for other in (tokens["bob"], basic, "Bearer nonsense", "Basic nonsense"):
        client = Certified(house, shown, authorization=other)
        with pytest.raises(fl.FlightUnauthenticatedError):
            client.query("SELECT 1 AS a")
        client.close()


def test_a11_a_session_lives_in_a_token_here_too(house):
    kept = {}

    class Keeping(fl.ClientMiddlewareFactory):
        def start_call(self, info):
            return KeepingCall()

    class KeepingCall(fl.ClientMiddleware):
        def received_headers(self, headers):
            kept.update(headers)

    client = Certified(house, issue("ann", AUTHORITY, also=()), middleware=[Keeping()])
    option = wire.make("SessionOption", key="pushdown", value={"string_value": "off"})
    client.act("SetSessionOptions", wire.make("SetSessionOptionsRequest", session_options=[option]).SerializeToString())
    client.headers = [(b"authorization", kept["authorization"][0].encode())]
    client.query("SELECT 1 AS a")
    assert house.service.prepared[-1][3] is False
    client.close()


def test_a11_the_other_port_goes_on_with_passwords(house):
    client = fl.FlightClient(house.server.uri, tls_root_certs=SERVER.pem)
    options = fl.FlightCallOptions(headers=[client.authenticate_basic_token("ann", "s3cret")])
    assert len(list(client.list_actions(options))) == 8
    client.close()
    certified = Certified(house, issue("ann", AUTHORITY, also=()))
    with pytest.raises(NotImplementedError):
        certified.flight.authenticate_basic_token("ann", "s3cret")
    certified.close()


def test_a11_adbc_comes_in_by_certificate(house):
    shown = issue("ann", AUTHORITY, also=())
    options = {
        "adbc.flight.sql.client_option.tls_root_certs": SERVER.pem.decode(),
        "adbc.flight.sql.client_option.mtls_cert_chain": shown.pem.decode(),
        "adbc.flight.sql.client_option.mtls_private_key": shown.key_pem.decode(),
    }
    connected = dbapi.connect(house.server.mtls_uri, db_kwargs=options, autocommit=True)
    with connected as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 7 AS a")
        assert cursor.fetchall() == [(7,)]
    assert {entry[1] for entry in house.service.prepared} == {"ann"}


def test_e3_a_fault_in_looking_at_a_certificate_shows_an_id_and_nothing_else(house, monkeypatch):
    def broken(*_):
        raise RuntimeError("injected /etc/headgate/secret.toml")

    monkeypatch.setattr(Authenticator, "certified", broken)
    client = Certified(house, issue("ann", AUTHORITY, also=()))
    with pytest.raises(fl.FlightInternalError, match="INTERNAL: The gateway met an error of its own") as caught:
        client.query("SELECT 1 AS a")
    assert "injected" not in str(caught.value)
    assert "secret" not in str(caught.value)
    client.close()
    eventually(lambda: house.server.calls == 0)


def test_a_second_port_that_is_taken_is_told_and_the_first_is_closed_again(house):
    taken = urlsplit(house.server.mtls_uri).port
    settings = FlightSettings(
        tls_cert=SERVER.pem, tls_key=SERVER.key_pem, tls_client_ca=AUTHORITY.pem, mtls_port=taken, users=USERS
    )
    server = FlightServer(house.service, settings)
    with pytest.raises(ConfigInvalid, match=f"Nothing can listen at 127.0.0.1:{taken}."):
        server.start()
    assert server.mtls_uri == ""
    assert server.state == "draining"
