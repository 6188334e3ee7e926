"""What an operator chooses about the Flight server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.policy import Principal


@dataclass(frozen=True, slots=True)
class User:
    """A user of the configuration: an argon2 hash of the password, and patterns over ``domain.product``."""

    password_hash: str = field(repr=False)
    products: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FlightSettings:
    """Address, TLS, users and limits. Times are in seconds; ``port`` 0 takes a free one.

    ``tls_cert`` and ``tls_key`` are PEM bytes, both or neither. With ``tls_client_ca``, PEM bytes too, there is a
    second port, ``mtls_port``, for the users whose certificates it vouches for. ``anonymous`` is who a caller
    without credentials is; None refuses such callers. ``pushdown``
    holds for sessions that choose none. ``keys`` are 32-byte secrets shared by all replicas: the
    first seals, all open; without any, the process makes its own and its tickets die with it. A query waits at most
    ``queue_seconds`` for one of ``max_running`` places, beside at most ``max_queued`` others; at most ``max_calls``
    RPCs are answered at once; and of all three one user may take the part ``user_share``. A client that takes no
    batch for ``idle_seconds`` loses its query; a stream that is silent for ``heartbeat_seconds`` sends a batch
    without rows. For ``deregister_seconds`` a draining server still takes new work, and only says that it is not
    ready.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls_cert: bytes | None = field(default=None, repr=False)
    tls_key: bytes | None = field(default=None, repr=False)
    tls_client_ca: bytes | None = field(default=None, repr=False)
    mtls_port: int | None = None
    users: Mapping[str, User] = field(default_factory=dict)
    anonymous: Principal | None = None
    pushdown: str = "on"
    max_running: int = 16
    max_queued: int = 64
    queue_seconds: float = 30.0
    max_calls: int = 512
    user_share: float = 1.0
    query_timeout: float | None = 600.0
    idle_seconds: float = 300.0
    heartbeat_seconds: float = 20.0
    deregister_seconds: float = 0.0
    token_lifetime: float = 12 * 3600.0
    ticket_lifetime: float = 3600.0
    keys: tuple[bytes, ...] = field(default=(), repr=False)
