"""The composition root: where stores, catalog, engine and transport are put together."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from connectors.call import Call
from connectors.errors import ConnectorMisconfigured
from connectors.files import PinnedFiles
from connectors.registry import connect
from connectors.spi import Connector, Surroundings
from gateway.catalog import Catalog
from gateway.config import Config
from gateway.contracts import Agreement, Contracts, agree
from gateway.database import Database, Limits
from gateway.engine import Engine
from gateway.errors import ConfigInvalid
from gateway.flight.life import FlightServer, serving
from gateway.flight.settings import FlightSettings, User
from gateway.metrics import Metrics
from gateway.policy import Principal
from gateway.reload import CatalogInForce
from gateway.service import LocalService
from gateway.status import Status, reporting

_DESCRIBE_SECONDS = 10.0


@dataclass(frozen=True)
class Gateway:
    """A running gateway without a transport. ``reload`` reads the contracts anew; see :mod:`gateway.reload`."""

    service: LocalService
    in_force: CatalogInForce
    connectors: Mapping[str, Connector]

    @property
    def catalog(self) -> Catalog:
        """The catalog in force now."""
        return self.in_force()

    def reload(self) -> bool:
        """Read the contracts now; whether they are in force."""
        return self.in_force.reload()


@contextmanager
def open_gateway(config: Config) -> Iterator[Gateway]:
    """The gateway of a configuration, closed at the end of the block.

    Raises :class:`gateway.errors.ConfigInvalid` with every problem of stores and contracts. A store that is down is
    none: its products answer when it is back.
    """
    with ExitStack() as held:
        files = PinnedFiles()
        contracts = Contracts(config.catalog.folder, config.stores.keys())
        connectors = _checked(config, contracts, files, held)
        in_force = CatalogInForce(partial(_read, contracts, connectors))
        held.callback(in_force.close)
        if in_force.agreement.problems:
            raise ConfigInvalid.listing(in_force.agreement.problems)
        if config.catalog.watch:
            in_force.watch(config.catalog.folder)
        database = Database(_limits(config), files)
        held.callback(database.close)
        engine = Engine(connectors, database, files, config.limits.fragment_buffer_bytes)
        service = LocalService(
            in_force, connectors, database, engine, config.pushdown.verify_share, budgets=config.budgets
        )
        yield Gateway(service, in_force, connectors)


def check_catalog(config: Config) -> Catalog:
    """The catalog, if every contract is sound and every store was asked and agrees.

    Raises :class:`gateway.errors.ConfigInvalid` with every problem, a store that cannot be asked among them.
    """
    contracts = Contracts(config.catalog.folder, config.stores.keys())
    with ExitStack() as held:
        made = _read(contracts, _checked(config, contracts, PinnedFiles(), held))
    silent = [f"the store {store} cannot be asked about its tables" for store in made.unreachable]
    if made.problems or silent:
        raise ConfigInvalid.listing([*made.problems, *silent])
    return made.catalog


@contextmanager
def report(config: Config) -> Iterator[tuple[Status, str]]:
    """The side port, open for the length of the block, and its URL, empty if the configuration has none.

    It is opened before the gateway, so that the platform can tell starting from dead. Raises ConfigInvalid for a
    taken port.
    """
    status = Status(Metrics())
    if config.status.port is None:
        yield status, ""
        return
    with reporting(status, config.status.host, config.status.port) as url:
        yield status, url


@contextmanager
def serve(gateway: Gateway, config: Config, status: Status | None = None) -> Iterator[FlightServer]:
    """A started Flight server, stopped at the end of the block. Raises ConfigInvalid for a taken port.

    ``status`` tells its state and its metrics from then on.
    """
    with serving(gateway.service, flight_settings(config), status.metrics if status else None) as server:
        if status:
            status.state = lambda: server.state
        yield server


def flight_settings(config: Config) -> FlightSettings:
    """What the Flight server needs to know of a configuration."""
    server = config.server
    return FlightSettings(
        host=server.host,
        port=server.port,
        tls_cert=server.tls_cert.read_bytes() if server.tls_cert else None,
        tls_key=server.tls_key.read_bytes() if server.tls_key else None,
        tls_client_ca=server.tls_client_ca.read_bytes() if server.tls_client_ca else None,
        mtls_port=server.mtls_port,
        users={name: User(user.password_hash, user.products) for name, user in config.users.items()},
        anonymous=Principal("anonymous", server.anonymous) if server.anonymous else None,
        pushdown=config.pushdown.default,
        max_running=server.max_running,
        max_queued=server.max_queued,
        queue_seconds=server.queue_seconds,
        max_calls=server.max_calls,
        user_share=server.user_share,
        query_timeout=server.query_timeout,
        idle_seconds=server.idle_seconds,
        heartbeat_seconds=server.heartbeat_seconds,
        deregister_seconds=server.deregister_seconds,
        token_lifetime=server.token_lifetime,
        ticket_lifetime=server.ticket_lifetime,
        keys=tuple(bytes.fromhex(key) for key in server.sealing_keys),
    )


def _checked(config: Config, contracts: Contracts, files: PinnedFiles, held: ExitStack) -> dict[str, Connector]:
    """The connectors, once both stores and contracts are sound; what is wrong with any of them is told together."""
    connectors, problems = _connectors(config, files, held)
    try:
        contracts.load()
    except ConfigInvalid as invalid:
        problems += invalid.problems or (invalid.sentence,)
    if problems:
        raise ConfigInvalid.listing(problems)
    return connectors


def _connectors(config: Config, files: PinnedFiles, held: ExitStack) -> tuple[dict[str, Connector], list[str]]:
    """One connector per store, and what is wrong with those that cannot be made."""
    made: dict[str, Connector] = {}
    problems: list[str] = []
    surroundings = Surroundings(files, config.state.directory)
    for name, store in config.stores.items():
        try:
            made[name] = connect(store.kind)(name, store.options, surroundings)
            held.callback(made[name].close)
        except ConnectorMisconfigured as problem:
            problems.append(f"[stores.{name}] {problem.sentence}")
    return made, problems


def _read(contracts: Contracts, connectors: Mapping[str, Connector]) -> Agreement:
    return agree(contracts.load(), connectors, partial(Call, timeout=_DESCRIBE_SECONDS))


def _limits(config: Config) -> Limits:
    limits = config.limits
    try:
        if limits.spill:
            limits.spill.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConfigInvalid("[limits] spill: the folder cannot be made.") from problem
    return Limits(limits.memory, limits.threads, limits.spill, limits.spill_size)
