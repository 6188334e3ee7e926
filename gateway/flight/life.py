"""Start, drain and stop of the Flight server. Signals are the caller's business: ``serve()`` is never used."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import ConfigInvalid
from gateway.flight.actions import Actions, draining
from gateway.flight.admission import Admission, Calls
from gateway.flight.auth import Authenticator
from gateway.flight.commands import Commands
from gateway.flight.errors import hide_tracebacks
from gateway.flight.execution import Conditions
from gateway.flight.handles import Keyring
from gateway.flight.listeners import host, listen, listen_certified, scheme, shut
from gateway.flight.meters import Meters
from gateway.flight.middleware import MiddlewareFactory
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
        self._servers: list[Server] = []
        self._retiring = False
        self._stopped = threading.Event()

    @property
    def state(self) -> str:
        """``ready`` for queries, ``starting``, or ``draining``."""
        return "draining" if self._retiring else "ready" if self._servers else "starting"

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return int(self._servers[0].port)

    @property
    def uri(self) -> str:
        """Where clients find it: ``grpc://`` or ``grpc+tls://``, once started."""
        return f"{scheme(self._settings)}://{host(self._settings)}:{self.port}"

    @property
    def mtls_uri(self) -> str:
        """Where clients with certificates find it; empty when there is no such port."""
        ports = [int(server.port) for server in self._servers[1:]]
        return f"{scheme(self._settings)}://{host(self._settings)}:{ports[0]}" if ports else ""

    @property
    def running(self) -> int:
        """How many queries run, wait for a place, or are being planned."""
        return len(self._registry)

    @property
    def calls(self) -> int:
        """How many RPCs are under way."""
        return len(self._calls)

    def start(self) -> None:
        """Listen. Raises :class:`gateway.errors.ConfigInvalid` when the address cannot be bound."""
        hide_tracebacks()
        settings, commands, actions = self._settings, self._commands, self._actions
        try:
            self._servers.append(listen(settings, commands, actions, self._middleware(certified=False)))
            if settings.tls_client_ca:
                self._servers.append(listen_certified(settings, commands, actions, self._middleware(certified=True)))
        except ConfigInvalid:
            self.stop()
            raise

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
        # Let go of them too: they and what they were given refer to each other through C++, where no collector sees it.
        servers, self._servers = self._servers, []
        shut(servers, _STOP_SECONDS)
        self._registry.close()

    def _middleware(self, *, certified: bool) -> MiddlewareFactory:
        return MiddlewareFactory(
            self._authenticator, self._calls, self._meters, lambda: self._actions.draining, certified=certified
        )


@contextmanager
def serving(service: Service, settings: FlightSettings, metrics: Metrics | None = None) -> Iterator[FlightServer]:
    """A started server that is stopped at the end of the block."""
    server = FlightServer(service, settings, metrics)
    server.start()
    try:
        yield server
    finally:
        server.stop()
