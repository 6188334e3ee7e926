"""The words fragments are written in: every operation a store may claim, as it stands in a tree.

Closed world: a node with any part that is not listed here is no operation, so nothing is ever half understood.
The planner, the renderers and the conformance kit all read trees through :func:`operation` and :func:`aggregate`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the name it is claimed by, its operands in order, and its settings, which are literals.

    Every computed node of a fragment carries the DuckDB type of its value in ``node.meta["type"]``.
    """

    name: str
    operands: tuple[exp.Expr, ...]
    settings: tuple[str, ...] = ()


Setting = Callable[[exp.Expr], str | None]
"""Reads a literal; None for one whose meaning is not the same everywhere."""


@dataclass(frozen=True)
class _Shape:
    """Which parts of a node are operands and which settings. ``ignored`` parts say nothing about the value."""

    name: str
    operands: tuple[str, ...] = ("this", "expression")
    settings: Mapping[str, Setting] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def read(self, node: exp.Expr) -> Operation | None:
        given = {key for key, value in node.args.items() if value is not None and value is not False and value != []}
        if given - {*self.operands, *self.settings} - self.ignored:
            return None
        operands: list[exp.Expr] = []
        for key in self.operands:
            value = node.args.get(key)
            operands += value if isinstance(value, list) else [value] if value is not None else []
        settings = [read(node.args[key]) for key, read in self.settings.items() if key in given]
        if None in settings:
            return None
        return Operation(self.name, tuple(operands), tuple(setting for setting in settings if setting is not None))


def _text(node: exp.Expr) -> str | None:
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string and "\0" not in node.this else None


def _some_text(node: exp.Expr) -> str | None:
    """Functions differ in what they make of nothing."""
    return _text(node) or None


def _pattern(node: exp.Expr) -> str | None:
    """DuckDB has no escape character unless one is named, others take the backslash."""
    text = _text(node)
    return None if text is None or "\\" in text else text


def _count(node: exp.Expr) -> str | None:
    plain = isinstance(node, exp.Literal) and not node.is_string and re.fullmatch(r"\d{1,6}", str(node.this))
    return str(node.this) if plain else None


def _position(node: exp.Expr) -> str | None:
    """Positions before the first character are counted in different ways."""
    found = _count(node)
    return None if found is None or int(found) == 0 else found


_SAFE = frozenset({"safe", "typed", "coalesce", "ignore_nulls", "big_int"})
_BINARY = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "//",
    exp.Mod: "%",
    exp.DPipe: "||",
    exp.Nullif: "NULLIF",
}
_UNARY = {
    exp.Neg: "NEG",
    exp.Abs: "ABS",
    exp.Ceil: "CEIL",
    exp.Floor: "FLOOR",
    exp.Length: "LENGTH",
    exp.Lower: "LOWER",
    exp.Upper: "UPPER",
    exp.Trim: "TRIM",
    exp.Year: "EXTRACT YEAR",
    exp.Month: "EXTRACT MONTH",
    exp.Day: "EXTRACT DAY",
    exp.Quarter: "EXTRACT QUARTER",
}
_SHAPES: dict[type[exp.Expr], _Shape] = {
    **{kind: _Shape(name, ignored=_SAFE) for kind, name in _BINARY.items()},
    **{kind: _Shape(name, ("this",)) for kind, name in _UNARY.items()},
    exp.Round: _Shape("ROUND", ("this",), {"decimals": _count}),
    exp.Concat: _Shape("CONCAT", ("expressions",), ignored=_SAFE),
    exp.Coalesce: _Shape("COALESCE", ("this", "expressions")),
    exp.Greatest: _Shape("GREATEST", ("this", "expressions"), ignored=_SAFE),
    exp.Least: _Shape("LEAST", ("this", "expressions"), ignored=_SAFE),
    exp.Substring: _Shape("SUBSTR", ("this",), {"start": _position, "length": _count}),
    exp.Left: _Shape("LEFT", ("this",), {"expression": _count}),
    exp.Right: _Shape("RIGHT", ("this",), {"expression": _count}),
    exp.Replace: _Shape("REPLACE", ("this",), {"expression": _some_text, "replacement": _text}),
    exp.StrPosition: _Shape("STRPOS", ("this",), {"substr": _some_text}),
    exp.StartsWith: _Shape("STARTS WITH", ("this",), {"expression": _text}),
    exp.EndsWith: _Shape("ENDS WITH", ("this",), {"expression": _text}),
    exp.Contains: _Shape("CONTAINS", ("this",), {"expression": _text}),
    exp.Like: _Shape("LIKE", ("this",), {"expression": _pattern}),
    exp.ILike: _Shape("ILIKE", ("this",), {"expression": _pattern}),
}
PREDICATES = frozenset({"LIKE", "ILIKE", "STARTS WITH", "ENDS WITH", "CONTAINS"})
"""Operations whose value is a truth value, so they may stand as a condition."""

