"""The one printer: every SQL text that leaves this package is regenerated from a tree."""

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from connectors.vocabulary.dialect import Counted
from gateway.errors import SqlNotAllowed

_TIGHTER = (exp.Binary, exp.Unary, exp.Between, exp.In)


class Dialect(Counted):
    """DuckDB's dialect, except that JSON paths stay the strings they were written as.

    sqlglot would read ``'a.b'`` as two steps, where DuckDB takes a path without ``$`` to be one key.
    """

    def to_json_path(self, path: exp.Expr | None) -> exp.Expr | None:
        """The path as it stands."""
        return path


DIALECT = Dialect()


def to_duckdb(expression: exp.Expr, *, own: bool = False) -> str:
    """Canonical DuckDB text: every identifier quoted, no comments. The tree is not changed.

    Of an ``own`` tree the printer need make no copy first: it may note types in it, and nothing else.
    Raises SqlNotAllowed when a node has no exact DuckDB form.
    """
    if any(_is_loose(node) for node in expression.find_all(exp.Not, exp.Predicate)):
        expression = expression.copy()
        bracket(expression)
    try:
        return DIALECT.generate(
            expression, copy=not own, identify=True, comments=False, unsupported_level=ErrorLevel.RAISE
        )
    except SqlglotError as error:
        raise SqlNotAllowed(
            "A part of the query cannot be written as DuckDB SQL.", hint="docs/sql.md lists what may be used."
        ) from error


def bracket(expression: exp.Expr) -> None:
    """Put brackets, in place, around every NOT and every comparison that stands among operators which bind tighter.

    ``a IS NOT NULL = b`` is held as a NOT on the left of ``=``; printed bare, it would swallow the ``=``. And what is
    compared, ``(a < b) = c``, may have lost its brackets on the way.
    """
    for node in [node for node in expression.find_all(exp.Not, exp.Predicate) if _is_loose(node)]:
        holder = exp.Paren()
        node.replace(holder)
        holder.set("this", node)


def _is_loose(node: exp.Expr) -> bool:
    parent = node.parent
    if isinstance(node, exp.Predicate):
        apart = isinstance(node, exp.SubqueryPredicate) or isinstance(parent, exp.Not | exp.Escape)
        if apart or node.arg_key not in ("this", "expression", "low", "high"):
            return False
    return isinstance(parent, _TIGHTER) and not isinstance(parent, exp.Connector | exp.Paren | exp.Dot)
