"""The door of a gateway that is opened in this process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.call import Call
from gateway.app import open_gateway
from gateway.catalog import Catalog
from gateway.cli.asking import Field, Listed
from gateway.config import load
from gateway.policy import LOCAL
from gateway.service import Answer, Options, Service


@contextmanager
def local(config: Path, *, pushdown: str) -> Iterator["Local"]:
    """A gateway by this configuration, closed at the end. Raises :class:`gateway.errors.ConfigInvalid`."""
    with open_gateway(load(config)) as gateway:
        yield Local(gateway.service, pushdown)


class Local:
    """See :class:`gateway.cli.asking.Door`."""

    def __init__(self, service: Service, pushdown: str) -> None:
        self._service = service
        self._options = Options(pushdown=pushdown != "off", verify=pushdown == "verify")

    def query(self, sql: str, parameters: Sequence[Any]) -> Answer:
        """See the door."""
        plan = self._service.prepare(sql, LOCAL, parameters=parameters, options=self._options)
        return self._service.run(plan, Call())

    def datasets(self) -> list[Listed]:
        """See the door."""
        return sorted(_listed(self._service.catalog), key=lambda listed: listed.address)


def _listed(catalog: Catalog) -> Iterator[Listed]:
    """What a catalog of this process holds."""
    for product in catalog.visible(LOCAL):
        for dataset in product.datasets:
            notes = dict(dataset.notes)
            fields = tuple(Field(c.name, c.type, c.nullable, notes.get(c.name, "")) for c in dataset.table.columns)
            address = f"{product.domain}.{product.schema_name}.{dataset.name}"
            yield Listed(address, dataset.description, fields)
