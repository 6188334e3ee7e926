"""Who asks, and what they may see of a product."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified identity. ``products`` are patterns over ``domain.product``; nothing matches means nothing granted."""

    name: str
    products: tuple[str, ...] = ()

    def may_read(self, product: str) -> bool:
        """Whether a product (``domain.product``, without its version) is granted at all."""
        return any(fnmatchcase(product, pattern) for pattern in self.products)


LOCAL = Principal("local", ("*",))
"""Whoever runs the gateway in their own process, and so can read its configuration anyway."""
