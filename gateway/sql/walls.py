"""Checks every node of a parsed query against the closed allow-list."""

import re
from collections.abc import Callable
from typing import cast

from sqlglot import exp

from gateway.errors import SqlNotAllowed, SqlTooLarge
from gateway.sql import allowed, scope
from gateway.sql.bounds import check_growth
from gateway.sql.limits import MAX_JOINS
from gateway.sql.pivoting import is_open

_ALLOWED_HINT = "docs/sql.md lists what may be used."
_ORDER_HINT = "The answer would depend on the order in which stores deliver their rows."
_SIMPLE = (exp.Paren, exp.Dot, exp.JSONExtract, exp.JSONExtractScalar)


def check_query(query: exp.Expr, *, short: bool = False) -> None:
    """Raise SqlNotAllowed naming the first construct that is not on the allow-list; SqlTooLarge beyond a bound.

    ``short`` lets table names of one part through, which whoever resolves addresses must know or refuse.
    """
    joins = 0
    for node in query.walk():
        kind = type(node)
        if kind not in allowed.NODES and not isinstance(node, exp.Anonymous):
            raise SqlNotAllowed(f"{_told(node)} is not allowed.", hint=_ALLOWED_HINT)
        if (check := _CHECKS.get(kind)) is not None:
            check(node)
        if (keys := allowed.ARGUMENTS.get(kind)) is not None:
            _check_arguments(node, keys)
        if kind is exp.Table and not short:
            _check_address(cast("exp.Table", node))
        joins += kind is exp.Join
        # Where a word once stood is of no more use, and every copy of the tree would copy it too.
        node._meta = None  # noqa: SLF001  (``meta`` itself would leave an empty dict)
    if joins > MAX_JOINS:
        raise SqlTooLarge(f"The statement has more than {MAX_JOINS} joins.", hint="Split the question.")
    check_growth(query)


