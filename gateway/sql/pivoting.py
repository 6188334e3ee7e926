"""PIVOT without a list of values: its columns depend on the data, so the values are asked for before it is planned.

Only the statement form is open in this way (``PIVOT … ON a, b USING …`` as the whole statement).
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from gateway.errors import SqlInvalid, SqlTooLarge
from gateway.sql.binding import literal

MAX_VALUES = 1_000

Ask = Callable[[exp.Query], Sequence[Any]]
"""Answers a query of one column with its values."""


def is_open(node: exp.Expr) -> bool:
    """Whether this is the PIVOT of a whole statement, over plain columns without a list of values."""
    if not isinstance(node, exp.Pivot) or not isinstance(node.this, (exp.Subquery, exp.Table)):
        return False
    above = node.parent
    root = above.find_ancestor(exp.Select) if isinstance(above, exp.Subquery) else None
    if root is None or root.parent is not None or root.args["from_"].this is not above:
        return False
    alone = not any(value for key, value in root.args.items() if key not in ("expressions", "from_"))
    return alone and bool(node.expressions) and all(isinstance(item, exp.Column) for item in node.expressions)


def close_pivot(query: exp.Query, ask: Ask) -> exp.Query:
    """A copy of ``query`` whose open PIVOT, if it has one, lists the values that ``ask`` finds, in their order.

    Raises :class:`gateway.errors.SqlTooLarge` when there are more than a thousand, and
    :class:`gateway.errors.SqlInvalid` when there are none.
    """
    found = next((node for node in query.find_all(exp.Pivot) if is_open(node)), None)
    if found is None:
        return query
    closed = query.copy()
    pivot = next(node for node in closed.find_all(exp.Pivot) if is_open(node))
    pivot.set("expressions", [_listed(found.this, column, ask) for column in found.expressions])
    return closed


def _listed(source: exp.Expr, column: exp.Column, ask: Ask) -> exp.In:
    # As text, and in the order of text: so DuckDB makes the columns of a PIVOT that it completes itself.
    text = exp.cast(column.copy(), "VARCHAR")
    wanted = exp.select(text).distinct().from_(source.copy()).order_by(text.copy()).limit(MAX_VALUES + 2)
    values = [value for value in ask(wanted) if value is not None]
    if not values:
        raise SqlInvalid("PIVOT finds no values to make columns of.", hint="List the values with IN (…).")
    if len(values) > MAX_VALUES:
        raise SqlTooLarge(f"PIVOT would make more than {MAX_VALUES:,} columns.", hint="List the values with IN (…).")
    return exp.In(this=column.copy(), expressions=[literal(value) for value in values])
