"""The door to a running gateway, over Flight SQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gateway.cli.asking import Field, Listed
from gateway.flight.client import Client

if TYPE_CHECKING:
    from gateway.service import Answer


@contextmanager
def remote(url: str, *, user: str, password: str, pushdown: str, ca: bytes) -> Iterator["Remote"]:
    """The running gateway at ``url``; see :class:`gateway.flight.client.Client`."""
    with Client(url, user=user, password=password, pushdown=pushdown, ca=ca) as client:
        yield Remote(client)


class Remote:
    """See :class:`gateway.cli.asking.Door`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def query(self, sql: str, parameters: Sequence[Any]) -> "Answer":
        """See the door."""
        return self._client.query(sql, parameters)

    def datasets(self) -> list[Listed]:
        """See the door."""
        return [_from_flight(row) for row in self._client.tables()]


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
