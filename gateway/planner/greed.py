"""How much of a query is offered to the stores: what may go down is one thing, what pays is another."""

from dataclasses import replace
from enum import Enum
from functools import lru_cache

from connectors.spi import Capabilities, Clause

_ROWS = frozenset({Clause.PROJECT, Clause.WHERE})


class Greed(Enum):
    """Each is exact; :mod:`gateway.planner.cost` chooses. EVERYTHING stands unless another looks much cheaper.

    A correlated subquery that is a value may be computed once for each row by a store, where DuckDB makes a join of
    it. So it goes down only where the store expects that to be cheap.
    """

    CORRELATED = "everything, correlated subqueries too"
    EARLY_GROUPS = "everything, groups below joins with other stores too"
    EVERYTHING = "everything"
    JOINS = "joins and filters"
    FILTERS = "filters"

    def of(self, capabilities: Capabilities) -> Capabilities:
        """What a store is taken to claim."""
        return _offered(self, capabilities)


_STEADY = frozenset(Clause) - {Clause.CORRELATED}
_OFFERED = {
    Greed.CORRELATED: frozenset(Clause),
    Greed.EARLY_GROUPS: _STEADY,
    Greed.EVERYTHING: _STEADY,
    Greed.JOINS: _ROWS | {Clause.JOIN},
    Greed.FILTERS: _ROWS,
}


@lru_cache(256)
def _offered(greed: Greed, capabilities: Capabilities) -> Capabilities:
    """One value for all plans, because it remembers what it was asked."""
    return replace(capabilities, clauses=capabilities.clauses & _OFFERED[greed])
