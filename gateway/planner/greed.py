"""How much of a query is offered to the stores: what may go down is one thing, what pays is another."""

from enum import Enum


class Greed(Enum):
    """From the most to the least. Each is exact; :mod:`gateway.planner.cost` chooses."""

    EVERYTHING = "everything"
    ROWS = "rows and joins"
    FILTERS = "filters"

    @property
    def groups(self) -> bool:
        """Whether stores may group, order, limit and combine."""
        return self is Greed.EVERYTHING

    @property
    def joins(self) -> bool:
        """Whether stores may join."""
        return self is not Greed.FILTERS
