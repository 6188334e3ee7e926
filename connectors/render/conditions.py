"""Conditions: logic, comparisons, lists, NULLs, and questions about subqueries."""

from sqlglot import exp

from connectors.render.comparing import EQUALITIES, RANGES, equality, inequality, promoted
from connectors.render.operands import BINARY, MIXED, Operand, is_constant
from connectors.render.writer import Writer, bare
from connectors.types import Family

_LOGIC: tuple[type[exp.Expr], ...] = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.Is,
    exp.In,
    exp.Between,
    exp.Exists,
    *RANGES,
    *EQUALITIES,
)


def is_condition(node: exp.Expr) -> bool:
    """Whether :func:`condition` knows the node by itself; other truth values are values like any other."""
    return isinstance(node, _LOGIC)


def condition(write: Writer, node: exp.Expr) -> str:
    """See :meth:`connectors.render.writer.Writer.condition`."""
    if node.args.get("negate"):
        raise ValueError("a negation within a condition is not rendered")
    if isinstance(node, (exp.And, exp.Or)):
        word = "AND" if isinstance(node, exp.And) else "OR"
        return f"({f' {word} '.join(write.condition(part) for part in node.flatten())})"
    if isinstance(node, exp.Not):
        return f"(NOT {write.condition(node.this)})"
    if isinstance(node, exp.Is):
        return _is(write, node)
    if isinstance(node, exp.In):
        return _in(write, node)
    if isinstance(node, exp.Between):
        return _between(write, node)
    if isinstance(node, exp.Exists):
        return f"EXISTS ({write.exists(node.this.unnest())})"
    return compared(type(node), *sides(write, node.this, node.expression))


def compared(kind: type[exp.Expr], left: Operand, right: Operand) -> str:
    """A comparison of two values."""
    if kind in RANGES:
        return inequality(left, right, RANGES[kind])
    return equality(left, right, EQUALITIES[kind])


def sides(write: Writer, left: exp.Expr, right: exp.Expr) -> tuple[Operand, Operand]:
    """Two values that meet; a constant without a type takes that of the other."""
    left, right = bare(left), bare(right)
    if (is_constant(left) or isinstance(left, exp.Null)) and not is_constant(right):
        second = write.value(right)
        return write.value(left, second.family), second
    first = write.value(left)
    return first, write.value(right, first.family)


def _is(write: Writer, node: exp.Is) -> str:
    asked = node.expression
    if isinstance(asked, exp.Null):
        return f"({write.value(node.this).sql} IS NULL)"
    if isinstance(asked, exp.Boolean):
        return f"({write.condition(node.this)} IS {'TRUE' if asked.this else 'FALSE'})"
    raise ValueError("IS is rendered only with NULL, TRUE and FALSE")


def _between(write: Writer, node: exp.Between) -> str:
    if node.args.get("symmetric"):
        raise ValueError("BETWEEN SYMMETRIC is not rendered")
    subject, low = promoted(*sides(write, node.this, node.args["low"]))
    other, high = promoted(*sides(write, node.this, node.args["high"]))
    if subject.family is Family.TEXT:
        subject = other = subject.binary()
    if subject == other:
        return f"({subject.sql} BETWEEN {low.sql} AND {high.sql})"
    return f"({subject.sql} >= {low.sql} AND {other.sql} <= {high.sql})"


def _in(write: Writer, node: exp.In) -> str:
    if any(node.args.get(key) for key in ("unnest", "field")):
        raise ValueError("IN is rendered only with a list of constants or a subquery")
    if query := node.args.get("query"):
        return _in_query(write, node.this, query.unnest())
    if not node.expressions:
        raise ValueError("IN is rendered only with a list of constants or a subquery")
    return _in_list(write, node)


def _in_list(write: Writer, node: exp.In) -> str:
    given = [sides(write, node.this, value) for value in node.expressions if not isinstance(value, exp.Null)]
    if not all(right.constant for _, right in given):
        raise ValueError("IN is rendered only with a list of constants")
    pairs = [promoted(left, right) for left, right in given]
    nulls = ["NULL::boolean"] * (len(node.expressions) - len(pairs))
    if len({left for left, _ in pairs}) == 1:
        values = ", ".join(right.sql for _, right in pairs)
        return f"({' OR '.join([f'{pairs[0][0].settled().sql} IN ({values})', *nulls[:1]])})"
    return f"({' OR '.join([*(f'({left.sql} = {right.sql})' for left, right in pairs), *nulls[:1]])})"


def _in_query(write: Writer, node: exp.Expr, query: exp.Expr) -> str:
    rows = write.query(query)
    if len(rows.columns) != 1:
        raise ValueError("IN is rendered only with a subquery of one column")
    _, inner = rows.columns[0]
    found = write.value(node)
    left, right = promoted(found, inner)
    if left.family is Family.TEXT and BINARY not in (left.collation, right.collation):
        differ = left.collation != right.collation or MIXED in (left.collation, right.collation)
        left = left.binary() if differ else left
    if right.sql == inner.sql:
        return f"({left.sql} IN ({rows.sql}))"
    return f"({left.sql} IN (SELECT {right.sql} FROM ({rows.sql}) AS {write.fresh()}))"
