"""The ports of a Flight server: one for whoever has credentials, and one for whoever has a certificate.

They cannot be one port: pyarrow answers Handshake only with an auth handler, and tells who a client's certificate
belongs to only without one; and where it asks for certificates, it demands them.
"""

import threading
from collections.abc import Sequence

import pyarrow as pa

from gateway.errors import ConfigInvalid
from gateway.flight.actions import Actions
from gateway.flight.commands import Commands
from gateway.flight.middleware import KEY, MiddlewareFactory, OpenHandshake
from gateway.flight.server import Server
from gateway.flight.settings import FlightSettings


def scheme(settings: FlightSettings) -> str:
    """``grpc``, or ``grpc+tls`` when there is a certificate."""
    return "grpc+tls" if settings.tls_cert else "grpc"


def host(settings: FlightSettings) -> str:
    """The address as it stands in a URI."""
    return f"[{settings.host}]" if ":" in settings.host else settings.host


def listen(settings: FlightSettings, commands: Commands, actions: Actions, middleware: MiddlewareFactory) -> Server:
    """The port for credentials. Raises :class:`gateway.errors.ConfigInvalid` when the address cannot be bound."""
    return _bound(
        settings, settings.port, commands, actions, auth_handler=OpenHandshake(), middleware={KEY: middleware}
    )


def listen_certified(
    settings: FlightSettings, commands: Commands, actions: Actions, middleware: MiddlewareFactory
) -> Server:
    """The port for certificates that ``tls_client_ca`` vouches for. Raises as :func:`listen` does."""
    demanded = {"verify_client": True, "root_certificates": settings.tls_client_ca}
    return _bound(settings, settings.mtls_port or 0, commands, actions, middleware={KEY: middleware}, **demanded)


def _bound(settings: FlightSettings, port: int, commands: Commands, actions: Actions, **transport: object) -> Server:
    if settings.tls_cert and settings.tls_key:
        transport["tls_certificates"] = [(settings.tls_cert, settings.tls_key)]
    try:
        return Server(commands, actions, location=f"{scheme(settings)}://{host(settings)}:{port}", **transport)
    except pa.ArrowException as problem:
        hint = "Is another gateway running there, and is the address one of this machine?"
        raise ConfigInvalid(f"Nothing can listen at {host(settings)}:{port}.", hint=hint) from problem


def shut(servers: Sequence[Server], seconds: float) -> None:
    """Close ports and what is left of their connections; waits at most ``seconds`` for handlers to return."""
    # shutdown() waits for handlers without a limit of its own; a client that reads nothing could hold it.
    endings = [threading.Thread(target=one.shutdown, name="headgate-flight-shutdown", daemon=True) for one in servers]
    for ending in endings:
        ending.start()
    for ending in endings:
        ending.join(seconds)
