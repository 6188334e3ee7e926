"""ORDER BY … LIMIT in a store: the first rows where the order is total, else the first rows with their ties.

Either way the rows are sorted and counted again above.
"""

from sqlglot import exp

from connectors.spi import Clause
from gateway.planner.judge import Judge
from gateway.planner.refusal import Refused


def bound(select: exp.Select) -> int:
    """How many rows, from the first, can matter to a SELECT with a LIMIT."""
    offset = select.args.get("offset")
    return _number(select.args["limit"]) + (_number(offset) if offset else 0)


def _number(clause: exp.Expr) -> int:
    value = clause.expression
    plain = isinstance(clause, (exp.Limit, exp.Offset)) and isinstance(value, exp.Literal) and not value.is_string
    extra = {key for key, given in clause.args.items() if given} - {"expression"}
    if not plain or extra or not value.this.isdigit():
        raise Refused("LIMIT and OFFSET are pushed only as plain numbers")
    return int(value.this)


def resolved(term: exp.Expr, select: exp.Select) -> exp.Expr:
    """What a term of the order stands for: the output that it names, or itself."""
    node: exp.Expr = term.this
    if is_position(node):
        return _value(select.expressions[int(node.name) - 1])
    if not isinstance(node, exp.Column) or node.table:
        return node
    named = [output for output in select.expressions if output.alias_or_name.lower() == node.name.lower()]
    if len(named) != 1:
        raise Refused("the order names an output that is not a single column")
    return _value(named[0])


def _value(output: exp.Expr) -> exp.Expr:
    found: exp.Expr = output.unalias()
    return found


def is_position(node: exp.Expr) -> bool:
    """Whether a term of an order is the number of an output."""
    return isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit()


def no_rows(made: exp.Select, judge: Judge) -> None:
    """Ask for no rows at all, in whatever order."""
    judge.clause(Clause.TOP_N)
    made.set("limit", exp.Limit(expression=exp.Literal.number(0)))


def limit_rows(made: exp.Select, rows: int, terms: list[exp.Ordered], *, total: bool, judge: Judge) -> None:
    """Bound ``made`` to its first ``rows`` rows by judged ``terms``; refuses what the store cannot do."""
    if any(term.find(exp.Window) for term in terms):
        raise Refused("the order is by a window function")
    if total:
        judge.clause(Clause.TOP_N)
        made.set("order", exp.Order(expressions=terms))
        made.set("limit", exp.Limit(expression=exp.Literal.number(rows)))
        return
    if Clause.TIES not in judge.capabilities.clauses:
        raise Refused("the order is not total, and only DuckDB may choose among equal rows")
    if any(term.find(exp.Window) for term in terms):
        raise Refused("the order is not total, and no rank is taken over a window function")
    place = exp.Window(this=exp.Rank(), order=exp.Order(expressions=terms), over="OVER")
    place.meta["type"] = "BIGINT"
    made.set("qualify", exp.Qualify(this=exp.LTE(this=place, expression=exp.Literal.number(rows))))
