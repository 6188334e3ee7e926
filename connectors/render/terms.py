"""The terms of an ORDER BY, wherever one stands."""

from sqlglot import exp

from connectors.render.comparing import sortable
from connectors.render.operands import Operand
from connectors.render.writer import Writer


def ordered(write: Writer, term: exp.Expr) -> str:
    """A term of an ORDER BY, which says where NULLs stand; a column without any keeps its index."""
    if not isinstance(term, exp.Ordered) or term.args.get("with_fill"):
        raise ValueError("only plain terms are rendered in ORDER BY")
    return placed(sortable(write.value(term.this)), term)


def placed(operand: Operand, term: exp.Ordered) -> str:
    """A value in the direction of a term."""
    if operand.constant:
        raise ValueError("a constant orders nothing")
    nulls = "" if operand.total else " NULLS FIRST" if term.args.get("nulls_first") else " NULLS LAST"
    return f"{operand.sql}{' DESC' if term.args.get('desc') else ''}{nulls}"