_UNITS = frozenset({"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})


def operation(node: exp.Expr) -> Operation | None:
    """The scalar operation a node stands for; None for whatever is outside the vocabulary.

    CASE, casts (see :func:`cast_operation`), comparisons, logic and aggregates are not among these.
    """
    if isinstance(node, (exp.Extract, exp.TimestampTrunc, exp.DateTrunc)):
        return _by_unit(node)
    shape = _SHAPES.get(type(node))
    return shape.read(node) if shape else None


def _by_unit(node: exp.Expr) -> Operation | None:
    extract = isinstance(node, exp.Extract)
    unit = node.this if extract else node.args.get("unit")
    name = unit.name.upper() if unit is not None else ""
    extra = {key for key, value in node.args.items() if value} - {"this", "expression" if extract else "unit"}
    if name not in _UNITS or extra:
        return None
    return Operation(f"{'EXTRACT' if extract else 'DATE_TRUNC'} {name}", (node.expression if extract else node.this,))


AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "COUNT",
    exp.Sum: "SUM",
    exp.Min: "MIN",
    exp.Max: "MAX",
    exp.Avg: "AVG",
    exp.LogicalAnd: "BOOL_AND",
    exp.LogicalOr: "BOOL_OR",
    exp.BitwiseAndAgg: "BIT_AND",
    exp.BitwiseOrAgg: "BIT_OR",
}


def aggregate(node: exp.Expr) -> Operation | None:
    """The aggregate a node stands for: COUNT(*) has no operand, COUNT(DISTINCT x) is named ``COUNT DISTINCT``."""
    name = AGGREGATES.get(type(node))
    if name is None or any(value for key, value in node.args.items() if key not in ("this", "big_int")):
        return None
    inner = node.this
    if isinstance(inner, exp.Star):
        plain = name == "COUNT" and not any(inner.args.values())
        return Operation(name, ()) if plain else None
    if isinstance(inner, exp.Distinct):
        single = len(inner.expressions) == 1 and not inner.args.get("on")
        if not single or name in ("AVG", "SUM"):
            return None
        # The least of different values is the least of all.
        return Operation("COUNT DISTINCT" if name == "COUNT" else name, (inner.expressions[0],))
    return Operation(name, (inner,)) if isinstance(inner, exp.Expr) else None


WINDOWS: dict[type[exp.Expr], str] = {
    exp.RowNumber: "ROW_NUMBER",
    exp.Rank: "RANK",
    exp.DenseRank: "DENSE_RANK",
}
"""Window functions without operands; aggregates may stand over a window as well."""

OPERATIONS: frozenset[str] = frozenset(
    {shape.name for shape in _SHAPES.values()}
    | {f"{word} {unit}" for word in ("EXTRACT", "DATE_TRUNC") for unit in _UNITS}
    | {"COUNT DISTINCT", *AGGREGATES.values(), *WINDOWS.values()}
)
"""The name of everything above, by which stores claim it."""
