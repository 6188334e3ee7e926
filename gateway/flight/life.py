"""Start, drain and stop of the Flight server. Signals are the caller's business: ``serve()`` is never used."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from gateway.errors import ConfigInvalid
from gateway.flight.actions import Actions, draining
from gateway.flight.admission import Admission, Calls
from gateway.flight.auth import Authenticator
from gateway.flight.commands import Commands
from gateway.flight.errors import hide_tracebacks
from gateway.flight.execution import Conditions
from gateway.flight.handles import Keyring
from gateway.flight.meters import Meters
from gateway.flight.middleware import KEY, MiddlewareFactory, OpenHandshake
from gateway.flight.registry import Registry
from gateway.flight.server import Server
from gateway.flight.settings import FlightSettings
from gateway.flight.statements import Statements
from gateway.metrics import Metrics
from gateway.service import Service

_STOP_SECONDS = 5.0


class FlightServer:
    """A Flight SQL server over a service.

    :meth:`start` listens; :meth:`drain` refuses new work and waits for what runs; :meth:`stop` ends the rest.
    """

    def __init__(self, service: Service, settings: FlightSettings, metrics: Metrics | None = None) -> None:
        self._settings = settings
        share = settings.user_share
        meters = Meters(metrics or Metrics())
        admission = Admission(settings.max_running, settings.max_queued, settings.queue_seconds, share)
        self._calls = Calls(settings.max_calls, share)
        meters.gauges(lambda: len(self._calls), lambda: admission.running, lambda: admission.queued)
        self._meters = meters
        keyring = Keyring(settings.keys)
        self._authenticator = Authenticator(settings, keyring)
        self._registry = Registry(settings.idle_seconds)
        conditions = Conditions(self._registry, admission, meters, settings.heartbeat_seconds)
        statements = Statements(service, settings, keyring, conditions)
        self._commands = Commands(service, settings, statements)
        self._actions = Actions(statements, self._registry, self._authenticator)
        self._server: Server | None = None
        self._retiring = False
        self._stopped = threading.Event()

    @property
    def state(self) -> str:
        """``ready`` for queries, ``starting``, or ``draining``."""
        return "draining" if self._retiring else "ready" if self._server else "starting"

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        assert self._server is not None
        return int(self._server.port)

    @property
    def uri(self) -> str:
        """Where clients find it: ``grpc://`` or ``grpc+tls://``, once started."""
        return f"{self._scheme}://{self._host}:{self.port}"

    @property
    def running(self) -> int:
        """How many queries run or wait for a place."""
        return len(self._registry)

    @property
    def calls(self) -> int:
        """How many RPCs are under way."""
        return len(self._calls)

    def start(self) -> None:
        """Listen. Raises :class:`gateway.errors.ConfigInvalid` when the address cannot be bound."""
        hide_tracebacks()
        settings = self._settings
        tls = [(settings.tls_cert, settings.tls_key)] if settings.tls_cert and settings.tls_key else None
        try:
            self._server = Server(
                self._commands,
                self._actions,
                location=f"{self._scheme}://{self._host}:{settings.port}",
                auth_handler=OpenHandshake(),
                tls_certificates=tls,
                middleware={KEY: self._middleware()},
            )
        except pa.ArrowException as problem:
            hint = "Is another gateway running there, and is the address one of this machine?"
            raise ConfigInvalid(f"Nothing can listen at {self._host}:{settings.port}.", hint=hint) from problem

    def drain(self, grace: float) -> bool:
        """Refuse new queries and wait ``grace`` seconds for the running ones; False when some are still running.

        First, for ``deregister_seconds``, only :attr:`state` says so, until balancers have noticed and send no more.
        Tickets that are out may still be fetched all the time.
        """
        self._retiring = True
        self._stopped.wait(self._settings.deregister_seconds)
        self._actions.draining = True
        return self._registry.wait_until_empty(grace)

    def stop(self) -> None:
        """Cancel what is running and stop listening. Idempotent; returns within about ten seconds."""
        self._retiring = self._actions.draining = True
        self._stopped.set()
        self._registry.cancel_all(draining())
        self._registry.wait_until_empty(_STOP_SECONDS)
        # Let go of it too: it and what it was given refer to each other through C++, where no collector sees it.
        server, self._server = self._server, None
        if server is not None:
            # shutdown() waits for handlers without a limit of its own; a client that reads nothing could hold it.
            ending = threading.Thread(target=server.shutdown, name="headgate-flight-shutdown", daemon=True)
            ending.start()
            ending.join(_STOP_SECONDS)
        self._registry.close()

    def _middleware(self) -> MiddlewareFactory:
        return MiddlewareFactory(self._authenticator, self._calls, self._meters, lambda: self._actions.draining)

    @property
    def _scheme(self) -> str:
        return "grpc+tls" if self._settings.tls_cert else "grpc"

    @property
    def _host(self) -> str:
        host = self._settings.host
        return f"[{host}]" if ":" in host else host


@contextmanager
def serving(service: Service, settings: FlightSettings, metrics: Metrics | None = None) -> Iterator[FlightServer]:
    """A started server that is stopped at the end of the block."""
    server = FlightServer(service, settings, metrics)
    server.start()
    try:
        yield server
    finally:
        server.stop()
