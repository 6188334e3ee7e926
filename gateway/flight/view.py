"""What one caller sees of the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gateway.catalog import Catalog, Place
from gateway.flight.tables import TableSchemas
from gateway.policy import Principal


@dataclass(frozen=True)
class View:
    """The catalog as far as it is granted to ``who``, in a type profile."""

    catalog: Catalog
    who: Principal
    profile: str
    schemas: TableSchemas

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every dataset that is granted, in order of address."""
        return tuple(
            Place(product, dataset) for product in self.catalog.visible(self.who) for dataset in product.datasets
        )

    def table_schema(self, place: Place) -> bytes:
        """The Arrow schema of one of the places, serialized."""
        return self.schemas.of(self.catalog, place, self.profile)

    def find(self, address: Sequence[str]) -> Place | None:
        """The dataset of an address, or None when there is none or it is not granted."""
        return self.catalog.find(address, self.who)
