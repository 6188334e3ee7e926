"""Who asks, and what they may see of a product."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified identity. ``products`` are patterns over ``domain.product``; nothing matches means nothing granted."""

    name: str
    products: tuple[str, ...] = ()

    def may_read(self, product: str) -> bool:
        """Whether a product (``domain.product``, without its version) is granted at all."""
        return any(fnmatchcase(product, pattern) for pattern in self.products)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one query may move out of stores: rows, and bytes. 0 is no limit."""

    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Budgets:
    """Of every query, of those of each user (by name), and for what is moved of each product (``domain.product``)."""

    every: Budget = Budget()
    users: Mapping[str, Budget] = field(default_factory=dict)
    products: Mapping[str, Budget] = field(default_factory=dict)


LOCAL = Principal("local", ("*",))
"""Whoever runs the gateway in their own process, and so can read its configuration anyway."""
