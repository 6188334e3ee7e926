"""Session options: they live with the client, as a token or a cookie, and hold on every replica."""

import warnings

import adbc_driver_flightsql.dbapi as dbapi
import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
import pytest

from gateway.flight import wire
from tests.clients.conftest import Raw, chosen_by_adbc, fetched, spied

OPTION = "adbc.flight.sql.session.option."


def choose(client, key, value):
    """Set one option by hand; what was refused, by name."""
    option = wire.make("SessionOption", key=key, value=value)
    body = wire.make("SetSessionOptionsRequest", session_options=[option]).SerializeToString()
    result = wire.parse("SetSessionOptionsResult", client.act("SetSessionOptions", body)[0])
    return {error.key: error.value.value for error in result.errors}


def chosen(client):
    result = wire.parse("GetSessionOptionsResult", client.act("GetSessionOptions", b"")[0])
    return {option.key: option.value.string_value for option in result.session_options}


def test_s1_the_current_catalog_and_schema_shorten_addresses(gateway):
    with gateway.adbc() as connection, connection.cursor() as cursor:
        assert (connection.adbc_current_catalog, connection.adbc_current_db_schema) == ("", "")
        for short, code in (("labels", "SQL_NOT_ALLOWED: 'labels' is no address"), ("catalog.labels", "ADDRESS_UNKN")):
            with pytest.raises(adbc_driver_manager.ProgrammingError, match=code):
                cursor.execute(f"SELECT 1 FROM {short}")
        chosen_by_adbc(connection, "catalog", "Artists", told="artists")
        chosen_by_adbc(connection, "schema", "catalog")
        assert (connection.adbc_current_catalog, connection.adbc_current_db_schema) == ("artists", "catalog")
        for address in ("labels", "catalog.labels", "artists.catalog.labels"):
            assert fetched(cursor, f"SELECT id FROM {address} WHERE id = 3") == [(3,)]
        # An address means the same in every session, and other domains stay in reach.
        assert fetched(cursor, "SELECT COUNT(*) FROM play.events") == [(400,)]
        for unknown in ("lables", "range", "duckdb_tables", "information_schema.tables", "'/etc/passwd'"):
            with pytest.raises(adbc_driver_manager.ProgrammingError, match="ADDRESS_UNKNOWN"):
                cursor.execute(f"SELECT * FROM {unknown}")
        chosen_by_adbc(connection, "catalog", "play")
        assert (connection.adbc_current_catalog, connection.adbc_current_db_schema) == ("play", "")
        assert fetched(cursor, "SELECT COUNT(*) FROM events") == [(400,)]


def test_s1_a_name_of_the_query_itself_is_never_an_address(gateway):
    with gateway.adbc() as connection, connection.cursor() as cursor:
        chosen_by_adbc(connection, "catalog", "artists")
        chosen_by_adbc(connection, "schema", "catalog")
        assert fetched(cursor, "WITH labels AS (SELECT 42 AS id) SELECT id FROM labels") == [(42,)]


def test_s1_options_that_are_unknown_or_wrong_are_entries_and_not_failures(house):
    client = house.raw()
    assert choose(client, "colour", {"string_value": "red"}) == {"colour": 1}
    for key, value in (
        ("pushdown", {"string_value": "sideways"}),
        ("pushdown", {"int64_value": 1}),
        ("type_profile", {"string_value": "tiny"}),
        ("catalog", {"string_value": "nowhere"}),
        ("catalog", {"string_list_value": {"values": ["play"]}}),
        ("schema", {"string_value": "nothing"}),
    ):
        assert choose(client, key, value) == {key: 2}, (key, value)
    assert choose(client, "pushdown", {"bool_value": False}) == {}
    assert choose(client, "pushdown", {}) == {}


def test_s1_adbc_sets_them_by_its_own_names_too(gateway):
    with gateway.adbc() as connection:
        for _ in range(5):  # see chosen_by_adbc
            connection.adbc_current_catalog = "artists"
            connection.adbc_current_db_schema = "catalog"
            if (connection.adbc_current_catalog, connection.adbc_current_db_schema) == ("artists", "catalog"):
                return
    raise AssertionError("the catalog and the schema are not kept")


def test_s1_adbc_tells_an_invalid_name(house):
    with house.adbc() as connection, pytest.raises(adbc_driver_manager.Error, match="colour"):
        connection.adbc_connection.set_options(**{OPTION + "colour": "red"})


def test_s1_what_is_not_granted_cannot_be_the_current_catalog(house):
    assert choose(house.raw("bob"), "catalog", {"string_value": "play"}) == {"catalog": 2}
    assert choose(house.raw("bob"), "catalog", {"string_value": "artists"}) == {}


def test_s1_all_options_at_once_in_any_order(house):
    client = house.raw()
    values = {"schema": "events", "type_profile": "full", "catalog": "play", "pushdown": "off"}
    options = [wire.make("SessionOption", key=key, value={"string_value": value}) for key, value in values.items()]
    body = wire.make("SetSessionOptionsRequest", session_options=options).SerializeToString()
    call = fl.FlightClient(house.server.uri, middleware=[kept := Cookies()])
    replied = list(call.do_action(fl.Action("SetSessionOptions", body), client.options()))
    assert wire.parse("SetSessionOptionsResult", replied[0].body.to_pybytes()).errors == []
    client.flight = fl.FlightClient(house.server.uri, middleware=[kept])
    assert chosen(client) == values