def is_volatile(node: exp.Expr) -> bool:
    """Whether a node's value depends on the clock: the only thing outside the data that a query may see."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in allowed.VOLATILE_NAMES
    return type(node) in allowed.VOLATILE


def reads_clock(query: exp.Expr) -> bool:
    """Whether the answer depends on when the query is asked."""
    return any(is_volatile(node) for node in query.walk())


def reads_outside(query: exp.Expr) -> bool:
    """Whether the plan of a query depends on more than its text: on the clock, or on rows that name its columns."""
    return any(is_volatile(node) or is_open(node) for node in query.walk())


def _told(node: exp.Expr) -> str:
    """A construct as its user would call it."""
    if isinstance(node, exp.Func):
        return f"The function {node.sql_name().lower()}()"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__)
    return f"The construct {words.upper()!r}"


def _check_arguments(node: exp.Expr, keys: frozenset[str]) -> None:
    for key, value in node.args.items():
        if value and key not in keys:
            owner = type(node).__name__.upper()
            raise SqlNotAllowed(f"{owner} with {key.strip('_').upper()} is not allowed.", hint=_ALLOWED_HINT)


def _check_function(node: exp.Expr) -> None:
    name = node.args.get("this")
    if not isinstance(name, str):
        raise SqlNotAllowed("A function under a quoted name is not allowed.", hint="Write its name plainly.")
    if name.lower() not in allowed.NAMES:
        raise SqlNotAllowed(f"The function {name[:60].lower()}() is not allowed.", hint=_ALLOWED_HINT)


def _check_table(node: exp.Expr) -> None:
    table = cast("exp.Table", node)
    if isinstance(table.this, exp.GenerateSeries) and not table.args.get("db"):
        return
    if isinstance(table.this, exp.Func):
        raise SqlNotAllowed("Only range() and generate_series() may be called in FROM.", hint=_ALLOWED_HINT)
    parts = table.parts
    if len(parts) > 3 or not all(isinstance(part, exp.Identifier) and part.name for part in parts):
        raise SqlNotAllowed(
            "A table name has too many parts or an empty one.", hint="Write domain.product or domain.product.dataset."
        )


def _check_address(table: exp.Table) -> None:
    if len(table.parts) == 1 and scope.is_named(table) and not scope.is_cte(table):
        raise SqlNotAllowed(
            f"{table.name[:60]!r} is no address.", hint="Name a dataset as domain.product or domain.product.dataset."
        )


def _check_type(node: exp.Expr) -> None:
    kind = node.args.get("this")
    if kind not in allowed.TYPES:
        told = getattr(kind, "value", str(kind)).lower()
        told = "a type of that name" if told == "userdefined" else f"the type {told}"
        raise SqlNotAllowed(f"A cast to {told} is not allowed.", hint=_ALLOWED_HINT)


def _check_word(node: exp.Expr) -> None:
    if node.name.upper() not in allowed.WORDS:
        raise SqlNotAllowed(f"{node.name[:40]!r} is no unit or keyword that is known here.", hint=_ALLOWED_HINT)


def _check_dot(node: exp.Expr) -> None:
    """``a.b`` on a value reads a field of a struct; anything else after a dot could be a function or a schema."""
    if not isinstance(node.args.get("expression"), exp.Identifier):
        raise SqlNotAllowed("A function behind a dot is not allowed.", hint="Call it as name(value), without a schema.")


def _check_join(node: exp.Expr) -> None:
    method = str(node.args.get("method") or "").upper()
    if method not in allowed.JOIN_METHODS or str(node.args.get("kind") or "").upper() == "POSITIONAL":
        raise SqlNotAllowed("POSITIONAL JOIN is not allowed.", hint=_ORDER_HINT)


def _check_star(node: exp.Expr) -> None:
    """``*`` stands for columns of the select list, or for rows in count(*)."""
    holder = node.parent.parent if isinstance(node.parent, exp.Column) else node.parent
    if not isinstance(holder, exp.Select | exp.Count):
        raise SqlNotAllowed("A * inside an expression is not allowed.", hint="Name the columns.")


def _check_in(node: exp.Expr) -> None:
    field = node.args.get("field")
    if field is not None and not isinstance(field, exp.Array):
        raise SqlNotAllowed("IN must be followed by a list or a query in brackets.", hint="Write IN (…).")


def _check_json(node: exp.Expr) -> None:
    """``a = b ->> 'x'`` binds differently in different parsers, so the arrow takes simple operands only."""
    if isinstance(node.this, exp.Binary | exp.Unary | exp.Between | exp.In) and not isinstance(node.this, _SIMPLE):
        raise SqlNotAllowed("The arrow ->> follows an expression without brackets.", hint="Write (…) ->> 'path'.")
    if isinstance(node.expression, exp.Binary | exp.Unary | exp.Between | exp.In):
        raise SqlNotAllowed("The arrow ->> precedes an expression without brackets.", hint="Write ->> (…).")


def _check_is(node: exp.Expr) -> None:
    if not isinstance(node.expression, exp.Null | exp.Boolean):
        raise SqlNotAllowed("IS is followed by more than NULL, TRUE or FALSE.", hint="Put brackets around the test.")


def _check_not(node: exp.Expr) -> None:
    if isinstance(node.parent, exp.Binary) and not isinstance(node.parent, exp.Predicate | exp.Connector):
        raise SqlNotAllowed("NOT stands among arithmetic without brackets.", hint="Write (NOT …).")


def _check_window(node: exp.Expr) -> None:
    function = node.this
    while isinstance(function, exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
        function = function.this
    grows = type(function) in allowed.GROWING
    if grows or (isinstance(function, exp.Anonymous) and function.name.lower() in allowed.GROWING_NAMES):
        raise SqlNotAllowed(
            "An aggregate that collects values may not stand over a window.", hint="Collect with GROUP BY instead."
        )


def _check_pivot(node: exp.Expr) -> None:
    """Below the root, PIVOT must say which values become columns; at the root they can be asked for (pivoting.py)."""
    if node.args.get("unpivot") or is_open(node):
        return
    turned = node.args.get("fields") or node.expressions
    if not all(isinstance(item, exp.In) and item.expressions and not item.args.get("query") for item in turned):
        raise SqlNotAllowed(
            "PIVOT without a list of values is not allowed.", hint="Write PIVOT … ON column IN ('a', 'b') USING …."
        )


def _check_lateral(node: exp.Expr) -> None:
    if not isinstance(node.this, exp.Subquery | exp.Unnest):
        raise SqlNotAllowed("LATERAL must be followed by a query in brackets.", hint=_ALLOWED_HINT)


_CHECKS: dict[type[exp.Expr], Callable[[exp.Expr], None]] = {
    exp.Anonymous: _check_function,
    exp.Table: _check_table,
    exp.DataType: _check_type,
    exp.Var: _check_word,
    exp.Dot: _check_dot,
    exp.Join: _check_join,
    exp.Star: _check_star,
    exp.In: _check_in,
    exp.Is: _check_is,
    exp.Not: _check_not,
    exp.JSONExtract: _check_json,
    exp.JSONExtractScalar: _check_json,
    exp.Window: _check_window,
    exp.Pivot: _check_pivot,
    exp.Lateral: _check_lateral,
}
