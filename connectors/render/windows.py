"""Windows: the rows that a function sees, and the functions that stand over nothing else."""

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from connectors.render.comparing import groupable
from connectors.render.conversions import converted
from connectors.render.operands import MIXED, Operand
from connectors.render.terms import ordered
from connectors.render.writer import Writer, type_of
from connectors.types import Family
from connectors.vocabulary import Operation, frame

_PARTS = frozenset({"this", "partition_by", "order", "spec", "over"})
_NUMBERS = (Family.DECIMAL, Family.DOUBLE)
_SHARES = frozenset({"PERCENT_RANK", "CUME_DIST"})


def window(write: Writer, node: exp.Window) -> str:
    """What stands after a function: OVER and all that is said there."""
    extra = {key for key, value in node.args.items() if value} - _PARTS
    if extra or node.args.get("over") not in (None, "OVER"):
        raise ValueError("the window has a part that is not rendered")
    return f" OVER ({' '.join(_said(write, node))})"


def _said(write: Writer, node: exp.Window) -> Iterator[str]:
    if parts := node.args.get("partition_by"):
        yield f"PARTITION BY {', '.join(groupable(write.value(part)).sql for part in parts)}"
    if order := node.args.get("order"):
        yield f"ORDER BY {', '.join(ordered(write, term) for term in order.expressions)}"
    if spec := node.args.get("spec"):
        yield _framed(spec)


def _framed(spec: exp.WindowSpec) -> str:
    found = frame(spec)
    if found is None:
        raise ValueError("the frame of a window has a form that is not rendered")
    excluded = f" EXCLUDE {found.exclude}" if found.exclude else ""
    return f"{found.kind} BETWEEN {found.start} AND {found.end}{excluded}"


def alone(write: Writer, node: exp.Window, found: Operation, said: str) -> Operand:
    """A function that stands over windows alone; ``said`` is what comes after it."""
    name = found.name.lower()
    if found.operands:
        return _moved(write, found, name, said)
    called = f"{name}({', '.join(found.settings)}){said}"
    if found.name in _SHARES:
        return Operand(called, Family.DOUBLE, "double precision", total=True, type="DOUBLE")
    wide = f"{called}::bigint" if found.name == "NTILE" else called
    return Operand(wide, Family.INTEGER, "bigint", total=True, type=type_of(node))


def _moved(write: Writer, found: Operation, name: str, said: str) -> Operand:
    """A value of another row, as it is there."""
    value, *others = (write.value(operand) for operand in found.operands)
    defaults = [_default(value, other) for other in others]
    if defaults and not found.settings:
        raise ValueError(f"{found.name} has a default and no distance")
    given = ", ".join([value.sql, *found.settings, *(default.sql for default in defaults)])
    # What is left of a numeric(p,s) is a numeric.
    native = "numeric" if value.native.startswith("numeric") else value.native
    differ = any(default.collation not in ("", value.collation) for default in defaults)
    collation = MIXED if differ else value.collation
    sql = f"{name}({given}){said}"
    return replace(value, sql=sql, native=native, collation=collation, constant=False, total=False)


def _default(value: Operand, other: Operand) -> Operand:
    """What stands for a row that is not there: NULL, a value of the same type, or a number that becomes one."""
    if not other.type or (other.type, other.native) == (value.type, value.native):
        return other
    number = other.constant and other.family in (Family.INTEGER, Family.DECIMAL) and value.family in _NUMBERS
    if other.family is not value.family and not number:
        raise ValueError(f"{other.family} does not stand for {value.family} alike everywhere")
    return converted(other, value.type)
