"""Running a server in the foreground: what to paste into clients, and how signals end it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from rich.console import Console
from rich.text import Text

from gateway.flight.life import FlightServer

_POLL_SECONDS = 0.5
_DEMO_DRAIN_SECONDS = 10.0


def serve_until_told(config_path: Path) -> None:
    """Serve by a configuration until SIGINT or SIGTERM. Raises ConfigInvalid, also for a port that is taken."""
    from gateway.app import open_gateway, report, serve
    from gateway.config import load
    from gateway.garbage import settle

    config = load(config_path)
    user = next(iter(config.users), "")
    with report(config) as (status, url), open_gateway(config) as gateway, serve(gateway, config, status) as server:
        show_lines(server.uri, user, "…")
        if server.mtls_uri:
            Console(soft_wrap=True).print(Text(f"Users with certificates come in at {server.mtls_uri}.\n"))
        if url:
            Console(soft_wrap=True).print(Text(f"Liveness, readiness and metrics are at {url}.\n"))
        settle()
        wait_and_drain(server, config.server.drain_seconds, gateway.reload)


def serve_demo(scale: float, port: int) -> None:
    """Serve a mesh of the demo's own stores until SIGINT or SIGTERM."""
    from gateway.demo.mesh import PASSWORD, USER
    from gateway.demo.tour import demo_gateway

    with demo_gateway(scale, port, Console(stderr=True)) as (server, gateway):
        show_lines(server.uri, USER, PASSWORD)
        wait_and_drain(server, _DEMO_DRAIN_SECONDS, gateway.reload)


def wait_and_drain(server: FlightServer, grace: float, reload: Callable[[], object]) -> None:
    """Wait for SIGINT or SIGTERM, then let running queries end for ``grace`` seconds; a second signal hurries."""
    console = Console(stderr=True)
    told = threading.Event()
    asked = threading.Event()
    with _signals(told, asked):
        while not told.wait(_POLL_SECONDS):
            if asked.is_set():
                asked.clear()
                reload()
        console.print(f"Draining: {server.running} running, at most {grace:g} s. Once more stops at once.", style="dim")
        server.drain(grace)


@contextmanager
def _signals(told: threading.Event, asked: threading.Event) -> Iterator[None]:
    """For the block, SIGINT and SIGTERM set ``told`` (the second interrupts), and SIGHUP sets ``asked``."""

    def stop(*_: Any) -> None:
        if told.is_set():
            raise KeyboardInterrupt
        told.set()

    handlers: dict[int, Callable[..., None]] = {signal.SIGINT: stop, signal.SIGTERM: stop}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = lambda *_: asked.set()
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_lines(uri: str, user: str, password: str) -> None:
    """Print what can be pasted into each kind of client."""
    console = Console(soft_wrap=True)
    console.print(Text.assemble(("Headgate", "bold"), f" serves Flight SQL at {uri}. Ctrl-C ends it.\n"))
    for client, text in lines(uri, user, password).items():
        console.print(Text(client, style="bold"))
        console.print(Text(f"{text}\n"))


def lines(uri: str, user: str, password: str) -> dict[str, str]:
    """For each kind of client, what makes it connect to the gateway at ``uri``."""
    place = urlsplit(uri)
    encrypted = "true" if place.scheme == "grpc+tls" else "false"
    login = f"&user={quote(user, safe='')}&password={quote(password, safe='…')}" if user else ""
    given = f'db_kwargs={{"username": {user!r}, "password": {password!r}}}, ' if user else ""
    header = f"headers=[client.authenticate_basic_token({user!r}, {password!r})]" if user else ""
    asked = f"--user {user} " if user else ""
    return {
        "ADBC": f"import adbc_driver_flightsql.dbapi as flight\n"
        f"connection = flight.connect({uri!r}, {given}autocommit=True)",
        "pyarrow": f"import pyarrow.flight as flight\n"
        f"client = flight.FlightClient({uri!r})\n"
        f"options = flight.FlightCallOptions({header})",
        "JDBC": f"jdbc:arrow-flight-sql://{place.netloc}?useEncryption={encrypted}{login}",
        "headgate": f"headgate query --url {uri} {asked}'SELECT count(*) FROM play.events.plays'",
    }
