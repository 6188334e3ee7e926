"""From a column of a residual down to the relation that its values come from, unchanged."""

from collections.abc import Container
from dataclasses import dataclass

from sqlglot import exp

from gateway.planner.ownership import Selects, Source


@dataclass(frozen=True)
class Origin:
    """A column of a relation, and the SELECT that reads it there under ``alias``."""

    relation: str
    column: str
    alias: str
    select: exp.Select
    passed: tuple[tuple[exp.Select, str], ...] = ()
    """The queries within the query that gave out the values on their way, and under which name; the outermost first."""


def trace(
    column: exp.Column,
    selects: Selects,
    relations: Container[str],
    passed: tuple[tuple[exp.Select, str], ...] = (),
) -> Origin | None:
    """Where all values of ``column`` but NULL come from; None when they are computed, or cannot be told for sure."""
    owner = selects.owner(column)
    if owner is None:
        return None
    source = next(source for source in selects.sources[id(owner)] if source.alias == column.table)
    if is_reshaped(source.node):
        return None
    if isinstance(source.node, exp.Table) and source.node.name in relations:
        return Origin(source.node.name, column.name, source.alias, owner, passed)
    inner = _inner(source, owner)
    if inner is None:
        return None
    behind = next((item.unalias() for item in inner.expressions if item.alias_or_name == column.name), None)
    if not isinstance(behind, exp.Column):
        return None
    return trace(behind, selects, relations, (*passed, (inner, column.name)))


def _inner(source: Source, owner: exp.Select) -> exp.Select | None:
    """The SELECT behind a derived table or the name of a CTE."""
    node: exp.Expr | None = source.node
    if isinstance(node, exp.Table):
        node = _cte(node.name, owner)
    inner = node.unnest() if isinstance(node, exp.Subquery) else node
    return inner if isinstance(inner, exp.Select) else None


def _cte(name: str, below: exp.Expr | None) -> exp.Expr | None:
    """The nearest definition of a name; None for one that is recursive, or renames its columns.

    Within a WITH clause, only what stands before is visible.
    """
    inside: exp.CTE | None = None
    while below is not None:
        clause = below.args.get("with_")
        for cte in clause.expressions if clause else ():
            if cte is inside:
                break
            if cte.alias.lower() == name.lower():
                return None if cte.parent.args.get("recursive") or is_reshaped(cte) else cte.this
        inside = below if isinstance(below, exp.CTE) else inside
        below = below.parent
    return None


def is_reshaped(node: exp.Expr) -> bool:
    """Whether a source has other columns, or other names for them, than what stands behind it."""
    alias = node.args.get("alias")
    renamed = isinstance(alias, exp.TableAlias) and bool(alias.args.get("columns"))
    return renamed or any(node.args.get(key) for key in ("pivots", "joins", "ordinality"))
