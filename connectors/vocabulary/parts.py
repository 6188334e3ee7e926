"""A part of a text or of bytes, by numbers: ``substr(a, 2, 3)``, ``a[2]``, ``a[2:4]``.

Read as SUBSTR with a start, which may lie before the first character, and with a length that is not negative;
as LEFT of all but the last so many; or as RIGHT of the last so many.
"""

from collections.abc import Callable, Mapping

from sqlglot import exp

from connectors.vocabulary.shapes import Operation, Shape, whole

_SUBSTRING = Shape("SUBSTR", ("this",), {"start": whole, "length": whole})


def _substring(node: exp.Expr) -> Operation | None:
    found = _SUBSTRING.read(node)
    if found is None or not node.args.get("start"):
        return None
    start, length = int(found.settings[0]), [int(setting) for setting in found.settings[1:]]
    if start < 0:
        return None if length else _part("RIGHT", node, -start)
    if length and length[0] < 0:  # as many characters, of those before the start
        return _part("SUBSTR", node, start + length[0], -length[0])
    return _part("SUBSTR", node, start, *length)


def _part(name: str, node: exp.Expr, *settings: int) -> Operation:
    return Operation(name, (node.this,), tuple(map(str, settings)))


def _bracket(node: exp.Expr) -> Operation | None:
    given = {key for key, value in node.args.items() if value is not None} - {"this", "expressions"}
    if given or len(node.expressions) != 1:
        return None
    (index,) = node.expressions
    if isinstance(index, exp.Slice):
        return _slice(node, index)
    at = whole(index)
    return None if at is None else _character(node, int(at))


def _character(node: exp.Expr, at: int) -> Operation | None:
    if at < 0:
        return _part("RIGHT", node, 1) if at == -1 else None
    return _part("SUBSTR", node, at, 1) if at else _part("SUBSTR", node, 1, 0)


def _slice(node: exp.Expr, index: exp.Slice) -> Operation | None:
    ends = [index.args.get("this"), index.args.get("expression")]
    read = [None if end is None else whole(end) for end in ends]
    if index.args.get("step") or any(
        end is not None and number is None for end, number in zip(ends, read, strict=True)
    ):
        return None
    first, last = int(read[0] or 1), int(read[1] or -1)
    if first < 0:
        return _part("RIGHT", node, -first) if last == -1 else None
    first = max(first, 1)
    if last >= 0:
        return _part("SUBSTR", node, first, max(last - first + 1, 0))
    if last == -1:
        return _part("SUBSTR", node, first)
    return _part("LEFT", node, last + 1) if first == 1 else None


PARTS: Mapping[type[exp.Expr], Callable[[exp.Expr], Operation | None]] = {
    exp.Substring: _substring,
    exp.Bracket: _bracket,
}
"""How the nodes are read."""
