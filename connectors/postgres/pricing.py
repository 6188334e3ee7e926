"""Milliseconds that Postgres takes for a fragment: read off the plan that it would run, and for handing over its rows.

Postgres prices a plan by the pages it reads, and what is done with the rows above them at next to nothing: its price of
TPC-H's queries is off by a factor of 0.4 to 7 one way or the other. So its own price is taken for scans alone, and
each row above them is charged for what is done with it. The charges fit 80 fragments of these queries at scale 1,
measured with pages in memory: half of them within 1.3, four in five within a factor of two. What remains is due to
rows that were guessed wrong.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.postgres.ranges import is_divisible
from connectors.spi import Fragment
from connectors.types import Family

Node = Mapping[str, Any]

_SCAN = 0.003
"""Per unit of the price of a scan."""
_INDEX_SCAN = 0.002
# Per row that comes in.
_JOINED = 0.000_1
_HASHED = 0.000_7
_GROUPED = 0.000_5
_COUNTED = 0.000_1
_LOOKED_UP = 0.006_5
"""Per row for which the other side of a nested loop is asked, mostly by an index, somewhere else each time."""
_PACKED_FROM = 20_000
# Handed over per row and per value, by families: rows that are packed cost the driver far less.
_ROW, _VALUE, _LONG_VALUE = 0.000_05, 0.000_04, 0.000_08
_PACKED_ROW, _PACKED_VALUE = 0.000_02, 0.000_001
_PACKED_LONG = {Family.TEXT: 0.000_02, Family.UUID: 0.000_02, Family.JSON: 0.000_02, Family.DECIMAL: 0.000_04}
_IN_DIGITS = frozenset({Family.DECIMAL, Family.UUID})


def computing(node: Node, times: float = 1.0) -> float:
    """What a node of a plan takes, with all below it, when it is run so often."""
    kind = str(node["Node Type"])
    plans = node.get("Plans", ())
    first = sum(computing(plan) for plan in plans if plan.get("Parent Relationship") == "InitPlan")
    children = [plan for plan in plans if plan.get("Parent Relationship") not in ("InitPlan", "SubPlan")]
    if kind == "Nested Loop":
        return first + sum(_looped(children, times))
    below = first + sum(computing(child, times) for child in children)
    if "Scan" in kind:
        return below + _own(node, plans) * times * (_SCAN if kind == "Seq Scan" else _INDEX_SCAN)
    rows = sum(float(child["Plan Rows"]) for child in children) * times
    return below + rows * _charge(kind, node)


def _looped(children: list[Node], times: float) -> Iterator[float]:
    outer, inner = children
    asked = max(1.0, float(outer["Plan Rows"])) * times
    yield computing(outer, times)
    yield asked * _LOOKED_UP
    if inner["Node Type"] == "Materialize":  # made once, and read again from memory
        yield computing(inner, times)
    else:
        yield computing(inner, asked)


def _own(node: Node, children: Iterable[Node]) -> float:
    """The price of a node without what is below it."""
    return max(0.0, float(node["Total Cost"]) - sum(float(child["Total Cost"]) for child in children))


def _charge(kind: str, node: Node) -> float:
    if kind.endswith("Join"):
        return _JOINED
    if kind == "Hash":
        return _HASHED
    if kind == "Aggregate":
        return _COUNTED if node.get("Strategy") == "Plain" else _GROUPED
    return 0.0


def handing_over(fragment: Fragment, rows: int) -> float:
    """What a fragment's rows take until they are Arrow."""
    families = [column.family for column in fragment.columns]
    if rows >= _PACKED_FROM and is_divisible(fragment):
        return rows * (_PACKED_ROW + sum(_PACKED_LONG.get(family, _PACKED_VALUE) for family in families))
    return rows * (_ROW + sum(_LONG_VALUE if family in _IN_DIGITS else _VALUE for family in families))
