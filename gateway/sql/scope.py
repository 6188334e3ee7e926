"""Which table nodes are addresses, and which are names that the query itself defines with WITH."""

from collections.abc import Iterator

from sqlglot import exp


def addresses(query: exp.Expr) -> list[exp.Table]:
    """The table nodes inside ``query`` that name something outside it: neither CTE references nor table functions."""
    return [table for table in query.find_all(exp.Table) if is_named(table) and not is_cte(table)]


def is_named(table: exp.Table) -> bool:
    """Whether a table node is a plain name of one to many parts, rather than a function or a bracketed join."""
    return isinstance(table.this, exp.Identifier)


def is_cte(table: exp.Table) -> bool:
    """Whether a table node of one part refers to a CTE that is visible where the node stands."""
    if table.args.get("db") or table.args.get("catalog") or not is_named(table):
        return False
    return any(folded(table.name) == name for name in visible(table))


def folded(name: str) -> bytes:
    """A name as DuckDB compares it. Only ASCII letters lose their case: the Kelvin sign is no k."""
    return name.encode("utf-8").lower()


def visible(node: exp.Expr) -> Iterator[bytes]:
    """The names of CTEs visible at a node, folded, inner ones first.

    A CTE sees those written before it, and itself only under WITH RECURSIVE; elsewhere the same name means
    something outside the query.
    """
    child: exp.Expr = node
    while (parent := child.parent) is not None:
        if isinstance(parent, exp.With):
            position = next(index for index, cte in enumerate(parent.expressions) if cte is child)
            seen = parent.expressions[: position + bool(parent.args.get("recursive"))]
            yield from (folded(cte.alias) for cte in seen)
        elif (clause := parent.args.get("with_")) is not None and clause is not child:
            yield from (folded(cte.alias) for cte in clause.expressions)
        child = parent
