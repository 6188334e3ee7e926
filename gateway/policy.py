"""Who asks, and what they may see of a product."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache

_NOTHING = "(?!)"


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified identity. ``products`` are patterns over ``domain.product``; nothing matches means nothing granted."""

    name: str
    products: tuple[str, ...] = ()

    def may_read(self, product: str) -> bool:
        """Whether a product (``domain.product``, without its version) is granted at all."""
        return _one_of(self.products).match(product) is not None


@lru_cache(maxsize=1024)
def _one_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """All patterns as one expression: each listing holds every product against every pattern of whoever asks."""
    return re.compile("|".join(map(translate, patterns)) or _NOTHING)


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
