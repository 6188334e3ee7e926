"""Two doors to ask at: a running gateway, or one opened in this process. Behind both, the same questions."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from connectors.call import Call
from gateway.catalog import Catalog
from gateway.errors import ConfigInvalid
from gateway.flight.client import Client
from gateway.policy import LOCAL
from gateway.service import Answer, Options, Service

_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(\d+\.\d*|\.\d+)")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Field:
    """One column as shown to people."""

    name: str
    type: str
    nullable: bool
    note: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One dataset as shown to people: its address, what it is, and its columns."""

    address: str
    note: str
    fields: tuple[Field, ...]


class Door(Protocol):
    """Where questions are asked."""

    def query(self, sql: str, parameters: Sequence[Any]) -> Answer:
        """The answer to one statement."""

    def datasets(self) -> list[Listed]:
        """All datasets one may read, in order of address."""


@contextmanager
def asker(
    url: str,
    config: Path,
    *,
    user: str = "",
    password: str = "",
    ca: Path | None = None,
    pushdown: str = "on",
) -> Iterator[Door]:
    """The running gateway at ``url`` when one is given, else one opened in this process by ``config``.

    ``pushdown`` is on, off or verify.
    """
    if url:
        authority = _read_authority(ca) if ca else b""
        with Client(url, user=user, password=password, pushdown=pushdown, ca=authority) as client:
            yield _Remote(client)
        return
    from gateway.app import open_gateway
    from gateway.config import load

    with open_gateway(load(config)) as gateway:
        yield _Local(gateway.service, pushdown)


class _Remote:
    def __init__(self, client: Client) -> None:
        self._client = client

    def query(self, sql: str, parameters: Sequence[Any]) -> Answer:
        return self._client.query(sql, parameters)

    def datasets(self) -> list[Listed]:
        return [_from_flight(row) for row in self._client.tables()]


class _Local:
    def __init__(self, service: Service, pushdown: str) -> None:
        self._service = service
        self._options = Options(pushdown=pushdown != "off", verify=pushdown == "verify")

    def query(self, sql: str, parameters: Sequence[Any]) -> Answer:
        plan = self._service.prepare(sql, LOCAL, parameters=parameters, options=self._options)
        return self._service.run(plan, Call())

    def datasets(self) -> list[Listed]:
        return sorted(from_catalog(self._service.catalog), key=lambda listed: listed.address)


def from_catalog(catalog: Catalog) -> Iterator[Listed]:
    """What a catalog of this process holds."""
    for product in catalog.visible(LOCAL):
        for dataset in product.datasets:
            notes = dict(dataset.notes)
            fields = tuple(Field(c.name, c.type, c.nullable, notes.get(c.name, "")) for c in dataset.table.columns)
            address = f"{product.domain}.{product.schema_name}.{dataset.name}"
            yield Listed(address, dataset.description, fields)


def _from_flight(row: Any) -> Listed:
    schema: pa.Schema = row["table_schema"]
    address = ".".join((row["catalog_name"], row["db_schema_name"], row["table_name"]))
    fields = tuple(Field(f.name, _flight_type(f), f.nullable, _fact(f, "REMARKS")) for f in schema)
    return Listed(address, _fact(schema, "REMARKS"), fields)


def _flight_type(field: pa.Field) -> str:
    name = _fact(field, "TYPE_NAME") or str(field.type)
    if pa.types.is_decimal(field.type):
        return f"{name}({field.type.precision},{field.type.scale})"
    return name


def _fact(of: pa.Field | pa.Schema, name: str) -> str:
    facts: dict[bytes, bytes] = of.metadata or {}
    return facts.get(f"ARROW:FLIGHT:SQL:{name}".encode(), b"").decode()


def read_statement(sql: str) -> str:
    """The statement itself, or standard input for ``-``; an ending semicolon is dropped."""
    text = sys.stdin.read() if sql == "-" else sql
    return text.strip().removesuffix(";")


def read_parameters(values: Sequence[str]) -> list[Any]:
    """Integers, decimals, true, false and null as such; everything else, and whatever is 'quoted', is text."""
    return [_value(text) for text in values]


def _value(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _read_authority(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ConfigInvalid("The file given by --ca cannot be read.") from None
