"""Taking predicates apart: conjuncts, the sources they read, and their names in a reason."""

from collections.abc import Iterator

from sqlglot import exp


def conjuncts(predicate: exp.Expression | None) -> Iterator[exp.Expression]:
    """The parts of a predicate that must all hold."""
    if predicate is None:
        return
    inner = predicate.unnest()
    if isinstance(inner, exp.And):
        yield from conjuncts(inner.this)
        yield from conjuncts(inner.expression)
    else:
        yield inner


def aliases(expression: exp.Expression) -> frozenset[str]:
    """The source aliases that an expression reads, its subqueries included."""
    return frozenset(column.table for column in expression.find_all(exp.Column))


def conjoin(parts: list[exp.Expression]) -> exp.Expression | None:
    """One predicate again, with the parentheses it needs; None for no parts."""
    return exp.and_(*parts, copy=True) if parts else None
