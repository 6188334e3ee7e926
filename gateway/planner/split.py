"""The largest parts of a query that one store computes exactly become fragments; the rest is the residual."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from connectors.spi import Capabilities
from gateway.planner.alone import Alone
from gateway.planner.greed import Greed
from gateway.planner.leaves import Leaves
from gateway.planner.mixed import Mixed
from gateway.planner.refusal import Refused
from gateway.planner.sets import take_set_operation
from gateway.planner.sources import Sources


def split(query: exp.Query, sources: Sources, leaves: Leaves, stores: Mapping[str, Capabilities], greed: Greed) -> None:
    """Replace every dataset of a qualified ``query``, in place, by the relation that delivers it.

    Outermost first, so that the largest parts are found; what a fragment took in is not looked at again.
    """
    restricted = {name: greed.of(capabilities) for name, capabilities in stores.items()}
    _Split(sources, leaves, restricted, eager=greed is Greed.EARLY_GROUPS).visit(query)


class _Split:
    def __init__(self, sources: Sources, leaves: Leaves, stores: Mapping[str, Capabilities], *, eager: bool) -> None:
        self.sources = sources
        self.leaves = leaves
        self.stores = stores
        self.eager = eager

    def visit(self, query: exp.Query) -> None:
        taken = self._take_alone(query)
        if taken and isinstance(query, exp.SetOperation):
            return
        if not taken and isinstance(query, exp.Select):
            Mixed(query, self.sources, self.leaves, self.stores, eager=self.eager).take()
        for inner in _inner(query):
            self.visit(inner)
        self._visit_ctes(query)

    def _take_alone(self, query: exp.Query) -> bool:
        """Whether the query reads one store alone, and at least its rows could be made a fragment."""
        store = self._only_store(query)
        if store is None:
            return False
        capabilities = self.stores[store]
        try:
            if isinstance(query, exp.Select):
                return Alone(query, store, capabilities, self.sources, self.leaves).take()
            if isinstance(query, exp.SetOperation):
                take_set_operation(query, store, capabilities, self.sources, self.leaves)
                return True
        except Refused as why:
            self.leaves.stays(query, why)
        return False

    def _only_store(self, query: exp.Query) -> str | None:
        """The store that holds all a query reads, when that is a computing store and nothing outside is read."""
        places = self.sources.datasets(query)
        stores = {place.dataset.store for place in places or ()}
        if len(stores) != 1 or self.stores[next(iter(stores))].in_place or self.sources.is_correlated(query):
            return None
        return stores.pop()

    def _visit_ctes(self, query: exp.Query) -> None:
        """CTEs come last: those that only fragments used, written out, are not needed any more."""
        clause = query.args.get("with_")
        if clause is None:
            return
        for cte in reversed(clause.expressions):
            if not _is_used(query, cte):
                cte.pop()
            elif isinstance(cte.this, exp.Query):
                self.visit(cte.this)
        if not clause.expressions:
            query.set("with_", None)


def _inner(query: exp.Query) -> Iterator[exp.Query]:
    """The queries directly within a query, CTEs left out."""
    stack = [child for key, child in _children(query) if key != "with_"][::-1]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Query) and not isinstance(node, exp.Subquery):
            yield node
        else:
            stack.extend([child for _, child in _children(node)][::-1])


def _children(node: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    for key, value in node.args.items():
        for child in value if isinstance(value, list) else (value,):
            if isinstance(child, exp.Expr):
                yield key, child


def _is_used(query: exp.Query, cte: exp.CTE) -> bool:
    inside = {id(node) for node in cte.find_all(exp.Table)}
    return any(table.name == cte.alias and id(table) not in inside for table in query.find_all(exp.Table))
