"""A Postgres store's section of the configuration, and the URI made from it. Neither is ever shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from connectors.errors import ConnectorMisconfigured
from connectors.registry import read_options

_NUMBERS = ("port", "max_connections", "connect_timeout")
_SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True)
class Options:
    """``dsn``, or its parts. ``max_connections`` bounds the pool; ``connect_timeout`` is in seconds, at least 2."""

    dsn: str = field(default="", repr=False)
    host: str = ""
    port: int = 5432
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    sslmode: str = ""
    max_connections: int = 8
    connect_timeout: int = 5

    def uri(self) -> str:
        """The connection URI, with the time limits of the network added."""
        base, _, query = (self.dsn or self._assembled()).partition("?")
        limits = {
            "connect_timeout": str(self.connect_timeout),
            "keepalives_idle": "10",
            "keepalives_interval": "5",
            "keepalives_count": "3",
            "tcp_user_timeout": "30000",
        }
        given = dict(parse_qsl(query, keep_blank_values=True))
        return f"{base}?{urlencode({**limits, **given}, quote_via=quote)}"

    def _assembled(self) -> str:
        who = quote(self.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        mode = f"?sslmode={quote(self.sslmode, safe='')}" if self.sslmode else ""
        return f"postgresql://{who + '@' if who else ''}{host}:{self.port}/{quote(self.database, safe='')}{mode}"


def read(store: str, given: Mapping[str, object]) -> Options:
    """Check a store's options. Raises :class:`ConnectorMisconfigured`, showing no value."""
    read_in = {key: _number(store, key, value) if key in _NUMBERS else value for key, value in given.items()}
    options = read_options(store, Options, read_in)
    if bool(options.dsn) == bool(options.host):
        raise _unusable(store, "give either 'dsn' or 'host', 'database' and 'user'")
    if options.dsn and not _is_dsn(options.dsn):
        raise _unusable(store, "the key 'dsn' must be a URL that begins with postgresql://")
    if options.host and not (options.database and options.user):
        raise _unusable(store, "'host' needs 'database' and 'user' beside it")
    if options.max_connections < 1 or options.connect_timeout < 2:
        raise _unusable(store, "'max_connections' is at least 1 and 'connect_timeout' at least 2")
    return options


def _is_dsn(dsn: str) -> bool:
    try:
        return urlsplit(dsn).scheme in _SCHEMES
    except ValueError:
        return False


def _number(store: str, key: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.isdecimal():
        raise _unusable(store, f"the key {key!r} must be a whole number")
    return int(value)


def _unusable(store: str, problem: str) -> ConnectorMisconfigured:
    hint = "docs/connectors.md lists the keys of a Postgres store."
    return ConnectorMisconfigured(f"The store {store!r} cannot be used: {problem}.", hint=hint, store=store)
