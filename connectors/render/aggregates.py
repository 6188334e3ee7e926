"""Aggregates, with FILTER and over windows, and the functions that stand over windows alone."""

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from connectors.render.comparing import groupable, sortable
from connectors.render.conversions import converted
from connectors.render.native import native_type
from connectors.render.operands import BINARY, Operand
from connectors.render.writer import Writer, type_of
from connectors.types import Family, family
from connectors.vocabulary import WINDOWS, aggregate

_WINDOW_PARTS = frozenset({"this", "partition_by", "order", "spec", "over"})
_FRAMES = {"UNBOUNDED": "UNBOUNDED", "CURRENT ROW": "CURRENT ROW"}


def is_aggregate(node: exp.Expr) -> bool:
    """Whether :func:`aggregated` knows the node."""
    return isinstance(node, (exp.Filter, exp.Window)) or aggregate(node) is not None


def aggregated(write: Writer, node: exp.Expr) -> Operand:
    """An aggregate, bare, with FILTER, or over a window."""
    if isinstance(node, exp.Window):
        over = f" OVER ({' '.join(_window(write, node))})"
        if type(node.this) in WINDOWS:
            return _numbered(node.this, over)
        return _filtered(write, node.this, over)
    return _filtered(write, node, "")


def _numbered(node: exp.Expr, over: str) -> Operand:
    if any(node.args.values()):
        raise ValueError("functions over windows are rendered only without arguments")
    return Operand(f"{WINDOWS[type(node)].lower()}(){over}", Family.INTEGER, "bigint", total=True, type="BIGINT")


def _filtered(write: Writer, node: exp.Expr, over: str) -> Operand:
    if isinstance(node, exp.Filter):
        suffix = f" FILTER (WHERE {write.condition(node.expression.this)})"
        return _computed(write, node.this, suffix + over)
    return _computed(write, node, over)


def _computed(write: Writer, node: exp.Expr, suffix: str) -> Operand:
    found = aggregate(node)
    if found is None:
        raise ValueError(f"{type(node).__name__} is not rendered")
    operands = [write.value(operand) for operand in found.operands]
    if found.name == "COUNT":
        return _count(operands[0].sql if operands else "*", suffix)
    if found.name == "COUNT DISTINCT":
        return _count(f"DISTINCT {groupable(operands[0]).sql}", suffix)
    if found.name == "SUM":
        return _summed(operands[0], suffix)
    if found.name in ("MIN", "MAX"):
        return _extreme(found.name.lower(), groupable(operands[0]), suffix)
    if found.name == "AVG":
        # DuckDB divides in one of two ways, by what else the query asks for.
        raise ValueError("AVG is not alike everywhere")
    return _bits(found.name.lower(), operands[0], type_of(node), suffix)


def _count(what: str, suffix: str) -> Operand:
    return Operand(f"count({what}){suffix}", Family.INTEGER, "bigint", total=True, type="BIGINT")


def _summed(operand: Operand, suffix: str) -> Operand:
    total = f"sum({operand.sql}){suffix}"
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
        raise ValueError(f"{function} over {operand.family} is not alike everywhere")
    # What is left of a numeric(p,s) is a numeric.
    native = "numeric" if operand.native.startswith("numeric") else operand.native
    return replace(made, sql=f"{function}({operand.sql}){suffix}", native=native)


def _bits(function: str, operand: Operand, to: str, suffix: str) -> Operand:
    """BOOL_AND and BOOL_OR, BIT_AND and BIT_OR; what is wider than bigint raises."""
    of = Family.BOOLEAN if function.startswith("bool") else Family.INTEGER
    if operand.family is not of or family(to) is not of:
        raise ValueError(f"{function} over {operand.family} is not rendered")
    if of is Family.BOOLEAN:
        return Operand(f"{function}({operand.sql}){suffix}", of, "boolean", type=to)
    wide = operand.native not in ("smallint", "integer", "bigint")
    value = f"{operand.sql}::bigint" if wide else operand.sql
    native = "bigint" if wide else operand.native
    return converted(Operand(f"{function}({value}){suffix}", of, native, type=operand.type), to)


def _window(write: Writer, node: exp.Window) -> Iterator[str]:
    extra = {key for key, value in node.args.items() if value} - _WINDOW_PARTS
    if extra or node.args.get("over") not in (None, "OVER"):
        raise ValueError("the window has a part that is not rendered")
    if parts := node.args.get("partition_by"):
        yield f"PARTITION BY {', '.join(groupable(write.value(part)).sql for part in parts)}"
    if order := node.args.get("order"):
        yield f"ORDER BY {', '.join(ordered(write, term) for term in order.expressions)}"
    if spec := node.args.get("spec"):
        yield _frame(spec)


def ordered(write: Writer, term: exp.Expr) -> str:
    """A term of an ORDER BY, which says where NULLs stand; a column without any keeps its index."""
    if not isinstance(term, exp.Ordered) or term.args.get("with_fill"):
        raise ValueError("only plain terms are rendered in ORDER BY")
    return placed(sortable(write.value(term.this)), term)


def placed(operand: Operand, term: exp.Ordered) -> str:
    """A value in the direction of a term."""
    if operand.constant:
        raise ValueError("a constant orders nothing")
    nulls = "" if operand.total else " NULLS FIRST" if term.args.get("nulls_first") else " NULLS LAST"
    return f"{operand.sql}{' DESC' if term.args.get('desc') else ''}{nulls}"


def _frame(spec: exp.Expr) -> str:
    part = spec.args.get
    if part("kind") not in ("ROWS", "RANGE") or part("exclude"):
        raise ValueError("only frames of ROWS and RANGE are rendered")
    plain = part("kind") == "ROWS"
    start = _bound(part("start"), part("start_side"), plain)
    return f"{part('kind')} BETWEEN {start} AND {_bound(part('end') or 'CURRENT ROW', part('end_side'), plain)}"


def _bound(value: object, side: object, plain: bool) -> str:
    if value == "CURRENT ROW":
        return value
    if side not in ("PRECEDING", "FOLLOWING"):
        raise ValueError("a frame ends somewhere that is not rendered")
    if value == "UNBOUNDED":
        return f"UNBOUNDED {side}"
    if plain and isinstance(value, exp.Literal) and not value.is_string and str(value.this).isdigit():
        return f"{value.this} {side}"
    raise ValueError("a frame ends somewhere that is not rendered")
