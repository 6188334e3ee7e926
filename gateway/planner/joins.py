"""What the joins of a SELECT allow: which sources a filter may be moved below, and which tables belong together."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from gateway.planner.ownership import Source
from gateway.planner.predicates import aliases, conjuncts

_INNER = ("", "INNER", "CROSS")
_FILTERS_ITS_RIGHT_SIDE = ("", "INNER", "SEMI", "ANTI")


@dataclass(frozen=True, eq=False)
class Conjunct:
    """One conjunct of the WHERE clause, or of the ON clause of ``join``."""

    node: exp.Expr
    join: exp.Join | None

    @property
    def aliases(self) -> frozenset[str]:
        """The sources it reads."""
        return aliases(self.node)


def is_inner(join: exp.Join) -> bool:
    """Whether a join keeps exactly the matching pairs, so that its ON clause is as good as a WHERE clause."""
    return not join.side and not join.method and not join.args.get("using") and join.kind in _INNER


def all_inner(sources: Iterable[Source]) -> bool:
    """Whether every source is inner-joined, so that the order of the joins means nothing."""
    return all(source.join is None or is_inner(source.join) for source in sources)


def all_conjuncts(select: exp.Select) -> list[Conjunct]:
    """The conjuncts of WHERE and of every ON, where they stand."""
    where = select.args.get("where")
    found = [Conjunct(node, None) for node in conjuncts(where.this if where else None)]
    for join in select.args.get("joins") or ():
        found += [Conjunct(node, join) for node in conjuncts(join.args.get("on"))]
    return found


def filterable(sources: Iterable[Source]) -> frozenset[str]:
    """The aliases whose rows a WHERE conjunct may remove early: those that no outer join fills with NULLs."""
    kept: set[str] = set()
    for source in sources:
        join = source.join
        if join is None:
            kept.add(source.alias)
        elif join.method:
            return frozenset()
        elif join.side in ("RIGHT", "FULL"):
            kept = {source.alias} if join.side == "RIGHT" else set()
        elif not join.side and join.kind in _INNER:
            kept.add(source.alias)
    return frozenset(kept)


def may_move(conjunct: Conjunct, alias: str, kept: frozenset[str]) -> bool:
    """Whether a conjunct that reads only ``alias`` may be computed below the joins, at that source."""
    join = conjunct.join
    if join is None or is_inner(join):
        return alias in kept
    right = join.this.alias_or_name == alias
    return right and not join.method and join.side in ("", "LEFT") and join.kind in (*_FILTERS_ITS_RIGHT_SIDE, "OUTER")


def connected(members: Iterable[str], links: Iterable[frozenset[str]]) -> list[list[str]]:
    """Split ``members`` into the groups that ``links`` (pairs of aliases an equality relates) hold together."""
    groups = [[member] for member in members]
    for link in links:
        touched = [group for group in groups if link & set(group)]
        if len(touched) > 1:
            merged = [member for group in touched for member in group]
            groups = [merged if group is touched[0] else group for group in groups if group not in touched[1:]]
    return groups
