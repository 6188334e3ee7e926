"""Cancelling, timeouts, large answers, many statements at once, a connection pool, a restart and a drain."""

import threading
from contextlib import closing

import pytest

from tests.clients.conftest import Faucet, eventually
from tests.clients.jdbc.probe import JavaError, Typed
from tests.services import free_port

SLOW = "SELECT slow"


def nothing_runs(house, faucet) -> None:
    eventually(faucet.stopped.is_set, 5)
    eventually(lambda: house.server.running == 0, 5)


def test_j7_cancelling_what_has_given_nothing_yet_interrupts_the_server(house, driver):
    faucet = Faucet(house.service, SLOW)
    with driver.connected(house) as connection, closing(connection.createStatement()) as statement:
        answer = driver.probe.begin(statement.target, "executeQuery", SLOW)
        assert faucet.started.wait(10)
        assert house.server.running == 1
        statement.cancel()
        with pytest.raises(JavaError):
            answer.result(10)
        nothing_runs(house, faucet)
        assert driver.ask(connection, "SELECT 1 AS a") == [[1]]


def test_j7_cancelling_from_another_thread_interrupts_the_server(house, driver):
    faucet = Faucet(house.service, SLOW, 3)
    with driver.connected(house) as connection, closing(connection.createStatement()) as statement:
        result = statement.executeQuery(SLOW)
        assert [result.next() for _ in range(3)] == [True] * 3
        assert house.server.running == 1
        assert driver.reading.cancelWhileWaiting(statement, result).startswith("raised: ")
        nothing_runs(house, faucet)
        assert driver.ask(connection, "SELECT 1 AS a") == [[1]]


def test_j7_a_query_timeout_of_the_client_interrupts_the_server(house, driver):
    faucet = Faucet(house.service, SLOW)
    with driver.connected(house) as connection:
        with closing(connection.createStatement()) as statement:
            statement.setQueryTimeout(1)
            assert statement.getQueryTimeout() == 1
            with pytest.raises(JavaError, match="Query timed out after 1 SECONDS"):
                statement.executeQuery(SLOW)
        nothing_runs(house, faucet)
        assert driver.ask(connection, "SELECT 1 AS a") == [[1]]


def test_j7_leaving_a_result_half_read_interrupts_the_server(house, driver):
    faucet = Faucet(house.service, SLOW, 3)
    with driver.connected(house) as connection:
        with closing(connection.createStatement()) as statement:
            assert statement.executeQuery(SLOW).next()
            assert house.server.running == 1
        nothing_runs(house, faucet)


def test_j8_five_million_rows_arrive(house, driver):
    with driver.connected(house) as connection, closing(connection.createStatement()) as statement:
        result = statement.executeQuery("SELECT i, 'n' || (i % 10) AS word FROM range(5_000_000) t(i)")
        assert driver.reading.sums(result) == [5_000_000, 5_000_000 * 4_999_999 // 2, 10_000_000]


def test_j8_wide_text_arrives(house, driver):
    with driver.connected(house) as connection, closing(connection.createStatement()) as statement:
        result = statement.executeQuery("SELECT i, repeat('x', 1_000_000) AS wide FROM range(40) t(i)")
        assert driver.reading.sums(result) == [40, 780, 40_000_000]


def test_j8_twenty_statements_run_side_by_side_on_one_connection(house, driver):
    with driver.connected(house) as connection:
        statements = [connection.createStatement() for _ in range(20)]
        sql = "SELECT i + {} AS n FROM range(20_000) t(i)"
        running = [
            driver.probe.begin(statement.target, "executeQuery", sql.format(number))
            for number, statement in enumerate(statements)
        ]
        sums = [driver.probe.begin("Reading", "sums", answer.result(30)) for answer in running]
        for number, answer in enumerate(sums):
            assert answer.result(30) == [20_000, 199_990_000 + 20_000 * number, 0]
        for statement in statements:
            statement.close()
    eventually(lambda: house.server.running == 0)


@pytest.fixture
def pool(driver):
    """A function that makes a pool of at most four connections."""
    made = []

    def make(house):
        settings = driver.probe["com.zaxxer.hikari.HikariConfig"].new()
        settings.setJdbcUrl(driver.url(house))
        settings.setMaximumPoolSize(4)
        settings.setConnectionTimeout(Typed("l", "5000"))
        made.append(driver.probe["com.zaxxer.hikari.HikariDataSource"].new(settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def borrow(driver, pool, sql="SELECT 42 AS answer"):
    with closing(pool.getConnection()) as connection:
        return driver.ask(connection, sql)


def test_j10_a_pool_lends_its_connections_a_hundred_times(house, driver, pool):
    connections = pool(house)
    for _ in range(100):
        assert borrow(driver, connections) == [[42]]
    held = [connections.getConnection() for _ in range(4)]
    assert [driver.ask(connection, "SELECT 1 AS a") for connection in held] == [[[1]]] * 4
    for connection in held:
        connection.close()


def test_j10_a_pool_recovers_from_a_restart(start, driver, pool):
    port = free_port()
    house = start(port=port)
    connections = pool(house)
    assert borrow(driver, connections) == [[42]]
    house.server.stop()
    with pytest.raises(JavaError) as caught:
        borrow(driver, connections)
    assert caught.value.kind.startswith("SQL")
    start(port=port)

    def recovered():
        try:
            return borrow(driver, connections) == [[42]]
        except JavaError:
            return False

    eventually(recovered, 20)


def test_j10_a_drain_refuses_what_is_new_and_ends_what_runs(house, driver):
    with driver.connected(house) as connection, closing(connection.createStatement()) as statement:
        result = statement.executeQuery("SELECT i FROM range(3_000_000) t(i)")
        assert result.next()
        drained = []
        draining = threading.Thread(target=lambda: drained.append(house.server.drain(30)))
        draining.start()
        eventually(lambda: house.server.state == "draining")
        with pytest.raises(JavaError, match=r"DRAINING: The gateway is shutting down\."):
            driver.ask(connection, "SELECT 1 AS a")
        assert driver.reading.sums(result)[:2] == [2_999_999, 3_000_000 * 2_999_999 // 2]
        draining.join(30)
        assert drained == [True]
