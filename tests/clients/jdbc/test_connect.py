"""Connecting by the real driver: passwords, tokens, sessions, TLS, and parameters that it does not know."""

import pytest

from tests.clients.certificates import issue
from tests.clients.jdbc.probe import JavaError


def logged_in(house) -> str:
    """A bearer token of the house, as its user would have been given it."""
    return house.raw().headers[0][1].decode().removeprefix("Bearer ")


def test_j1_a_password_logs_in_and_a_wrong_one_does_not(house, driver):
    with driver.connected(house) as connection:
        assert driver.ask(connection, "SELECT 42 AS answer, 'x' AS word") == [[42, "x"]]
        assert house.service.prepared[-1][1] == "ann"
        assert connection.isValid(5)
        assert not connection.isClosed()
    assert connection.isClosed()
    for login in (("ann", "wrong"), ("nobody", "s3cret")):
        with (
            pytest.raises(JavaError, match=r"The credentials are missing or wrong\.") as caught,
            driver.connected(house, *login),
        ):
            pass
        assert caught.value.kind == "SQLException"


def test_j1_a_token_logs_in_and_no_credentials_do_not(house, driver):
    with driver.connected(house, "", token=logged_in(house)) as connection:
        assert driver.ask(connection, "SELECT 42 AS answer") == [[42]]
    assert house.service.prepared[-1][1] == "ann"
    for more in ({"token": "forged"}, {}):
        with (
            pytest.raises(JavaError, match=r"The credentials are missing or wrong\."),
            driver.connected(house, "", **more) as connection,
        ):
            driver.ask(connection, "SELECT 42 AS answer")


def test_j1_a_catalog_of_the_url_shortens_addresses(gateway, driver):
    short = "SELECT COUNT(*) FROM catalog.labels"
    connect = driver.probe["java.sql.DriverManager"].getConnection
    connection = connect(driver.url(gateway, catalog="artists"))
    if driver.major < 17:  # they do not know the parameter
        with pytest.raises(JavaError, match="ADDRESS_UNKNOWN"):
            driver.ask(connection, short)
        connection.close()
        return
    assert driver.ask(connection, short) == [[12]]
    if driver.major < 19:  # they close their session twice
        with pytest.raises(JavaError, match="Channel shutdown invoked"):
            connection.close()
    else:
        connection.close()
    with driver.connected(gateway) as connection, pytest.raises(JavaError, match="ADDRESS_UNKNOWN"):
        driver.ask(connection, short)
    with pytest.raises(
        JavaError, match=r"Cannot set session option for catalog = (Optional\[nowhere\]|nowhere)"
    ) as caught:
        connect(driver.url(gateway, catalog="nowhere"))
    assert caught.value.kind == "SQLException"


def test_j1_tls_is_the_drivers_default_and_wants_a_certificate_it_trusts(start, driver, tmp_path):
    own = issue("127.0.0.1")
    house = start(tls_cert=own.pem, tls_key=own.key_pem)
    (tmp_path / "ca.pem").write_bytes(own.pem)
    with driver.connected(house, useEncryption="true", tlsRootCerts=str(tmp_path / "ca.pem")) as connection:
        assert driver.ask(connection, "SELECT 42 AS answer") == [[42]]
    for more in ({"useEncryption": "true"}, {"useEncryption": "false"}):
        with pytest.raises(JavaError) as caught, driver.connected(house, **more):
            pass
        assert caught.value.kind == "SQLException"


def test_j1_headers_of_the_url_choose_for_every_call(house, driver):
    for choice, pushed in (("off", False), ("on", True)):
        with driver.connected(house, **{"x-headgate-pushdown": choice}) as connection:
            driver.ask(connection, "SELECT 1 AS a")
        assert house.service.prepared[-1][3] is pushed


def test_j11_unknown_parameters_become_headers_of_which_the_transport_takes_eight_kilobytes(house, driver):
    def ask(kilobytes):
        headers = {f"setting{number}": "x" * 1000 for number in range(kilobytes)}
        with driver.connected(house, **headers) as connection:
            return driver.ask(connection, "SELECT 42 AS answer")

    assert ask(6) == [[42]]
    # Between 8 and 16 KiB the transport takes some calls and refuses others; beyond, it refuses all.
    told = refusal(ask, 9)
    assert told in ("", "While closing statement") or "received metadata size exceeds soft limit" in told
    assert "INTERNAL: http2 exception" in refusal(ask, 20)
    assert ask(0) == [[42]]


def refusal(ask, kilobytes) -> str:
    try:
        assert ask(kilobytes) == [[42]]
    except JavaError as error:
        return error.message
    return ""
