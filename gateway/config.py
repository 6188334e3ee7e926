"""``headgate.toml`` → frozen values. Every problem in the file is found and told at once.

Credentials are never written in the file: wherever a text may stand, ``{ env = "NAME" }`` or ``{ file = "path" }`` may
stand instead and is replaced by what it names. Relative paths are relative to the file.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError

from connectors.registry import kinds
from gateway.config_reading import Problems, Section, size_in_bytes
from gateway.config_shapes import (
    CatalogFolder,
    Config,
    ProductLimits,
    Pushdown,
    Resources,
    Server,
    State,
    StatusPort,
    Store,
    User,
    budget,
)
from gateway.errors import ConfigInvalid

__all__ = [
    "CatalogFolder",
    "Config",
    "ProductLimits",
    "Pushdown",
    "Resources",
    "Server",
    "State",
    "StatusPort",
    "Store",
    "User",
    "load",
]

_Budgeted = Resources | User | ProductLimits
_CREDENTIALS = frozenset({"password", "secret", "secret_key", "access_key", "token", "session_token"})
_NOT_HERE = 'credentials are not written here; use { env = "…" } or { file = "…" }'
_STORE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_LAST_PORT = 65_535
_PORTS = (("server", "port"), ("server", "mtls_port"), ("status", "port"))
_AT_LEAST_ONE = ("max_running", "max_calls")
_MORE_THAN_NOTHING = ("query_timeout", "heartbeat_seconds", "token_lifetime", "ticket_lifetime")
_SECTIONS = {
    "server": Server,
    "status": StatusPort,
    "catalog": CatalogFolder,
    "limits": Resources,
    "pushdown": Pushdown,
    "state": State,
}
_TABLES = {"users", "stores", "products"}


def load(path: Path | str) -> Config:
    """Read a configuration. Raises :class:`gateway.errors.ConfigInvalid` with every problem found."""
    path = Path(path).absolute()
    problems = Problems()
    document = _document(path)
    folder = path.parent
    for name in sorted(document.keys() - _SECTIONS.keys() - _TABLES):
        problems.unknown(name, "", (*_SECTIONS, *sorted(_TABLES)))
    made: dict[str, Any] = {
        name: Section(document.get(name, {}), f"[{name}]", folder, problems).read(shape)
        for name, shape in _SECTIONS.items()
    }
    users = {name: _user(name, given, folder, problems) for name, given in _tables(document, "users", problems)}
    stores = {name: _store(name, given, folder, problems) for name, given in _tables(document, "stores", problems)}
    products = {
        name: Section(given, f'[products."{name}"]', folder, problems).read(ProductLimits)
        for name, given in _tables(document, "products", problems)
    }
    _check_budgets({"[limits]": made["limits"]}, problems)
    _check_budgets({f"[users.{name}]": user for name, user in users.items()}, problems)
    _check_budgets({f'[products."{name}"]': one for name, one in products.items()}, problems)
    for section, key in _PORTS:
        if (getattr(made[section], key) or 0) > _LAST_PORT:
            problems.add(f"[{section}] {key}: must be between 0 and {_LAST_PORT}")
    _check_server(made["server"], document.get("server"), problems)
    _check_limits(made["limits"], problems)
    _check_pushdown(made["pushdown"], problems)
    problems.raise_if_any()
    made |= {"users": MappingProxyType(users), "stores": MappingProxyType(stores)}
    return Config(path=path, products=MappingProxyType(products), **made)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise ConfigInvalid(f"The file {path.name} cannot be read: {os.strerror(problem.errno or 0)}.") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigInvalid(f"The file {path.name} is not TOML: {problem}.") from problem


def _tables(document: Mapping[str, Any], key: str, problems: Problems) -> list[tuple[str, dict[str, Any]]]:
    given = document.get(key, {})
    if isinstance(given, dict) and all(isinstance(value, dict) for value in given.values()):
        return list(given.items())
    problems.add(f"[{key}]: write one section for each, [{key}.<name>]")
    return []


def _user(name: str, given: dict[str, Any], folder: Path, problems: Problems) -> User:
    where = f"[users.{name}]"
    before = len(problems.found)
    user = Section(given, where, folder, problems).read(User)
    if not name or ":" in name:
        problems.add(f"{where}: a name is not empty and has no colon, or nobody could log in by it")
    try:
        if len(problems.found) == before:
            extract_parameters(user.password_hash)
    except InvalidHashError:
        problems.add(f"{where} password_hash: is not an argon2 hash, which begins with $argon2id$")
    return user


def _store(name: str, given: dict[str, Any], folder: Path, problems: Problems) -> Store:
    where = f"[stores.{name}]"
    if not _STORE_NAME.fullmatch(name):
        problems.add(f"{where}: a store's name is letters, digits, - and _, at most 63")
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in kinds():
        problems.add(f"{where} kind: must be one of {', '.join(kinds())}")
    section = Section(given, where, folder, problems)
    options: dict[str, object] = {}
    for key, value in given.items():
        if key == "kind":
            continue
        if isinstance(value, str) and _holds_credentials(key, value):
            problems.add(f"{where} {key}: {_NOT_HERE}")
        options[key] = section.resolved(key, value)
    return Store(str(kind), MappingProxyType(options))


def _holds_credentials(key: str, value: str) -> bool:
    if key.lower() in _CREDENTIALS or "PRIVATE KEY-----" in value:
        return True
    login, at, _ = value.partition("://")[2].partition("@")
    return (bool(at) and ":" in login and "/" not in login) or "password=" in value.replace(" ", "").lower()


def _check_server(server: Server, given: Any, problems: Problems) -> None:
    if (server.tls_cert is None) != (server.tls_key is None):
        problems.add("[server] tls_cert, tls_key: give both or neither")
    if (server.tls_client_ca is None) != (server.mtls_port is None):
        problems.add("[server] tls_client_ca, mtls_port: give both or neither")
    if server.tls_client_ca and not server.tls_cert:
        problems.add("[server] tls_client_ca: needs tls_cert and tls_key")
    for key in ("tls_cert", "tls_key", "tls_client_ca"):
        path: Path | None = getattr(server, key)
        if path and not path.is_file():
            problems.add(f"[server] {key}: there is no such file")
    if not 0 < server.user_share <= 1:
        problems.add("[server] user_share: must be more than 0 and at most 1")
    for key in _AT_LEAST_ONE:
        if getattr(server, key) < 1:
            problems.add(f"[server] {key}: must be at least 1")
    for key in _MORE_THAN_NOTHING:
        if getattr(server, key) <= 0:
            problems.add(f"[server] {key}: must be more than 0 seconds")
    _check_sealing_keys(server, given, problems)


def _check_sealing_keys(server: Server, given: Any, problems: Problems) -> None:
    written = given.get("sealing_keys") if isinstance(given, dict) else None
    if isinstance(written, list) and any(isinstance(key, str) for key in written):
        problems.add(f"[server] sealing_keys: {_NOT_HERE}")
    for position, key in enumerate(server.sealing_keys):
        if len(key) != 64 or not set(key) <= set("0123456789abcdefABCDEF"):
            problems.add(f"[server] sealing_keys, number {position + 1}: must be 64 hexadecimal digits")


def _check_limits(limits: Resources, problems: Problems) -> None:
    for name in ("memory", "spill_size", "fragment_buffer"):
        try:
            size_in_bytes(getattr(limits, name))
        except ValueError:
            problems.add(f"[limits] {name}: must be a size such as 512MB or 2GB")


def _check_pushdown(pushdown: Pushdown, problems: Problems) -> None:
    if pushdown.default not in ("on", "off", "verify"):
        problems.add("[pushdown] default: must be on, off or verify")
    if pushdown.verify_share > 1:
        problems.add("[pushdown] verify_share: must be between 0 and 1")


def _check_budgets(sections: Mapping[str, _Budgeted], problems: Problems) -> None:
    for where, section in sections.items():
        try:
            budget(section)
        except ValueError:
            problems.add(f"{where} max_bytes_moved: must be a size such as 512MB or 2GB")
