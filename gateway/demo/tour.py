"""The guided tour: a mesh, a gateway, and a client of the kind that people use."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pyarrow as pa
from rich.console import Console

from gateway.demo import show
from gateway.demo.kafka import TopicIncomplete
from gateway.demo.mesh import PASSWORD, USER, running_mesh
from gateway.demo.postgres import ServerMissing
from gateway.demo.questions import MISTYPED, QUESTIONS, ROYALTIES, Question
from gateway.errors import ResourceError
from gateway.flight.client import read_failure
from gateway.flight.life import FlightServer

_PUSHDOWN_OFF = {"adbc.flight.sql.rpc.call_header.x-headgate-pushdown": "off"}


def show_tour(scale: float, console: Console | None = None) -> None:
    """Start everything, ask every question over ADBC, stop everything. Raises when an answer is not as it must be."""
    console = console or Console()
    started = time.monotonic()
    with demo_gateway(scale, 0, console) as (server, _):
        show.heading(console, f"A gateway at {server.uri}, a mesh of three kinds of store, and an ADBC client")
        with connected(server.uri) as connection:
            for number, question in enumerate(QUESTIONS, start=1):
                _ask(console, connection, number, question)
            number = len(QUESTIONS)
            _compare(console, server.uri, connection, number + 1)
            _list(console, connection, number + 2)
            _explain(console, connection, number + 3)
            _fail(console, connection, number + 4)
    show.closing(console, time.monotonic() - started)


@contextmanager
def connected(uri: str, **options: str) -> Iterator[Any]:
    """An ADBC connection to the demo's gateway."""
    import adbc_driver_flightsql.dbapi as flight

    login = {"username": USER, "password": PASSWORD}
    with flight.connect(uri, db_kwargs=login | options, autocommit=True) as connection:
        yield connection


def fetch(connection: Any, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
    """All rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters) or None)
        return cursor.fetch_arrow_table()


@contextmanager
def demo_gateway(scale: float, port: int, console: Console) -> Iterator[tuple[FlightServer, Any]]:
    """A filled mesh and a gateway that serves it, for the length of the block; yields the server and the gateway.

    Raises :class:`gateway.errors.ResourceError` when a store of the demo cannot be had on this machine.
    """
    from gateway.app import open_gateway, serve
    from gateway.config import load

    def step(what: str) -> AbstractContextManager[object]:
        return show.progress(console, what)

    try:
        with running_mesh(scale, port=port, step=step) as mesh:
            config = load(mesh.config)
            with ExitStack() as held:
                with step("Opening the gateway and checking contracts against stores"):
                    gateway = held.enter_context(open_gateway(config))
                    server = held.enter_context(serve(gateway, config))
                yield server, gateway
    except (ServerMissing, TopicIncomplete) as problem:
        raise ResourceError(str(problem), hint="The demo needs room for its own stores.") from problem


def _ask(console: Console, connection: Any, number: int, question: Question) -> None:
    show.question(console, number, question.title, question.sql, question.parameters)
    started = time.monotonic()
    rows = fetch(connection, question.sql, question.parameters)
    seconds = time.monotonic() - started
    plan = fetch(connection, f"EXPLAIN ANALYZE (FORMAT JSON) {question.sql}", question.parameters)
    show.plan(console, plan.column(0)[0].as_py())
    show.rows(console, rows, seconds)


def _compare(console: Console, uri: str, connection: Any, number: int) -> None:
    show.question(console, number, "The same question with pushdown off: the stores only hand over rows.", "", ())
    pushed = fetch(connection, ROYALTIES)
    with connected(uri, **_PUSHDOWN_OFF) as plain:
        unpushed = fetch(plain, ROYALTIES)
    if not pushed.equals(unpushed):
        raise AssertionError("pushdown changed an answer")
    show.note(console, f"All {pushed.num_rows} rows are identical: pushdown changes the speed, never the answer.")


def _list(console: Console, connection: Any, number: int) -> None:
    show.question(console, number, "What is there? Every client can list the mesh: adbc_get_objects.", "", ())
    objects = connection.adbc_get_objects(depth="all").read_all().to_pylist()
    show.datasets(console, objects)


def _explain(console: Console, connection: Any, number: int) -> None:
    sql = f"EXPLAIN {ROYALTIES}"
    show.question(console, number, "Before asking: EXPLAIN tells what would run where, and why the rest stays.", "", ())
    show.lines(console, fetch(connection, sql).column(0).to_pylist())


def _fail(console: Console, connection: Any, number: int) -> None:
    show.question(console, number, MISTYPED.title, MISTYPED.sql, ())
    try:
        fetch(connection, MISTYPED.sql)
    except connection.Error as problem:
        failure = read_failure(str(problem))
        if failure is None:
            raise
        show.failure(console, failure.code, failure.sentence, failure.hint)
    else:
        raise AssertionError("a mistyped address was answered")
