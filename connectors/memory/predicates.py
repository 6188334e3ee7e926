"""Predicates of a fragment over Arrow columns, with DuckDB's meaning: three-valued, exact across types."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from connectors.errors import StoreRejected

Columns = Mapping[tuple[str, str], pa.Array]

_COMPARE: dict[type[exp.Expr], Callable[[Any, Any], pa.Array]] = {
    exp.EQ: pc.equal,
    exp.NEQ: pc.not_equal,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
}
# Wide enough for every HUGEINT beside every DECIMAL constant, and for every date in microseconds.
_EXACT = pa.decimal256(76, 20)
_DAY = pa.scalar(Decimal(86_400_000_000), pa.decimal256(12, 0))
_INFINITE = {"infinity": 2**31 - 1, "-infinity": -(2**31) + 1}


def matching(node: exp.Expr, columns: Columns, rows: int) -> pa.Array:
    """A mask of ``rows`` booleans: TRUE where the predicate holds, FALSE or NULL where it does not.

    ``columns`` maps (alias, lower-case name) to arrays. Raises :class:`StoreRejected` for what is not claimed.
    """
    if isinstance(node, (exp.And, exp.Or)):
        join = pc.and_kleene if isinstance(node, exp.And) else pc.or_kleene
        return join(matching(node.this, columns, rows), matching(node.expression, columns, rows))
    if isinstance(node, exp.Not):
        return pc.invert(matching(node.this, columns, rows))
    if isinstance(node, exp.Paren):
        return matching(node.this, columns, rows)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return pc.is_null(_value(node.this, columns))
    if isinstance(node, exp.In):
        return reduce(pc.or_kleene, [_compare(pc.equal, node.this, item, columns) for item in node.expressions])
    if isinstance(node, exp.Between):
        low = _compare(pc.greater_equal, node.this, node.args["low"], columns)
        return pc.and_kleene(low, _compare(pc.less_equal, node.this, node.args["high"], columns))
    if type(node) in _COMPARE:
        return _compare(_COMPARE[type(node)], node.this, node.expression, columns)
    return _whole(_value(node, columns), rows)


def _whole(value: pa.Array | pa.Scalar, rows: int) -> pa.Array:
    """A predicate that is a bare BOOLEAN column or constant."""
    if value.type != pa.bool_():
        raise StoreRejected("A value that is not BOOLEAN is used as a condition.")
    return pa.repeat(value, rows) if isinstance(value, pa.Scalar) else value


def _compare(operator: Callable[[Any, Any], pa.Array], left: exp.Expr, right: exp.Expr, columns: Columns) -> pa.Array:
    one, other = _value(left, columns), _value(right, columns)
    if one.type != other.type:
        one, other = _exact(one), _exact(other)
    return operator(one, other)


def _exact(value: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    """Numbers, and days and moments as microseconds, where values of different types meet without rounding."""
    if pa.types.is_date32(value.type):
        return _microseconds(value.cast(pa.int32()))
    if pa.types.is_timestamp(value.type):
        return _exact(value.cast(pa.int64()))
    if pa.types.is_integer(value.type):
        return value.cast(pa.decimal256(20, 0))
    return value.cast(_EXACT)


def _microseconds(days: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    moments = pc.multiply(_exact(days), _DAY).cast(_EXACT)
    for name, infinite in _INFINITE.items():
        forever = pa.scalar(2**63 - 1 if name == "infinity" else 1 - 2**63)
        moments = pc.if_else(pc.equal(days, infinite), _exact(forever), moments)
    return moments


def _value(node: exp.Expr, columns: Columns) -> pa.Array | pa.Scalar:
    """A column or a constant."""
    if isinstance(node, exp.Column):
        return columns[node.table, node.name.lower()]
    if isinstance(node, exp.Paren):
        return _value(node.this, columns)
    if isinstance(node, exp.Boolean):
        return pa.scalar(node.this)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return _number(f"-{node.this.this}")
    if isinstance(node, exp.Literal):
        return pa.scalar(node.this) if node.is_string else _number(node.this)
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        return _typed(node.this.this, node.to.this)
    raise StoreRejected(f"{type(node).__name__} is not among the expressions that this store computes.")


def _number(digits: str) -> pa.Scalar:
    return pa.scalar(Decimal(digits)).cast(_EXACT)


def _typed(text: str, kind: object) -> pa.Scalar:
    if kind in (exp.DType.DECIMAL, exp.DType.INT, exp.DType.BIGINT):
        return _number(text)
    if kind is exp.DType.DATE and text in _INFINITE:
        return pa.scalar(_INFINITE[text], pa.int32()).cast(pa.date32())
    if kind is exp.DType.DATE and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return pa.scalar(date.fromisoformat(text), pa.date32())
    if kind is exp.DType.TIMESTAMP and re.match(r"\d{4}-\d\d-\d\d", text):
        return pa.scalar(datetime.fromisoformat(text), pa.timestamp("us"))
    raise StoreRejected("A constant is not spelled in the way that this store reads.")
