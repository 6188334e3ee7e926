"""Arithmetic and functions of numbers; ``+`` and ``-`` also stand between dates."""

from sqlglot import exp

from connectors.vocabulary.shapes import SAFE, Shape, Shapes, count, unary

_BINARY = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "//",
    exp.Mod: "%",
}
NUMBERS: Shapes = {
    **{kind: Shape(name, ignored=SAFE) for kind, name in _BINARY.items()},
    **unary({exp.Neg: "NEG", exp.Abs: "ABS", exp.Ceil: "CEIL", exp.Floor: "FLOOR"}),
    exp.Round: Shape("ROUND", ("this",), {"decimals": count}),
}
