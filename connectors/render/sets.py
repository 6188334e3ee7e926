"""UNION, INTERSECT and EXCEPT: both sides in one type and under one collation, so that equal rows are equal."""

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from connectors.render.comparing import comparable, groupable
from connectors.render.conversions import converted
from connectors.render.operands import BINARY, MIXED, Operand
from connectors.render.ordering import bounded
from connectors.render.writer import Rows, Writer
from connectors.types import Family, family

_WORDS: dict[type[exp.Expr], str] = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}
_PARTS = frozenset({"this", "expression", "distinct", "order", "limit", "offset"})
_WIDER = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38}


def set_operation(write: Writer, node: exp.SetOperation) -> Rows:
    """A set operation over two queries, DISTINCT or ALL."""
    if {key for key, value in node.args.items() if value} - _PARTS or type(node) not in _WORDS:
        raise ValueError("a set operation has a part that is not rendered")
    sides = [write.query(node.this), write.query(node.expression)]
    if len(sides[0].columns) != len(sides[1].columns):
        raise ValueError("the sides of a set operation have different columns")
    distinct = bool(node.args.get("distinct")) or not isinstance(node, exp.Union)
    pairs = [
        _meeting(left, right, distinct=distinct)
        for (_, left), (_, right) in zip(sides[0].columns, sides[1].columns, strict=True)
    ]
    texts = [_side(write, rows, [pair[at] for pair in pairs]) for at, rows in enumerate(sides)]
    word = _WORDS[type(node)] + ("" if node.args.get("distinct") else " ALL")
    columns = tuple(
        (name, replace(one, sql=column.sql, total=one.total and other.total, collation=_outside(one)))
        for (name, column), (one, other) in zip(sides[0].columns, pairs, strict=True)
    )
    made = Rows(f"({texts[0]}) {word} ({texts[1]})", columns)
    if not any(node.args.get(part) for part in ("order", "limit", "offset")):
        return made
    return bounded(write, node, made, [exp.column(name) for name, _ in columns])


def _outside(operand: Operand) -> str:
    return "pg_catalog.C" if operand.collation == BINARY else operand.collation


def _meeting(left: Operand, right: Operand, *, distinct: bool) -> tuple[Operand, Operand]:
    for side in (left, right):
        (groupable if distinct else comparable)(side)
    if left.family is Family.TEXT and right.family is Family.TEXT:
        alike = left.collation == right.collation != MIXED
        return (left, right) if alike else (left.binary(), right.binary())
    to = _common(left.type, right.type)
    return converted(left, to), converted(right, to)


def _common(left: str, right: str) -> str:
    """DuckDB's type for values of both. ValueError where that is not known here."""
    families = {family(left), family(right)}
    if left == right:
        return left
    if families == {Family.INTEGER} and left in _WIDER and right in _WIDER:
        return max(left, right, key=_WIDER.index)
    if families <= {Family.INTEGER, Family.DECIMAL} and Family.DECIMAL in families:
        scale = max(_digits(left)[1], _digits(right)[1])
        return f"DECIMAL({min(38, scale + max(_digits(left)[0], _digits(right)[0]))},{scale})"
    if families <= {Family.INTEGER, Family.DECIMAL, Family.DOUBLE}:
        return "DOUBLE"
    raise ValueError("the sides of a set operation have different types")


def _digits(type_name: str) -> tuple[int, int]:
    """Digits before and after the point."""
    if family(type_name) is Family.INTEGER:
        return _DIGITS.get(type_name, 20), 0
    width, scale = (int(part) for part in type_name[8:-1].split(","))
    return width - scale, scale


def _side(write: Writer, rows: Rows, wanted: Sequence[Operand]) -> str:
    """The rows of one side; put into other types only where they are not in them yet."""
    if all(column.sql == operand.sql for (_, column), operand in zip(rows.columns, wanted, strict=True)):
        return rows.sql
    pairs = zip(rows.columns, wanted, strict=True)
    outputs = ", ".join(f"{operand.sql} AS {column.sql}" for (_, column), operand in pairs)
    return f"SELECT {outputs} FROM ({rows.sql}) AS {write.fresh()}"
