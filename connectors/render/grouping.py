"""GROUP BY: plain keys, and the sets of keys that ROLLUP, CUBE and GROUPING SETS are short for."""

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from connectors.render.comparing import groupable
from connectors.render.operands import Operand
from connectors.render.writer import Writer, bare

_SETS: dict[type[exp.Expr], str] = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE", exp.GroupingSets: "GROUPING SETS"}
_KINDS = ("rollup", "cube", "grouping_sets")


def groups(write: Writer, group: exp.Group) -> tuple[str, dict[exp.Expr, Operand]]:
    """What stands after GROUP BY, and what each key is written as: Postgres knows a key again by its spelling."""
    if any(value for key, value in group.args.items() if key not in ("expressions", *_KINDS)):
        raise ValueError("GROUP BY has a part that is not rendered")
    keys: dict[exp.Expr, Operand] = {}

    def key(node: exp.Expr) -> str:
        operand = groupable(write.value(node))
        if operand.constant:
            raise ValueError("a constant groups nothing")
        keys[bare(node)] = operand
        return operand.sql

    given = [*group.expressions, *(node for kind in _KINDS for node in group.args.get(kind) or ())]
    text = ", ".join(_set(node, key) if type(node) in _SETS else key(node) for node in given)
    if any(type(node) in _SETS for node in given):
        # In the sets that a key is not part of, it is NULL.
        keys = {node: replace(operand, total=False) for node, operand in keys.items()}
    return text, keys


def _set(node: exp.Expr, key: Callable[[exp.Expr], str]) -> str:
    if type(node) in _SETS:
        if not node.expressions:
            raise ValueError("GROUP BY has a part that is not rendered")
        return f"{_SETS[type(node)]} ({', '.join(_set(part, key) for part in node.expressions)})"
    if isinstance(node, exp.Tuple):
        return f"({', '.join(key(part) for part in node.expressions)})"
    return key(node)
