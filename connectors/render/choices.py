"""Operations that choose one of their operands: CASE, COALESCE, NULLIF, GREATEST, LEAST."""

from sqlglot import exp

from connectors.render.comparing import comparable, equality
from connectors.render.conditions import sides
from connectors.render.conversions import converted
from connectors.render.numbers import Compute, Values
from connectors.render.operands import Operand
from connectors.render.texts import collation_of
from connectors.render.writer import Writer, type_of
from connectors.types import Family, family

_WIDENS = {
    Family.DECIMAL: frozenset({Family.INTEGER}),
    Family.REAL: frozenset({Family.INTEGER, Family.DECIMAL}),
    Family.DOUBLE: frozenset({Family.INTEGER, Family.DECIMAL, Family.REAL}),
}


def _fitting(values: Values, to: str) -> list[Operand]:
    """Every operand in the type of the whole. ValueError for a family that does not become it without loss."""
    of = family(to)
    for value in values:
        if value.type and value.family is not of and value.family not in _WIDENS.get(of, ()):
            raise ValueError(f"{value.family} does not become {of} alike everywhere")
    return [converted(value, to) if of not in (Family.JSON, Family.OTHER) else value for value in values]


def _made(sql: str, values: Values, to: str, *, total: bool = False) -> Operand:
    native = values[0].native if values[0].native and len({value.native for value in values}) == 1 else ""
    collation = collation_of(values)
    return Operand(sql, family(to), native or _native(to), collation, total=total, type=to)


def _native(to: str) -> str:
    return "text" if to == "VARCHAR" else ""


def case(write: Writer, node: exp.Case) -> Operand:
    """CASE with conditions, or with values that are compared with a subject."""
    to = type_of(node)
    given = node.args.get("default")
    nodes = [branch.args["true"] for branch in node.args["ifs"]] + ([given] if given is not None else [])
    values = _fitting([write.value(part, family(to)) for part in nodes], to)
    conditions = [_condition(write, node.args.get("this"), branch.this) for branch in node.args["ifs"]]
    whens = [f"WHEN {met} THEN {value.sql}" for met, value in zip(conditions, values, strict=False)]
    default = [f"ELSE {values[-1].sql}"] if given is not None else []
    total = given is not None and all(value.total for value in values)
    return _made(f"(CASE {' '.join([*whens, *default])} END)", values, to, total=total)


def _condition(write: Writer, subject: exp.Expr | None, node: exp.Expr) -> str:
    return write.condition(node) if subject is None else equality(*sides(write, subject, node))


def _coalesced(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    fitting = _fitting(values, to)
    sql = f"coalesce({', '.join(value.sql for value in fitting)})"
    return _made(sql, fitting, to, total=any(value.total for value in fitting))


def _nullified(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    one, other = values
    (kept,) = _fitting([one], to)
    return _made(f"(CASE WHEN {equality(one, other)} THEN NULL ELSE {kept.sql} END)", [kept], to)


def _extreme(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    """GREATEST and LEAST."""
    if family(to) is Family.REAL:
        raise ValueError(f"the {name} of real loses the sign of -0.0 in DuckDB alone")
    if family(to) is Family.INTERVAL:
        raise ValueError(f"which of two equal intervals is the {name} is not the same everywhere")
    fitting = [comparable(value) for value in _fitting(values, to)]
    if family(to) is Family.TEXT:
        fitting = [value.binary() for value in fitting]
    sql = f"{name.lower()}({', '.join(value.sql for value in fitting)})"
    return _made(sql, fitting, to, total=any(value.total for value in fitting))


CHOICES: dict[str, Compute] = {
    "COALESCE": _coalesced,
    "NULLIF": _nullified,
    "GREATEST": _extreme,
    "LEAST": _extreme,
}
