"""The sections of ``headgate.toml`` as frozen values, each with its defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config_reading import size_in_bytes
from gateway.policy import Budget, Budgets


@dataclass(frozen=True)
class Server:
    """``[server]``. Times in seconds. ``anonymous`` lists the products a caller without credentials may read."""

    host: str = "127.0.0.1"
    port: int = 31337
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    mtls_port: int | None = None
    anonymous: tuple[str, ...] = ()
    sealing_keys: tuple[str, ...] = field(default=(), repr=False)
    max_running: int = 16
    max_queued: int = 64
    queue_seconds: float = 30.0
    max_calls: int = 512
    user_share: float = 1.0
    query_timeout: float = 600.0
    idle_seconds: float = 300.0
    heartbeat_seconds: float = 20.0
    deregister_seconds: float = 0.0
    drain_seconds: float = 30.0
    token_lifetime: float = 43_200.0
    ticket_lifetime: float = 3_600.0


@dataclass(frozen=True)
class StatusPort:
    """``[status]``. Where liveness, readiness and metrics are told over HTTP; without ``port``, nowhere."""

    host: str = "127.0.0.1"
    port: int | None = None


@dataclass(frozen=True)
class CatalogFolder:
    """``[catalog]``. With ``watch`` the contracts are read again whenever a file of the folder changes."""

    folder: Path = Path("catalog")
    watch: bool = True


@dataclass(frozen=True)
class Resources:
    """``[limits]``. Sizes as ``512MB`` or ``2GB``; ``threads`` 0 means one per core.

    ``max_rows_moved`` and ``max_bytes_moved`` are what a query may move out of stores; 0 and nothing mean no limit.
    """

    memory: str = "2GB"
    threads: int = 0
    spill: Path | None = None
    spill_size: str = "10GB"
    fragment_buffer: str = "64MB"
    max_rows_moved: int = 0
    max_bytes_moved: str = ""

    @property
    def fragment_buffer_bytes(self) -> int:
        """What one fragment may keep in memory before it is spilled, in bytes."""
        return size_in_bytes(self.fragment_buffer)


@dataclass(frozen=True)
class Pushdown:
    """``[pushdown]``. ``default`` is ``on``, ``off`` or ``verify``; ``verify_share`` is a part of 1."""

    default: str = "on"
    verify_share: float = 0.0


@dataclass(frozen=True)
class State:
    """``[state]``. Where connectors keep what they may keep, such as the segments of topics."""

    directory: Path = Path("state")


@dataclass(frozen=True)
class User:
    """``[users.<name>]``. An argon2 hash, patterns over ``domain.product``, and what a query of theirs may move."""

    password_hash: str = field(repr=False)
    products: tuple[str, ...] = ()
    max_rows_moved: int = 0
    max_bytes_moved: str = ""


@dataclass(frozen=True)
class ProductLimits:
    """``[products."<domain>.<product>"]``. What a query may move of one product."""

    max_rows_moved: int = 0
    max_bytes_moved: str = ""


@dataclass(frozen=True)
class Store:
    """``[stores.<name>]``. The kind of connector, and its options with secrets resolved."""

    kind: str
    options: Mapping[str, object] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Config:
    """A whole configuration. ``path`` is the file it was read from."""

    path: Path
    server: Server = Server()
    status: StatusPort = StatusPort()
    catalog: CatalogFolder = CatalogFolder()
    limits: Resources = Resources()
    pushdown: Pushdown = Pushdown()
    state: State = State()
    users: Mapping[str, User] = field(default_factory=dict)
    stores: Mapping[str, Store] = field(default_factory=dict)
    products: Mapping[str, ProductLimits] = field(default_factory=dict)

    @property
    def budgets(self) -> Budgets:
        """What queries may move out of stores."""
        users = {name: budget(user) for name, user in self.users.items()}
        return Budgets(budget(self.limits), users, {name: budget(one) for name, one in self.products.items()})


def budget(section: Resources | User | ProductLimits) -> Budget:
    """What a section lets a query move; raises ValueError for a size that is none."""
    size = section.max_bytes_moved
    return Budget(section.max_rows_moved, size_in_bytes(size) if size else 0)
