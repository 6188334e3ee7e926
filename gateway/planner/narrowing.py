"""What the rows of a relation must meet to reach an answer: conditions of their own, and those of their neighbours.

All of it is read off one SELECT, and holds for every row of the relation that is part of a row of that SELECT. Where an
outer join fills a relation with NULLs, a condition may be met by the filling, and says nothing of the rows themselves.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from gateway.planner.draft import column_node, relation_node
from gateway.planner.joins import Conjunct, all_conjuncts, filterable, is_inner
from gateway.planner.lineage import is_reshaped
from gateway.planner.ownership import Source
from gateway.planner.predicates import aliases, conjoin, conjuncts, disjuncts

_OPAQUE = (exp.Query, exp.Rand, exp.Subquery, exp.AggFunc, exp.Window, exp.Anonymous)


@dataclass
class Narrowing:
    """Of the sources of one SELECT; ``small`` are the relations that are read at next to no cost."""

    select: exp.Select
    sources: tuple[Source, ...]
    small: Collection[str]
    _conjuncts: list[Conjunct] = field(init=False)
    _kept: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._kept = filterable(self.sources)
        found = all_conjuncts(self.select)
        self._conjuncts = [made for made in found if made.join is None or is_inner(made.join)]

    def own(self, alias: str) -> list[exp.Expr]:
        """The conditions over a source alone, as copies; of an OR that relates several, what it says of this one."""
        if alias not in self._kept:
            return []
        found = (_over(made.node, alias) for made in self._conjuncts if not made.node.find(*_OPAQUE))
        return [node for node in found if node is not None]

    def neighbours(self, alias: str, seen: set[str] | None = None) -> Iterator[exp.Expr]:
        """For each small source that a source is equal to, and that is narrowed itself, ``column IN (SELECT …)``.

        Each source is used once (``seen``): in a query whose sources are all related the ways are too many to go.
        """
        if alias not in self._kept:
            return
        seen = {alias} if seen is None else seen
        for mine, theirs in self._equal(alias):
            node = self._small(theirs.table)
            if node is None or theirs.table in seen:
                continue
            seen.add(theirs.table)
            inner = [*self.own(theirs.table), *self.neighbours(theirs.table, seen)]
            if inner:
                made = exp.select(column_node(theirs.table, theirs.name)).from_(relation_node(node.name, theirs.table))
                yield exp.In(this=mine.copy(), query=exp.Subquery(this=made.where(*inner, copy=False)))

    def _equal(self, alias: str) -> Iterator[tuple[exp.Column, exp.Column]]:
        for made in self._conjuncts:
            for left, right in column_pairs(made.node):
                if left.table == alias and right.table != alias:
                    yield left, right

    def _small(self, alias: str) -> exp.Table | None:
        """The relation behind a source of this SELECT, if it may be read beside another."""
        node = next((source.node for source in self.sources if source.alias == alias), None)
        fits = isinstance(node, exp.Table) and node.name in self.small and alias in self._kept and not is_reshaped(node)
        return node if fits and isinstance(node, exp.Table) else None


def column_pairs(node: exp.Expr) -> Iterator[tuple[exp.Column, exp.Column]]:
    """The two columns of an equality, both ways round."""
    if isinstance(node, exp.EQ):
        left, right = node.this.unnest(), node.expression.unnest()
        if isinstance(left, exp.Column) and isinstance(right, exp.Column):
            yield from ((left, right), (right, left))


def _over(node: exp.Expr, alias: str) -> exp.Expr | None:
    """What a condition says of one source: all of it, or one part of each branch of an OR."""
    if aliases(node) == {alias}:
        return node.copy()
    if not isinstance(node, exp.Or) or alias not in aliases(node):
        return None
    branches = [[part.copy() for part in conjuncts(branch) if aliases(part) == {alias}] for branch in disjuncts(node)]
    if not all(branches):
        return None
    return exp.or_(*(conjoin(parts) for parts in branches), copy=False)
