"""A Flight server over the small DuckDB service, and the two clients that talk to it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import adbc_driver_flightsql.dbapi as dbapi
import pyarrow as pa
import pyarrow.flight as fl
import pytest
from argon2 import PasswordHasher

from connectors.call import Call
from connectors.files import PinnedFiles
from connectors.memory import Memory
from gateway.flight import wire
from gateway.flight.life import FlightServer, serving
from gateway.flight.settings import FlightSettings, User
from gateway.policy import Principal
from tests.clients.duck import DuckService
from tests.clients.outcomes import Outcomes
from tests.mesh import PRODUCTS, TABLES, rows, running_mesh

_HASH = PasswordHasher(time_cost=1, memory_cost=1024).hash("s3cret")
USERS = {"ann": User(_HASH, ("*",)), "bob": User(_HASH, ("artists.*",)), "zoe": User(_HASH)}
KEY = bytes(range(32))
OUTCOMES = pytest.StashKey[Outcomes]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[OUTCOMES] = Outcomes()
    config.pluginmanager.register(config.stash[OUTCOMES])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The comparison of the page with this run comes when everything else has been."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
    chosen = {item.path for item in items}
    narrowed = config.option.keyword or config.option.markexpr
    config.stash[OUTCOMES].whole = chosen >= set(Path(__file__).parent.rglob("test_*.py")) and not narrowed


class House:
    """One server, its service, and ways in."""

    def __init__(self, service: DuckService, server: FlightServer) -> None:
        self.service = service
        self.server = server
        self._clients: list[Any] = []

    def adbc(self, user: str = "ann", password: str = "s3cret", **options: str) -> Any:
        given = {"username": user, "password": password} if user else {}
        client = dbapi.connect(self.server.uri, db_kwargs=given | options, autocommit=True)
        self._clients.append(client)
        return client

    def ask(self, sql: str, parameters: Any = None, **options: str) -> list[Any]:
        """The rows of one statement, over an ADBC connection of its own."""
        with self.adbc(**options) as connection, connection.cursor() as cursor:
            return fetched(cursor, sql, parameters)

    def raw(self, user: str = "ann", password: str = "s3cret") -> "Raw":
        client = Raw(self.server.uri, user, password)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()


class Raw:
    """pyarrow's plain Flight client, speaking Flight SQL by hand."""

    def __init__(self, uri: str, user: str, password: str, **headers: str) -> None:
        self.flight = fl.FlightClient(uri)
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        if user:
            self.headers.append(self.flight.authenticate_basic_token(user, password))

    def options(self, **headers: str) -> Any:
        more = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return fl.FlightCallOptions(headers=self.headers + more, timeout=30)

    def info(self, command: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        descriptor = fl.FlightDescriptor.for_command(wire.pack(command, **fields))
        return self.flight.get_flight_info(descriptor, self.options(**(headers or {})))

    def stream(self, ticket: Any, **headers: str) -> Any:
        return self.flight.do_get(ticket, self.options(**headers))

    def rows(self, command: str, headers: dict[str, str] | None = None, **fields: Any) -> pa.Table:
        """Run a command both ways round, and check that what was announced is what came."""
        info = self.info(command, headers, **fields)
        assert len(info.endpoints) == 1
        assert info.endpoints[0].locations == []
        table = self.stream(info.endpoints[0].ticket, **(headers or {})).read_all()
        assert table.schema.equals(info.schema, check_metadata=True)
        return table

    def query(self, sql: str, **headers: str) -> pa.Table:
        return self.rows("CommandStatementQuery", headers, query=sql)

    def schema(self, command: str, **fields: Any) -> pa.Schema:
        """What GetSchema says of a command."""
        descriptor = fl.FlightDescriptor.for_command(wire.pack(command, **fields))
        return self.flight.get_schema(descriptor, self.options()).schema

    def prepare(self, sql: str) -> Any:
        """Prepare a statement by hand: the result message."""
        body = wire.pack("ActionCreatePreparedStatementRequest", query=sql)
        name, result = wire.unpack(self.act("CreatePreparedStatement", body)[0])
        assert name == "ActionCreatePreparedStatementResult"
        return result

    def put(self, command: bytes, *batches: pa.RecordBatch) -> bytes:
        """Send batches with a command; the answer's bytes."""
        descriptor = fl.FlightDescriptor.for_command(command)
        writer, reader = self.flight.do_put(descriptor, batches[0].schema, self.options())
        try:
            for batch in batches:
                writer.write_batch(batch)
            writer.done_writing()
            return bytes(reader.read().to_pybytes())
        finally:
            writer.close()

    def bind(self, handle: bytes, *batches: pa.RecordBatch) -> bytes:
        """Bind to a prepared statement by hand: the new handle."""
        command = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
        result = wire.parse("DoPutPreparedStatementResult", self.put(command, *batches))
        return bytes(result.prepared_statement_handle)

    def release(self, handle: bytes) -> list[bytes]:
        """Close a prepared statement."""
        body = wire.pack("ActionClosePreparedStatementRequest", prepared_statement_handle=handle)
        return self.act("ClosePreparedStatement", body)

    def act(self, name: str, body: bytes) -> list[bytes]:
        return [result.body.to_pybytes() for result in self.flight.do_action(fl.Action(name, body), self.options())]

    def close(self) -> None:
        self.flight.close()


@pytest.fixture
def start() -> Iterator[Callable[..., House]]:
    """Start servers with settings of the test's own."""
    houses, closing = [], []

    def begin(**changes: Any) -> House:
        service = DuckService()
        settings = {"users": USERS, "keys": (KEY,), "query_timeout": 60.0} | changes
        context = serving(service, FlightSettings(**settings))
        house = House(service, context.__enter__())
        houses.append(house)
        closing.append(context)
        return house

    yield begin
    for house, context in zip(houses, closing, strict=True):
        house.close()
        context.__exit__(None, None, None)
        house.service.close()


@pytest.fixture
def house(start: Callable[..., House]) -> House:
    return start(anonymous=None)


@pytest.fixture
def open_house(start: Callable[..., House]) -> House:
    return start(users={}, anonymous=Principal("guest", ("*",)))


@pytest.fixture(scope="module")
def gateway() -> Iterator[House]:
    """The real service behind the real server: planner, engine and memory stores."""
    stores = {name: Memory(name, rows()) for name in PRODUCTS}
    placed = {name: name for name in PRODUCTS}
    with (
        running_mesh(stores, placed, TABLES, PinnedFiles()) as mesh,
        serving(mesh.service, FlightSettings(users=USERS, keys=(KEY,))) as server,
    ):
        house = House(mesh.service, server)
        yield house
        house.close()


def eventually(true: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def chosen_by_adbc(connection: Any, option: str, value: str, told: str = "") -> None:
    """Set a session option through ADBC until it holds: its driver loses the new token now and then.

    Its middleware takes the end of an action's stream for a cancellation when the two meet, and then reads no
    headers: seen 47 times in 20,000, and never in 10,000 with pyarrow's client.
    """
    name = f"adbc.flight.sql.session.option.{option}"
    for _ in range(5):
        connection.adbc_connection.set_options(**{name: value})
        if connection.adbc_connection.get_option(name) == (told or value):
            return
    raise AssertionError(f"the option {option} is not kept")


def spied(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all actions that clients of a house do from now on."""
    actions = house.server._actions
    seen: list[str] = []
    run = actions.run

    def spying(rpc: Any, name: str, body: bytes) -> list[bytes]:
        seen.append(name)
        return run(rpc, name, body)

    monkeypatch.setattr(actions, "run", spying)
    return seen


def fetched(cursor: Any, sql: str, parameters: Any = None) -> list[Any]:
    cursor.execute(sql, parameters)
    return cursor.fetchall()


class Faucet:
    """An answer under the test's control: batches flow until it is shut; a blocked one ends only by cancelling."""

    schema = pa.schema([("n", pa.int64())])

    def __init__(self, service: DuckService, sql: str, batches: int = 0) -> None:
        self.started = threading.Event()
        self.stopped = threading.Event()
        self.batches = batches
        service.streams[sql] = (self.schema, self.flow)

    def flow(self, call: Call) -> Iterator[pa.RecordBatch]:
        self.started.set()
        try:
            for n in range(self.batches):
                yield pa.record_batch({"n": pa.array([n], pa.int64())})
            call.wait(30)
            call.check()
        finally:
            self.stopped.set()
