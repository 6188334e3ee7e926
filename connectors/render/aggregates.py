"""Aggregates, with FILTER and over windows."""

from dataclasses import replace

from sqlglot import exp

from connectors.render.comparing import groupable, sortable
from connectors.render.conversions import converted
from connectors.render.native import native_type, text
from connectors.render.operands import BINARY, Operand
from connectors.render.terms import ordered
from connectors.render.windows import alone, window
from connectors.render.writer import Writer, type_of
from connectors.types import IN_ARRAYS, Family, family
from connectors.vocabulary import Operation, aggregate, over


def is_aggregate(node: exp.Expr) -> bool:
    """Whether :func:`aggregated` knows the node."""
    return isinstance(node, (exp.Filter, exp.Window)) or aggregate(node) is not None


def aggregated(write: Writer, node: exp.Expr) -> Operand:
    """An aggregate, bare, with FILTER, or over a window."""
    if isinstance(node, exp.Window):
        said, found = window(write, node), over(node.this)
        return alone(write, node, found, said) if found is not None else _filtered(write, node.this, said)
    return _filtered(write, node, "")


def _filtered(write: Writer, node: exp.Expr, said: str) -> Operand:
    if isinstance(node, exp.Filter):
        suffix = f" FILTER (WHERE {write.condition(node.expression.this)})"
        return _computed(write, node.this, suffix + said)
    return _computed(write, node, said)


def _computed(write: Writer, node: exp.Expr, suffix: str) -> Operand:
    found = aggregate(node)
    if found is None:
        raise ValueError(f"{type(node).__name__} is not rendered")
    if found.order:
        return _collected(write, found, type_of(node), suffix)
    if found.distinct and " OVER (" in suffix:
        raise ValueError("DISTINCT is not rendered over windows")
    operands = [write.value(operand) for operand in found.operands]
    if found.name == "COUNT":
        return _count(operands[0].sql if operands else "*", suffix)
    return _gathered(found.name, operands[0], type_of(node), suffix)


def _gathered(name: str, operand: Operand, to: str, suffix: str) -> Operand:
    if name == "COUNT DISTINCT":
        return _count(f"DISTINCT {groupable(operand).sql}", suffix)
    if name == "COUNT_IF":
        return _counted_if(operand, suffix)
    if name in ("SUM", "SUM DISTINCT"):
        return _summed(operand, "DISTINCT " if name == "SUM DISTINCT" else "", suffix)
    if name in ("MIN", "MAX"):
        return _extreme(name.lower(), groupable(operand), suffix)
    if name == "AVG":
        # DuckDB divides in one of two ways, by what else the query asks for.
        raise ValueError("AVG is not alike everywhere")
    return _bits(name.lower(), operand, to, suffix)


def _count(what: str, suffix: str) -> Operand:
    return Operand(f"count({what}){suffix}", Family.INTEGER, "bigint", total=True, type="BIGINT")


def _counted_if(operand: Operand, suffix: str) -> Operand:
    """To DuckDB it is a sum, and of no truth values at all it is NULL."""
    if operand.family is not Family.BOOLEAN:
        raise ValueError("only truth values are counted")
    return Operand(f"sum({operand.sql}::integer){suffix}", Family.INTEGER, type="HUGEINT")


def _summed(operand: Operand, once: str, suffix: str) -> Operand:
    total = f"sum({once}{operand.sql}){suffix}"
    if operand.family is Family.INTEGER:
        huge = operand.type == "HUGEINT"
        return Operand(f"{total}::numeric(38,0)" if huge else total, Family.INTEGER, type="HUGEINT")
    if operand.family is not Family.DECIMAL:
        raise ValueError(f"SUM over {operand.family} is not alike everywhere")
    to = f"DECIMAL(38,{operand.type.rpartition(',')[2].strip(' )')})"
    return Operand(f"{total}::{native_type(to)}", Family.DECIMAL, native_type(to), type=to)


def _extreme(function: str, operand: Operand, suffix: str) -> Operand:
    """MIN or MAX; Postgres has neither over boolean and uuid, and its text order is not ours."""
    made = replace(operand, constant=False, total=False)
    if operand.family is Family.BOOLEAN:
        return replace(made, sql=f"bool_{'and' if function == 'min' else 'or'}({operand.sql}){suffix}")
    if operand.family is Family.UUID:
        return replace(made, sql=f'({function}({operand.sql}::text COLLATE "C"){suffix}::uuid)')
    if operand.family is Family.TEXT:
        return replace(made, sql=f"{function}({operand.binary().sql}){suffix}", native="text", collation=BINARY)
    if operand.family is Family.BLOB:
        # Postgres knows it since its version 18; what is written in hexadecimal digits is in the order of its bytes.
        return replace(made, sql=f"decode({function}(encode({operand.sql}, 'hex') COLLATE \"C\"){suffix}, 'hex')")
    # What is left of a numeric(p,s) is a numeric.
    native = "numeric" if operand.native.startswith("numeric") else operand.native
    return replace(made, sql=f"{function}({operand.sql}){suffix}", native=native)


def _bits(function: str, operand: Operand, to: str, suffix: str) -> Operand:
    """BOOL_AND and BOOL_OR, BIT_AND, BIT_OR and BIT_XOR; what is wider than bigint raises."""
    of = Family.BOOLEAN if function.startswith("bool") else Family.INTEGER
    if operand.family is not of or family(to) is not of:
        raise ValueError(f"{function} over {operand.family} is not rendered")
    if of is Family.BOOLEAN:
        return Operand(f"{function}({operand.sql}){suffix}", of, "boolean", type=to)
    wide = operand.native not in ("smallint", "integer", "bigint")
    value = f"{operand.sql}::bigint" if wide else operand.sql
    native = "bigint" if wide else operand.native
    return converted(Operand(f"{function}({value}){suffix}", of, native, type=operand.type), to)


def _collected(write: Writer, found: Operation, to: str, suffix: str) -> Operand:
    """STRING_AGG and ARRAY_AGG in an order of their own; different values only in their own order."""
    (value,) = (write.value(operand) for operand in found.operands)
    terms = ", ".join(ordered(write, term) for term in found.order)
    value = sortable(value) if found.distinct else value
    separator = "".join(f", {text(setting)}" for setting in found.settings)
    called = f"{found.name.lower()}({'DISTINCT ' if found.distinct else ''}{value.sql}{separator} ORDER BY {terms})"
    made = replace(value, sql=f"{called}{suffix}", constant=False, total=False, type=to)
    if found.name == "ARRAY_AGG" and value.type in IN_ARRAYS:
        return replace(made, family=family(to), native=f"{value.native}[]", collation="")
    if found.name == "ARRAY_AGG" or value.family is not Family.TEXT:
        raise ValueError(f"{found.name} over {value.family} is not rendered")
    return made
