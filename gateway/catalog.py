"""Products as the gateway knows them: immutable values, made from contracts, replaced as a whole on reload."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from connectors.spi import Table
from gateway.errors import AddressUnknown
from gateway.policy import Principal


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns whose values name rows of another dataset, as the contract declares it.

    ``to`` is the other's address in three parts, ``to_columns`` its columns in the order of ``columns``. The other
    may lie in another domain and need not exist.
    """

    columns: tuple[str, ...]
    to: tuple[str, str, str]
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table of a product. ``notes`` maps columns to their descriptions in the contract.

    ``primary_key``, ``required`` (the columns that are never NULL) and ``references`` are what the contract promises
    and clients are told; ``table`` has what the store enforces, and plans rest on that.
    ``rows`` is roughly what the store held when the catalog was read, None when it did not say.
    """

    name: str
    store: str
    table: Table
    description: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    primary_key: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """What a domain publishes under one contract and one major version."""

    domain: str
    name: str
    version: int
    datasets: tuple[Dataset, ...]
    current: bool = True
    status: str = "active"
    owner: str = ""
    description: str = ""

    @property
    def address(self) -> str:
        """``domain.product``, without the version: what grants are written for."""
        return f"{self.domain}.{self.name}"

    @property
    def schema_name(self) -> str:
        """The middle part of an address: the product's name, with ``@version`` unless it is the current one."""
        return self.name if self.current else f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset together with the product it belongs to."""

    product: Product
    dataset: Dataset
    relation: str = field(init=False, compare=False, repr=False)
    """A name for the dataset within queries. It says where and of which columns, so it never means another shape."""

    def __post_init__(self) -> None:
        """Made once for each catalog, not for each query."""
        shape = repr([(column.name, column.type) for column in self.dataset.table.columns])
        digest = hashlib.sha256(f"{self.address}\0{shape}".encode()).hexdigest()
        object.__setattr__(self, "relation", f"t_{digest[:16]}")

    @property
    def address(self) -> str:
        """``domain.product.dataset``, with ``product@version`` where it is not the current one."""
        return f"{self.product.domain}.{self.product.schema_name}.{self.dataset.name}"


@dataclass(frozen=True)
class Catalog:
    """All products of the mesh. ``version`` changes whenever the content does."""

    version: str
    products: tuple[Product, ...]

    def visible(self, who: Principal) -> Iterator[Product]:
        """The products granted to ``who``, in order of address and version."""
        return (product for product in self.products if who.may_read(product.address))

    def resolve(self, parts: Sequence[str], who: Principal, within: tuple[str, str] = ("", "")) -> Place:
        """Find ``domain.product[.dataset]``; the product part may carry ``@major``. Names ignore case.

        What is no address is looked for in the domain and product of ``within``: an address means the same in
        every session. Raises :class:`AddressUnknown` with the nearest granted addresses.
        """
        for prefix in ((), within, within[:1]):
            place = self.find((*prefix, *parts), who) if all(prefix) else None
            if place is not None:
                return place
        raise self._unknown(parts, who)

    def find(self, parts: Sequence[str], who: Principal) -> Place | None:
        """The dataset of an address, or None when there is none or it is not granted."""
        place = self._places.get(tuple(part.lower() for part in parts))
        return place if place is not None and who.may_read(place.product.address) else None

    @cached_property
    def _places(self) -> dict[tuple[str, ...], Place]:
        found: dict[tuple[str, ...], Place] = {}
        for product in self.products:
            names = [f"{product.name}@{product.version}"] + ([product.name] if product.current else [])
            for name in (name.lower() for name in names):
                for dataset in product.datasets:
                    found[product.domain.lower(), name, dataset.name.lower()] = Place(product, dataset)
                if len(product.datasets) == 1:
                    found[product.domain.lower(), name] = Place(product, product.datasets[0])
        return found

    def _unknown(self, parts: Sequence[str], who: Principal) -> AddressUnknown:
        known = {
            ".".join(names): place.address
            for names, place in self._places.items()
            if len(names) == 3 and who.may_read(place.product.address)
        }
        near = get_close_matches(".".join(parts).lower(), known, n=3, cutoff=0.5)
        nearest = ", ".join(dict.fromkeys(known[name] for name in near))
        hint = f"Nearest: {nearest}." if near else "`headgate catalog list` shows every dataset you may read."
        return AddressUnknown(f"No dataset answers to the address {'.'.join(parts)!r}.", hint=hint)
