"""What type a parameter is meant to have, read off the place where it stands. Best effort: clients want a hint."""

from collections.abc import Callable, Iterable
from itertools import chain

from sqlglot import exp

from gateway.sql.binding import number, parameters
from gateway.sql.printing import to_duckdb

ColumnType = Callable[[exp.Column], str | None]
"""The DuckDB type name of a column, or None when it is not known."""

_FALLBACK = "VARCHAR"
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod)
_TEXTUAL = (exp.Like, exp.ILike, exp.Glob, exp.SimilarTo, exp.RegexpLike, exp.Upper, exp.Lower, exp.DPipe)


def infer_types(query: exp.Expr, column_type: ColumnType) -> tuple[str, ...]:
    """The DuckDB type name of each parameter, in order; VARCHAR where nothing tells (DuckDB coerces text)."""
    found: dict[int, str] = {}
    for node in query.find_all(exp.Placeholder):
        told = _from_context(node, column_type)
        if told is not None:
            found.setdefault(number(node), told)
    return tuple(found.get(position, _FALLBACK) for position in range(1, parameters(query) + 1))


def _from_context(node: exp.Expr, column_type: ColumnType) -> str | None:
    child, parent = node, node.parent
    while isinstance(parent, exp.Paren | exp.Neg):
        child, parent = parent, parent.parent
    if isinstance(parent, exp.Cast | exp.TryCast):
        return to_type_name(parent.to)
    if isinstance(parent, exp.Limit | exp.Offset):
        return "BIGINT"
    if isinstance(parent, _TEXTUAL):
        return _FALLBACK
    if isinstance(parent, (*_COMPARISONS, *_ARITHMETIC, exp.Between, exp.In, exp.Coalesce)):
        return _first_type((other for other in _operands(parent) if other is not child), column_type)
    return None


def _operands(parent: exp.Expr) -> Iterable[exp.Expr]:
    keys = ("this", "expression", "low", "high")
    direct = (parent.args.get(key) for key in keys)
    return chain((operand for operand in direct if operand is not None), parent.expressions)


def _first_type(operands: Iterable[exp.Expr], column_type: ColumnType) -> str | None:
    for operand in operands:
        told = type_of(operand, column_type)
        if told is not None:
            return told
    return None


def type_of(node: exp.Expr, column_type: ColumnType) -> str | None:
    """The DuckDB type name of a simple expression: a column, a cast, a constant, or arithmetic over those."""
    if isinstance(node, exp.Column):
        return column_type(node)
    if isinstance(node, exp.Cast | exp.TryCast):
        return to_type_name(node.to)
    if isinstance(node, exp.Literal):
        return _literal_type(node)
    if isinstance(node, exp.Count):
        return "BIGINT"
    if isinstance(node, _TEXTUAL):
        return _FALLBACK if isinstance(node, exp.Upper | exp.Lower | exp.DPipe) else "BOOLEAN"
    if isinstance(node, (*_ARITHMETIC, exp.Paren, exp.Neg, exp.Max, exp.Min, exp.Coalesce)):
        return _first_type(_operands(node), column_type)
    return None


def _literal_type(node: exp.Literal) -> str:
    if node.is_string:
        return _FALLBACK
    return "BIGINT" if node.name.isdigit() else "DOUBLE"


_CANONICAL = {
    "TEXT": "VARCHAR",
    "INT": "INTEGER",
    "REAL": "FLOAT",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "INT128": "HUGEINT",
}


def to_type_name(kind: exp.DataType) -> str:
    """A parsed type as DuckDB's DESCRIBE would print it."""
    text = to_duckdb(kind)
    text = text.replace(", ", ",") if text.startswith("DECIMAL") else text
    return _CANONICAL.get(text, text)
