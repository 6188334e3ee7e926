"""Operations over texts and bytes."""

from collections.abc import Callable, Mapping

from sqlglot import exp

from connectors.vocabulary.parts import PARTS
from connectors.vocabulary.patterns import PATTERNS
from connectors.vocabulary.shapes import SAFE, Operation, Shape, Shapes, count, few, some_text, unary, whole

_OF_ONE: dict[type[exp.Expr], str] = {
    exp.Length: "LENGTH",
    exp.BitLength: "BIT_LENGTH",
    exp.Ascii: "ASCII",
    exp.Lower: "LOWER",
    exp.Upper: "UPPER",
    exp.MD5: "MD5",
    exp.Hex: "HEX",
    exp.ToBase64: "BASE64",
}
TEXTS: Shapes = {
    **unary(_OF_ONE),
    exp.DPipe: Shape("||", ignored=SAFE),
    exp.Left: Shape("LEFT", ("this",), {"expression": whole}),
    exp.Right: Shape("RIGHT", ("this",), {"expression": whole}),
    exp.Replace: Shape("REPLACE", ("this", "expression", "replacement")),
    exp.Translate: Shape("TRANSLATE", ("this", "from_", "to")),
    exp.Repeat: Shape("REPEAT", ("this",), {"times": few}),
    exp.StrPosition: Shape("STRPOS", ("this", "substr")),
    exp.StartsWith: Shape("STARTS WITH"),
    exp.EndsWith: Shape("ENDS WITH"),
    exp.Contains: Shape("CONTAINS"),
    # The parser writes down which encoding and which length it takes to be meant.
    exp.Encode: Shape("ENCODE", ("this",), ignored=frozenset({"charset"})),
}
_NAMED = {"strlen": "STRLEN", "octet_length": "OCTET_LENGTH", "base64": "BASE64"}
_NAMED |= {"prefix": "STARTS WITH", "suffix": "ENDS WITH"}
TEXT_CALLS: Mapping[str, Shape] = {
    name: Shape(operator, ("expressions",), ignored=frozenset({"this"})) for name, operator in _NAMED.items()
}
"""Functions that the parser has no kind of node for, by their names."""

_TRIM = Shape("TRIM", ("this", "expression"), ignored=frozenset({"position"}))
_SIDES = {"LEADING": "LTRIM", "TRAILING": "RTRIM"}
_PAD = Shape("LPAD", ("this", "fill_pattern"), {"expression": count}, frozenset({"is_left"}))
_SPLIT = Shape("SPLIT_PART", ("this", "delimiter"), {"part_index": whole})
_HASH = Shape("SHA256", ("this",), {"length": count})
_CONCAT = Shape("CONCAT", ("expressions",), ignored=SAFE)


def _trimmed(node: exp.Expr) -> Operation | None:
    found = _TRIM.read(node)
    return found and Operation(_SIDES.get(node.text("position"), "TRIM"), found.operands)


def _padded(node: exp.Expr) -> Operation | None:
    """DuckDB raises where there is nothing to fill up with."""
    found = _PAD.read(node)
    if found is None or some_text(found.operands[-1]) is None:
        return None
    return Operation("LPAD" if node.args["is_left"] else "RPAD", found.operands, found.settings)


def _split(node: exp.Expr) -> Operation | None:
    """At nothing DuckDB would split between all characters, and others nowhere."""
    found = _SPLIT.read(node)
    return found if found and some_text(found.operands[-1]) else None


def _hashed(node: exp.Expr) -> Operation | None:
    found = _HASH.read(node)
    return Operation("SHA256", found.operands) if found and found.settings == ("256",) else None


def _concatenated(node: exp.Expr) -> Operation | None:
    return _without_nulls(node, "CONCAT", 0)


def _separated(node: exp.Expr) -> Operation | None:
    return _without_nulls(node, "CONCAT_WS", 1)


def _without_nulls(node: exp.Expr, name: str, kept: int) -> Operation | None:
    """What is NULL adds nothing, but for the operands that are ``kept``, of which the separator is one."""
    found = _CONCAT.read(node)
    given = found.operands if found else ()
    added = [operand for operand in given[kept:] if not isinstance(operand, exp.Null)]
    return Operation(name, (*given[:kept], *added)) if added else None


Reading = Callable[[exp.Expr], Operation | None]
TEXT_FORMS: Mapping[type[exp.Expr], Reading] = {
    exp.Trim: _trimmed,
    exp.Pad: _padded,
    exp.SplitPart: _split,
    exp.SHA2: _hashed,
    exp.Concat: _concatenated,
    exp.ConcatWs: _separated,
    **PARTS,
    **PATTERNS,
}
"""Nodes that stand for one operation or another, or for none, by what they hold."""

OF_TEXTS = frozenset({"TRIM", *_SIDES.values(), "LPAD", "RPAD", "SPLIT_PART", "SHA256", "CONCAT", "CONCAT_WS"}) | {
    *("SUBSTR", "LIKE", "ILIKE", "GLOB", "STRLEN", "OCTET_LENGTH", "BASE64")
}
"""What they and the named functions are called, as far as nothing else is."""
