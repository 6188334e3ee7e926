"""Making a failing question small: clause after clause is dropped while it still fails."""

from collections.abc import Callable, Iterator

import sqlglot
from sqlglot import exp

from tests.fuzz.grammar import Question

_CLAUSES = ("with_", "where", "having", "qualify", "distinct", "limit", "offset", "order", "group")
_ATTEMPTS = 400


def shrink(question: Question, fails: Callable[[Question], bool]) -> Question:
    """The smallest question found that still fails."""
    attempts = 0
    best = question
    progress = True
    while progress and attempts < _ATTEMPTS:
        progress = False
        for smaller in _smaller(best):
            attempts += 1
            if fails(smaller):
                best, progress = smaller, True
                break
            if attempts >= _ATTEMPTS:
                break
    return best


def _smaller(question: Question) -> Iterator[Question]:
    """Every question that lacks one part of this one, the largest parts first."""
    tree = sqlglot.parse_one(question.sql, dialect="duckdb")
    if question.keys:
        yield from _unordered(tree)
    count = len(list(tree.walk()))
    for at in range(count):
        for text in _without(tree, at, ordered=bool(question.keys)):
            yield Question(text, question.keys, question.limited)


def _unordered(tree: exp.Expr) -> Iterator[Question]:
    copy = tree.copy()
    for clause in ("order", "limit", "offset"):
        copy.set(clause, None)
    yield Question(copy.sql(dialect="duckdb"))


def _without(tree: exp.Expr, at: int, *, ordered: bool) -> Iterator[str]:
    """Texts in which the node at a place of the walk lacks a clause, an element, or itself."""
    node = _node(tree, at)
    for clause in _CLAUSES:
        if node.args.get(clause) and not (ordered and at == 0 and clause in ("order", "limit", "offset")):
            yield _changed(tree, at, lambda it, clause=clause: it.set(clause, None))
    if isinstance(node, exp.SetOperation):
        yield from _replaced(tree, at, ("this", "expression"))
    for key in ("joins", "expressions"):
        listed = node.args.get(key)
        kept = key == "expressions" and ordered and at == 0
        if isinstance(listed, list) and (len(listed) > 1 or key == "joins") and not kept:
            for number in range(len(listed)):
                yield _changed(tree, at, lambda it, key=key, number=number: it.set(key, _but(it.args[key], number)))
    if isinstance(node, (exp.Connector, exp.Not, exp.Paren, exp.Case, exp.If, exp.Func, exp.Binary, exp.Filter)):
        yield from _replaced(tree, at, ("this", "expression", "default", "true"))
    if isinstance(node, exp.Case):
        yield _changed(tree, at, lambda it: it.replace(it.args["ifs"][0].args["true"].copy()))


def _replaced(tree: exp.Expr, at: int, keys: tuple[str, ...]) -> Iterator[str]:
    """The node gives way to one of its own parts."""
    for key in keys:
        part = _node(tree, at).args.get(key)
        if isinstance(part, exp.Expr) and not isinstance(part, (exp.Star, exp.Distinct)):
            yield _changed(tree, at, lambda it, key=key: it.replace(it.args[key].copy()))


def _changed(tree: exp.Expr, at: int, change: Callable[[exp.Expr], object]) -> str:
    holder = exp.Paren(this=tree.copy())
    change(_node(holder.this, at))
    return holder.this.sql(dialect="duckdb")


def _node(tree: exp.Expr, at: int) -> exp.Expr:
    return list(tree.walk())[at]


def _but(listed: list[exp.Expr], number: int) -> list[exp.Expr]:
    return [item for place, item in enumerate(listed) if place != number]