def test_s1_an_erased_option_is_back_at_its_default(house):
    cookies = Cookies()
    client = keeping(house, cookies)
    for key, value in (("catalog", "play"), ("pushdown", "off"), ("type_profile", "full")):
        assert choose(client, key, {"string_value": value}) == {}
    assert chosen(client) == {"catalog": "play", "pushdown": "off", "schema": "", "type_profile": "full"}
    for key in ("catalog", "pushdown", "type_profile"):
        assert choose(client, key, {}) == {}
    assert chosen(client) == {"catalog": "", "pushdown": "on", "schema": "", "type_profile": "common"}


def test_s1_pushdown_may_be_verified_and_its_default_is_configured(start):
    client = keeping(house := start(pushdown="verify"), Cookies())
    assert chosen(client)["pushdown"] == "verify"
    client.query("SELECT 1")
    assert choose(client, "pushdown", {"string_value": "on"}) == {}
    client.query("SELECT 1")
    assert choose(client, "pushdown", {}) == {}
    assert chosen(client)["pushdown"] == "verify"
    client.query("SELECT 1", x_headgate_pushdown="off")
    assert house.service.verified == [True, True, False, False, False, False]


def test_s1_the_type_profile_is_an_option_too_and_a_header_has_the_last_word(house):
    client = keeping(house, Cookies())
    sql = "SELECT 1::UTINYINT AS a"
    assert client.query(sql).schema.types == [pa.int16()]
    assert choose(client, "type_profile", {"string_value": "full"}) == {}
    assert client.query(sql).schema.types == [pa.uint8()]
    assert client.query(sql, x_headgate_type_profile="common").schema.types == [pa.int16()]


def test_s2_two_connections_have_their_own_options(house):
    with house.adbc() as connection, house.adbc() as other:
        chosen_by_adbc(connection, "pushdown", "off")
        assert connection.adbc_connection.get_option(OPTION + "pushdown") == "off"
        assert other.adbc_connection.get_option(OPTION + "pushdown") == "on"
        for one in (connection, other):
            with one.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.fetchall()
    assert [entry[3] for entry in house.service.prepared] == [False] * 3 + [True] * 3


class Cookies(fl.ClientMiddlewareFactory):
    """Keeps cookies, as JDBC and ODBC do."""

    def __init__(self):
        super().__init__()
        self.kept = {}

    def start_call(self, info):
        return _CookieCall(self.kept)


class _CookieCall(fl.ClientMiddleware):
    def __init__(self, kept):
        super().__init__()
        self.kept = kept

    def sending_headers(self):
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.kept.items())} if self.kept else {}

    def received_headers(self, headers):
        for text in headers.get("set-cookie", ()):
            name, _, value = text.partition("=")
            self.kept[name] = value
            if value.endswith("; Max-Age=0"):
                del self.kept[name]


def keeping(house, cookies, user="ann"):
    """A client that keeps its session in cookies alone."""
    client = Raw(house.server.uri, user, "s3cret")
    client.flight = fl.FlightClient(house.server.uri, middleware=[cookies])
    return client


def test_s3_a_session_kept_by_cookie_holds_on_another_replica_and_for_its_user_only(house, start):
    cookies = Cookies()
    client = keeping(house, cookies)
    assert choose(client, "pushdown", {"bool_value": False}) == {}
    assert choose(client, "catalog", {"string_value": "artists"}) == {}
    assert set(cookies.kept) == {"arrow_flight_session_id"}

    replica = start()
    for user, pushdown, catalog in (("ann", False, "artists"), ("bob", True, "")):
        other = keeping(replica, cookies, user)
        other.query("SELECT 1")
        assert {entry[3] for entry in replica.service.prepared} == {pushdown}
        assert chosen(other)["catalog"] == catalog
        replica.service.prepared.clear()
    cookies.kept["arrow_flight_session_id"] = "nonsense"
    client.query("SELECT 1")
    assert house.service.prepared[-1][3] is True


def test_s4_closing_a_session_forgets_its_cookie_and_may_be_done_twice(house):
    cookies = Cookies()
    client = keeping(house, cookies)
    assert choose(client, "pushdown", {"bool_value": False}) == {}
    assert cookies.kept
    for _ in range(2):
        assert wire.parse("CloseSessionResult", client.act("CloseSession", b"")[0]).status == 1
        assert cookies.kept == {}


def test_s4_adbc_closes_its_session_without_an_error(house, monkeypatch):
    actions = spied(house, monkeypatch)
    with house.adbc():
        pass
    assert "CloseSession" in actions


def test_s5_connections_without_autocommit_get_a_warning_and_no_transaction(house, monkeypatch):
    actions = spied(house, monkeypatch)
    given = {"username": "ann", "password": "s3cret"}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with dbapi.connect(house.server.uri, db_kwargs=given) as connection, connection.cursor() as cursor:
            assert fetched(cursor, "SELECT 1") == [(1,)]
    assert any("autocommit" in str(one.message) for one in told)
    assert "BeginTransaction" not in actions
    assert "CreatePreparedStatement" in actions
