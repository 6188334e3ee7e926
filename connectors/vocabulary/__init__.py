"""The words fragments are written in: every operation a store may claim, as it stands in a tree.

Closed world: a node with any part that is not listed here is no operation, so nothing is ever half understood.
The planner, the renderers and the conformance kit all read trees through :func:`operation`, :func:`aggregate`,
:func:`over` and :func:`frame`.
"""

from sqlglot import exp

from connectors.vocabulary.aggregates import AGGREGATES, aggregate
from connectors.vocabulary.choices import CHOICES
from connectors.vocabulary.numbers import NUMBER_CALLS, NUMBERS
from connectors.vocabulary.shapes import Operation, Shapes
from connectors.vocabulary.texts import OF_TEXTS, TEXT_CALLS, TEXT_FORMS, TEXTS
from connectors.vocabulary.times import BY_UNIT, OF_TIMES, TIMES, by_name, by_unit
from connectors.vocabulary.windows import WINDOWS, Frame, frame, over

__all__ = ["OPERATIONS", "Frame", "Operation", "aggregate", "frame", "operation", "over"]

_SHAPES: Shapes = {**NUMBERS, **CHOICES, **TEXTS, **TIMES}
_CALLS = {**NUMBER_CALLS, **TEXT_CALLS}


def operation(node: exp.Expr) -> Operation | None:
    """The scalar operation a node stands for; None for whatever is outside the vocabulary.

    CASE, casts, comparisons, logic and aggregates are not among these.
    """
    if isinstance(node, BY_UNIT):
        return by_unit(node)
    if type(node) in TEXT_FORMS:
        return TEXT_FORMS[type(node)](node)
    shape = _CALLS.get(node.name.lower()) if isinstance(node, exp.Anonymous) else _SHAPES.get(type(node))
    if shape is None:
        return by_name(node) if isinstance(node, exp.Anonymous) else None
    return shape.read(node)


OPERATIONS: frozenset[str] = frozenset(
    {shape.name for shape in (*_SHAPES.values(), *_CALLS.values())} | OF_TIMES | OF_TEXTS | AGGREGATES | WINDOWS
)
"""The name of everything above, by which stores claim it."""
