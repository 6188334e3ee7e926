"""Taking predicates apart: conjuncts, the sources they read, and their names in a reason."""

from collections.abc import Iterator

from sqlglot import exp


def conjuncts(predicate: exp.Expr | None) -> Iterator[exp.Expr]:
    """The parts of a predicate that must all hold."""
    return _parts(predicate, exp.And) if predicate is not None else iter(())


def disjuncts(predicate: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a predicate of which one must hold."""
    return _parts(predicate, exp.Or)


def _parts(predicate: exp.Expr, of: type[exp.And] | type[exp.Or]) -> Iterator[exp.Expr]:
    inner = predicate.unnest()
    if isinstance(inner, of):
        yield from _parts(inner.this, of)
        yield from _parts(inner.expression, of)
    else:
        yield inner


def aliases(expression: exp.Expr) -> frozenset[str]:
    """The source aliases that an expression reads, its subqueries included."""
    return frozenset(column.table for column in expression.find_all(exp.Column))


def conjoin(parts: list[exp.Expr]) -> exp.Expr | None:
    """One predicate again, with the parentheses it needs; None for no parts. The parts stay the same nodes."""
    return exp.and_(*parts, copy=False) if parts else None
