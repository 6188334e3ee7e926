"""Arithmetic and functions of numbers; ``+`` and ``-`` also stand between dates."""

from collections.abc import Mapping

from sqlglot import exp

from connectors.vocabulary.shapes import SAFE, Shape, Shapes, places, unary

_BINARY = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "//",
    exp.Mod: "%",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "XOR",
}
_UNARY: dict[type[exp.Expr], str] = {
    exp.Neg: "NEG",
    exp.Abs: "ABS",
    exp.Ceil: "CEIL",
    exp.Floor: "FLOOR",
    exp.Trunc: "TRUNC",
    exp.Sign: "SIGN",
    exp.Sqrt: "SQRT",
    exp.IsNan: "ISNAN",
    exp.IsInf: "ISINF",
}
NUMBERS: Shapes = {
    **{kind: Shape(name, ignored=SAFE) for kind, name in _BINARY.items()},
    **unary(_UNARY),
    exp.Round: Shape("ROUND", ("this",), {"decimals": places}),
}
NUMBER_CALLS: Mapping[str, Shape] = {
    name: Shape(name.upper(), ("expressions",), ignored=frozenset({"this"})) for name in ("isfinite", "gcd", "lcm")
}
"""Functions that the parser knows by name only, in lower case."""
