"""Values other than columns: constants, subqueries, CASE, casts, aggregates, and the operations of the vocabulary."""

from dataclasses import replace

from sqlglot import exp

from connectors.render.aggregates import aggregated, is_aggregate
from connectors.render.choices import CHOICES, case
from connectors.render.conditions import is_condition
from connectors.render.conversions import cast
from connectors.render.moments import MOMENTS
from connectors.render.native import type_name
from connectors.render.numbers import NUMBERS, Compute
from connectors.render.operands import Operand, constant_operand, is_constant
from connectors.render.texts import TEXTS, WEAK, weak
from connectors.render.times import TIMES
from connectors.render.writer import Writer, type_of
from connectors.types import Family
from connectors.vocabulary import Operation, operation

_COMPUTED: dict[str, Compute] = {**NUMBERS, **TEXTS, **TIMES, **MOMENTS, **CHOICES}


def value(write: Writer, node: exp.Expr, beside: Family | None) -> Operand:
    """See :meth:`connectors.render.writer.Writer.value`."""
    if isinstance(node, exp.Null):
        return Operand("NULL", beside or Family.BOOLEAN, constant=True)
    if is_constant(node):
        return constant_operand(node, beside)
    if isinstance(node, exp.Subquery):
        return _subquery(write, node)
    if isinstance(node, exp.Case):
        return case(write, node)
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return cast(write.value(node.this), type_name(node.to))
    if is_aggregate(node):
        return aggregated(write, node)
    if is_condition(node):
        return Operand(write.condition(node), Family.BOOLEAN, "boolean", type="BOOLEAN")
    return _operation(write, node)


def _subquery(write: Writer, node: exp.Subquery) -> Operand:
    if any(given for key, given in node.args.items() if key not in ("this", "alias")):
        raise ValueError("a subquery has a part that is not rendered")
    rows = write.query(node.this)
    if len(rows.columns) != 1:
        raise ValueError("only a subquery of one column is a value")
    return replace(rows.columns[0][1], sql=f"({rows.sql})", total=False)


def _operation(write: Writer, node: exp.Expr) -> Operand:
    found = operation(node)
    if found is None or not found.operands:
        raise ValueError(f"{type(node).__name__} is not rendered")
    if found.name in WEAK:
        return _weak(write, found)
    if found.name not in _COMPUTED:
        raise ValueError(f"{found.name} is not rendered")
    given = [write.value(operand) for operand in found.operands]
    return _COMPUTED[found.name](found.name, given, found.settings, type_of(node))


def _weak(write: Writer, found: Operation) -> Operand:
    made, guard = weak(found.name, [write.value(operand) for operand in found.operands], found.settings)
    write.weaken(guard)
    return made
