"""The options of a Kafka store, and the librdkafka settings they stand for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from connectors.errors import ConnectorMisconfigured
from connectors.registry import read_options

Settings = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Options:
    """What a store of kind ``kafka`` may say. ``request_timeout`` is in seconds; ``ssl_ca`` a file or PEM text."""

    bootstrap_servers: str
    security_protocol: str = ""
    sasl_mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ssl_ca: str = ""
    request_timeout: float = 3.0


def parse(store: str, given: Mapping[str, object]) -> Options:
    """Read the options strictly; raises :class:`ConnectorMisconfigured`."""
    timeout = given.get("request_timeout")
    whole = isinstance(timeout, int) and not isinstance(timeout, bool)
    options = read_options(store, Options, {**given, "request_timeout": float(str(timeout))} if whole else given)
    if options.request_timeout <= 0:
        raise _misfit(store, "'request_timeout' must be more than 0 seconds")
    if options.username and not options.sasl_mechanism:
        raise _misfit(store, "'username' needs 'sasl_mechanism' (PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512)")
    if options.sasl_mechanism and not options.security_protocol.upper().startswith("SASL_"):
        raise _misfit(store, "'sasl_mechanism' needs 'security_protocol' SASL_SSL or SASL_PLAINTEXT")
    return options


def client_settings(options: Options) -> Settings:
    """What every client of this store is made with. Reconnects fast, since a query is waiting."""
    timeout = int(options.request_timeout * 1000)
    settings: Settings = {
        "bootstrap.servers": options.bootstrap_servers,
        "client.id": "headgate",
        "socket.timeout.ms": max(timeout, 10),
        "socket.connection.setup.timeout.ms": max(timeout, 1000),
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "log_level": 3,
    }
    settings |= {key: value for key, value in _security(options).items() if value}
    return settings


def _security(options: Options) -> Settings:
    inline = options.ssl_ca.lstrip().startswith("-----BEGIN")
    return {
        "security.protocol": options.security_protocol,
        "sasl.mechanism": options.sasl_mechanism,
        "sasl.username": options.username,
        "sasl.password": options.password,
        "ssl.ca.pem" if inline else "ssl.ca.location": options.ssl_ca,
    }


def reading_settings(client: Settings) -> Settings:
    """What a consumer is made with: committed records only, no group state left behind, an end that shows."""
    return client | {
        "group.id": f"headgate-{uuid4().hex}",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "check.crcs": True,
        "allow.auto.create.topics": False,
        # Small waits at the end of a partition; a bounded queue of records not asked for yet, refilled without delay.
        "fetch.wait.max.ms": 20,
        "queued.max.messages.kbytes": 32_768,
        "fetch.queue.backoff.ms": 10,
    }


def _misfit(store: str, what: str) -> ConnectorMisconfigured:
    return ConnectorMisconfigured(f"The store {store!r} cannot be used: {what}.", store=store)
