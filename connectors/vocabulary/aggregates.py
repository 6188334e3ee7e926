"""What is computed over many rows."""

from sqlglot import exp

from connectors.vocabulary.shapes import Operation, text

_PLAIN: dict[type[exp.Expr], str] = {
    exp.Count: "COUNT",
    exp.CountIf: "COUNT_IF",
    exp.Sum: "SUM",
    exp.Min: "MIN",
    exp.Max: "MAX",
    exp.Avg: "AVG",
    exp.LogicalAnd: "BOOL_AND",
    exp.LogicalOr: "BOOL_OR",
    exp.BitwiseAndAgg: "BIT_AND",
    exp.BitwiseOrAgg: "BIT_OR",
    exp.BitwiseXorAgg: "BIT_XOR",
}
_ORDERED: dict[type[exp.Expr], str] = {exp.GroupConcat: "STRING_AGG", exp.ArrayAgg: "ARRAY_AGG"}
# These differ where equal values are taken once; the least of different values is the least of all.
_DISTINCT = {"COUNT": "COUNT DISTINCT", "SUM": "SUM DISTINCT"}
_ONCE = frozenset({"MIN", "MAX", "BOOL_AND", "BOOL_OR", "BIT_AND", "BIT_OR"})

AGGREGATES = frozenset({*_PLAIN.values(), *_ORDERED.values(), *_DISTINCT.values()})
"""The names by which they are claimed."""


def aggregate(node: exp.Expr) -> Operation | None:
    """The aggregate a node stands for: COUNT(*) has no operand, COUNT(DISTINCT x) is named ``COUNT DISTINCT``.

    STRING_AGG and ARRAY_AGG are aggregates only with an ORDER BY of their own.
    """
    if type(node) in _ORDERED:
        return _ordered(node)
    name = _PLAIN.get(type(node))
    if name is None or any(value for key, value in node.args.items() if key not in ("this", "big_int")):
        return None
    inner = node.this
    if isinstance(inner, exp.Star):
        plain = name == "COUNT" and not any(inner.args.values())
        return Operation(name, ()) if plain else None
    if isinstance(inner, exp.Distinct):
        return _distinct(name, inner)
    return Operation(name, (inner,)) if isinstance(inner, exp.Expr) and not isinstance(inner, exp.Order) else None


def _distinct(name: str, inner: exp.Distinct) -> Operation | None:
    if len(inner.expressions) != 1 or inner.args.get("on") or name not in _ONCE | _DISTINCT.keys():
        return None
    return Operation(_DISTINCT.get(name, name), (inner.expressions[0],), distinct=True)


def _ordered(node: exp.Expr) -> Operation | None:
    order, separator = node.this, node.args.get("separator")
    said = "," if separator is None else text(separator)
    if not isinstance(order, exp.Order) or said is None or any(node.args.get(key) for key in _others(node)):
        return None
    inner = order.this
    distinct = isinstance(inner, exp.Distinct)
    if distinct and (len(inner.expressions) != 1 or inner.args.get("on")):
        return None
    settings = (said,) if isinstance(node, exp.GroupConcat) else ()
    value = inner.expressions[0] if distinct else inner
    return Operation(_ORDERED[type(node)], (value,), settings, tuple(order.expressions), distinct=distinct)


def _others(node: exp.Expr) -> set[str]:
    return set(node.args) - {"this", "separator"}
