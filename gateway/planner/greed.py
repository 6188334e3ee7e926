"""How much of a query is offered to the stores: what may go down is one thing, what pays is another."""

from dataclasses import replace
from enum import Enum

from connectors.spi import Capabilities, Clause

_ROWS = frozenset({Clause.PROJECT, Clause.WHERE})


class Greed(Enum):
    """From the most to the least. Each is exact; :mod:`gateway.planner.cost` chooses."""

    EARLY_GROUPS = "groups below joins with other stores"
    EVERYTHING = "everything"
    UNCORRELATED = "all but correlated subqueries"
    JOINS = "joins and filters"
    FILTERS = "filters"

    def of(self, capabilities: Capabilities) -> Capabilities:
        """What a store is taken to claim."""
        return replace(capabilities, clauses=capabilities.clauses & _OFFERED.get(self, capabilities.clauses))


_OFFERED = {
    Greed.UNCORRELATED: frozenset(Clause) - {Clause.CORRELATED},
    Greed.JOINS: _ROWS | {Clause.JOIN},
    Greed.FILTERS: _ROWS,
}
