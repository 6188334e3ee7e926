"""Constants are computed once, by DuckDB, so that every store is sent the same plain values."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sqlglot import exp

from connectors.types import Family, family
from gateway.planner.draft import Print
from gateway.planner.literals import is_constant

RAISES = "raises"
"""The mark of a constant for which DuckDB has no value: the query may still have an answer, if it has no rows."""
_CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime)
_CLOCK_NAMES = frozenset({"now", "today", "get_current_timestamp", "transaction_timestamp", "current_localtimestamp"})
_CLOCK_KINDS = (*_CLOCKS, exp.Anonymous)
_FOLDED = (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Paren, exp.Interval, exp.Cast, *_CLOCK_KINDS)
_COMPUTED = (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Paren, exp.Interval, exp.Cast, exp.Literal, exp.Var, exp.DataType)
_SPELLED = {
    Family.DATE: exp.DType.DATE,
    Family.TIMESTAMP: exp.DType.TIMESTAMP,
    Family.TIMESTAMPTZ: exp.DType.TIMESTAMPTZ,
    Family.INTERVAL: exp.DType.INTERVAL,
    Family.REAL: exp.DType.FLOAT,
    Family.DOUBLE: exp.DType.DOUBLE,
}


class Folded(NamedTuple):
    """What DuckDB makes of a constant expression: its type, and its text (None for NULL)."""

    type: str
    text: str | None


class Fold(Protocol):
    """Computes constant expressions, given as texts; ``kept`` ones depend on nothing, not even on the time."""

    def __call__(self, texts: Sequence[str], *, kept: bool) -> Sequence[Folded | None]:
        """What each of them is; None for those that raise, which are left as they are."""


def reads_clock(query: exp.Expr) -> bool:
    """Whether the answer depends on when the query is asked."""
    return any(_is_clock(node) for node in query.walk())


def fold_constants(query: exp.Query, printed: Print, fold: Fold) -> None:
    """Replace, in place, moments, spans and numbers that are computed from constants alone."""
    for added in list(query.find_all(exp.DateAdd)):
        if isinstance(added.expression, exp.Interval) and not added.args.get("unit"):  # which is but a word for +
            added.replace(exp.Paren(this=exp.Add(this=added.this, expression=added.expression)))
    found = _largest(query)
    if not found:
        return
    kept = not any(reads_clock(node) for node in found)
    for node, value in zip(found, fold([printed(node) for node in found], kept=kept), strict=True):
        if value is None:
            node.meta[RAISES] = True
        elif value.text is not None and (made := _written(value)) is not None:
            node.replace(made)


def _written(value: Folded) -> exp.Expr | None:
    kind = _SPELLED.get(family(value.type))
    if kind is not None:
        return exp.cast(exp.Literal.string(value.text), exp.DataType(this=kind))
    if family(value.type) in (Family.INTEGER, Family.DECIMAL):
        to = exp.DataType.build(value.type, dialect="duckdb")
        number = exp.Literal.number(str(value.text).lstrip("-"))
        signed = exp.Neg(this=number) if str(value.text).startswith("-") else number
        return signed if value.type == "INTEGER" else exp.Cast(this=signed, to=to)
    return None


def _largest(query: exp.Expr) -> list[exp.Expr]:
    """The largest subtrees that are constant and computed, and no constants yet."""
    found: list[exp.Expr] = []
    inside: set[int] = set()
    for node in query.find_all(*_FOLDED):  # a node comes before those below it
        if id(node) in inside or not _is_foldable(node):
            continue
        inside.update(id(part) for part in node.walk())
        # A plain number would be the position of an output there.
        if not isinstance(node.parent, (exp.Ordered, exp.Group)) and not is_constant(node.unnest()):
            found.append(node)
    return found


def _is_foldable(node: exp.Expr) -> bool:
    """Only where a value stands: a bare literal, an interval or a part of a clause is not replaced."""
    if isinstance(node, exp.TryCast):
        return False
    if isinstance(node, exp.Interval) and not isinstance(node.parent, (exp.Binary, exp.Between, exp.In, exp.DateBin)):
        return False
    if isinstance(node, _CLOCK_KINDS):
        return _is_clock(node)
    return all(isinstance(part, _COMPUTED) or _is_clock(part) for part in node.walk())


def _is_clock(node: exp.Expr) -> bool:
    if isinstance(node, _CLOCKS):
        return not any(node.args.values())
    return isinstance(node, exp.Anonymous) and node.name.lower() in _CLOCK_NAMES and not node.expressions
