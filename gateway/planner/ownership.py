"""Who owns a column: the innermost SELECT around it that has a source of that alias."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp


@dataclass(frozen=True)
class Source:
    """One entry of a SELECT's FROM: the node that names it, and the join that brings it in (None for the first)."""

    alias: str
    node: exp.Expr
    join: exp.Join | None


@dataclass(frozen=True)
class Selects:
    """All SELECTs of a qualified query with their sources, and the columns bound to each source."""

    sources: dict[int, tuple[Source, ...]] = field(default_factory=dict)
    columns: dict[tuple[int, str], list[exp.Column]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, query: exp.Query) -> "Selects":
        """Walk a qualified query once."""
        found = cls()
        for select in query.find_all(exp.Select):
            found.sources[id(select)] = tuple(_sources(select))
        for column in query.find_all(exp.Column):
            owner = found.owner(column)
            if owner is not None:
                found.columns[id(owner), column.table].append(column)
        return found

    def owner(self, column: exp.Column) -> exp.Select | None:
        """The SELECT whose source this column reads."""
        select = column.find_ancestor(exp.Select)
        while select is not None:
            if any(source.alias == column.table for source in self.sources[id(select)]):
                return select
            select = select.find_ancestor(exp.Select)
        return None

    def of_source(self, select: exp.Select, alias: str) -> list[exp.Column]:
        """The columns anywhere below ``select`` that are bound to its source ``alias``."""
        return self.columns[id(select), alias]


def _sources(select: exp.Select) -> Iterator[Source]:
    if first := select.args.get("from_"):
        yield Source(first.this.alias_or_name, first.this, None)
    for join in select.args.get("joins") or ():
        yield Source(join.this.alias_or_name, join.this, join)
    for lateral in select.args.get("laterals") or ():
        yield Source(lateral.alias_or_name, lateral, None)
