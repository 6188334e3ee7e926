"""What is computed over a window: the functions that stand over nothing else, and the frames of rows they see."""

from dataclasses import dataclass

from sqlglot import exp

from connectors.vocabulary.shapes import Operation, Shape, Shapes, count, position

_SHAPES: Shapes = {
    exp.RowNumber: Shape("ROW_NUMBER", ()),
    exp.Rank: Shape("RANK", ()),
    exp.DenseRank: Shape("DENSE_RANK", ()),
    exp.PercentRank: Shape("PERCENT_RANK", ()),
    exp.CumeDist: Shape("CUME_DIST", ()),
    exp.Ntile: Shape("NTILE", (), {"this": position}),
    exp.Lag: Shape("LAG", ("this", "default"), {"offset": count}),
    exp.Lead: Shape("LEAD", ("this", "default"), {"offset": count}),
    exp.FirstValue: Shape("FIRST_VALUE", ("this",)),
    exp.LastValue: Shape("LAST_VALUE", ("this",)),
    exp.NthValue: Shape("NTH_VALUE", ("this",), {"offset": position}),
}

WINDOWS = frozenset(shape.name for shape in _SHAPES.values())
"""The names by which they are claimed; aggregates may stand over a window as well."""


def over(node: exp.Expr) -> Operation | None:
    """The function of windows alone a node stands for: LAG(x) is one row away and has no setting."""
    shape = _SHAPES.get(type(node))
    found = shape.read(node) if shape else None
    if found is None or any(isinstance(operand, (exp.Order, exp.Distinct)) for operand in found.operands):
        return None
    return found


_KINDS = frozenset({"ROWS", "RANGE", "GROUPS"})
_EXCLUDED = frozenset({"CURRENT ROW", "GROUP", "TIES"})
_PLACES = ("UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING")


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows around the current one: ``start`` and ``end`` as SQL spells them, ``exclude`` empty for nothing."""

    kind: str
    start: str
    end: str
    exclude: str = ""

    @property
    def whole(self) -> bool:
        """Whether it reaches over all of the rows of its part."""
        return (self.start, self.end) == (_PLACES[0], _PLACES[-1])

    @property
    def counts_rows(self) -> bool:
        """Whether rows that the order leaves equal may see different frames for another reason than themselves."""
        return self.kind == "ROWS" and not self.whole


def frame(spec: exp.WindowSpec) -> Frame | None:
    """The frame a node stands for; None where its meaning is not plain. RANGE knows no distances here."""
    part = spec.args.get
    kind, exclude = str(part("kind") or "").upper(), str(part("exclude") or "").upper()
    start, end = _bound(part("start"), part("start_side")), _bound(part("end") or "CURRENT ROW", part("end_side"))
    exclude = "" if exclude == "NO OTHERS" else exclude
    if kind not in _KINDS or (exclude and exclude not in _EXCLUDED) or not start or not end:
        return None
    first, last = _place(start), _place(end)
    upright = first <= last and first < len(_PLACES) - 1 and last > 0
    distant = {first, last} & {1, 3}
    return Frame(kind, start, end, exclude) if upright and not (kind == "RANGE" and distant) else None


def _place(bound: str) -> int:
    return _PLACES.index(bound if bound in _PLACES else bound.rpartition(" ")[2])


def _bound(value: object, side: object) -> str:
    side = str(side or "").upper()
    if isinstance(value, str) and value.upper() == "CURRENT ROW":
        return "CURRENT ROW"
    if side not in ("PRECEDING", "FOLLOWING"):
        return ""
    if isinstance(value, str) and value.upper() == "UNBOUNDED":
        return f"UNBOUNDED {side}"
    distance = count(value) if isinstance(value, exp.Expr) else None
    return f"{distance} {side}" if distance is not None else ""
