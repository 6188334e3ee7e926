"""Patterns: LIKE with any of them, with or without ESCAPE; ILIKE and GLOB with some constants."""

import re
from collections.abc import Callable, Mapping

from sqlglot import exp

from connectors.vocabulary.shapes import Operation, Shape, text

_LIKE = Shape("LIKE")
_ILIKE = Shape("ILIKE", ("this",), {"expression": text})


def _beginning(node: exp.Expr) -> str | None:
    """What a text begins with by a pattern of GLOB that says no more than that."""
    found = re.fullmatch(r"([^*?\[\]\\]*)\*", text(node) or "", re.DOTALL)
    return found and found[1]


_GLOB = Shape("GLOB", ("this",), {"expression": _beginning})


def _escaped(node: exp.Expr) -> Operation | None:
    """``a LIKE p ESCAPE e``; its one setting is the escape, where that is any character."""
    found = _LIKE.read(node.this) if isinstance(node.this, exp.Like) else None
    escape = text(node.expression)
    if found is None or escape is None:
        return None
    if escape == "":
        return found
    return Operation(found.name, found.operands, (escape,)) if _is_sound(found.operands[1], escape) else None


def _is_sound(node: exp.Expr, escape: str) -> bool:
    """Whether a pattern is a constant in which something follows every escape; DuckDB raises for others, at times."""
    known = text(node)
    if known is None or len(escape) != 1 or not escape.isascii():
        return False
    return escape not in re.sub(f"{re.escape(escape)}.", "", known, flags=re.DOTALL)


PATTERNS: Mapping[type[exp.Expr], Callable[[exp.Expr], Operation | None]] = {
    exp.Like: _LIKE.read,
    exp.ILike: _ILIKE.read,
    exp.Glob: _GLOB.read,
    exp.Escape: _escaped,
}
"""How the nodes are read."""
