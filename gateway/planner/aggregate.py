"""GROUP BY and aggregates over one store's rows: the store groups, DuckDB does what is computed from the groups."""

import re
from typing import Protocol

from sqlglot import exp

from connectors.spi import Clause, Column
from connectors.types import Family
from gateway.planner.classify import Classifier
from gateway.planner.draft import Draft, column_node
from gateway.planner.ownership import Selects
from gateway.planner.refusal import Refused
from gateway.planner.rename import substitute

_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "COUNT",
    exp.Sum: "SUM",
    exp.Min: "MIN",
    exp.Max: "MAX",
}
_STAGES = ("expressions", "distinct", "having", "order")


class Reasons(Protocol):
    """Where the reasons go for what stays."""

    def stays(self, clause: exp.Expr | str, why: Refused | str) -> None:
        """Keep one reason."""


def take_aggregation(
    select: exp.Select, selects: Selects, draft: Draft, classifier: Classifier, reasons: Reasons, alias: str
) -> None:
    """Move GROUP BY and all aggregates of ``select`` into ``draft``; on a refusal nothing is changed.

    ``alias`` is the name under which the residual will read the groups.
    """
    aggregates = _own_aggregates(select)
    group = select.args.get("group")
    if not aggregates and group is None:
        return
    try:
        groups = _groups(group, classifier)
        outputs = [(node, _output(node, classifier)) for node in aggregates]
        _check_rest(select, selects, draft, groups)
    except Refused as why:
        reasons.stays(group or aggregates[0], why)
        return
    _move(select, selects, draft, groups, outputs, alias)


def _own_aggregates(select: exp.Select) -> list[exp.Expr]:
    """The aggregates of this very SELECT, not those of subqueries."""
    parts = [part for key in _STAGES for part in _parts(select, key)]
    found = [node for part in parts for node in part.find_all(exp.AggFunc)]
    return [node for node in found if node.find_ancestor(exp.Select) is select]


def _parts(select: exp.Select, key: str) -> list[exp.Expr]:
    value = select.args.get(key) or []
    return value if isinstance(value, list) else [value]


def _groups(group: exp.Group | None, classifier: Classifier) -> list[exp.Column]:
    classifier.clause(Clause.GROUP_BY)
    if group is None:
        return []
    if any(group.args.get(key) for key in ("grouping_sets", "cube", "rollup", "totals", "all")):
        raise Refused("only a plain list of columns is pushed in GROUP BY")
    for node in group.expressions:
        classifier.claim("GROUP BY", classifier.find(node).family)
    return list(group.expressions)


def _output(node: exp.Expr, classifier: Classifier) -> str:
    """The DuckDB type of an aggregate that the store claims."""
    operator = _AGGREGATES.get(type(node))
    if operator is None:
        raise Refused(f"{type(node).__name__} is not among the aggregates that are pushed")
    if isinstance(node.parent, (exp.Filter, exp.Window, exp.WithinGroup, exp.Order)):
        raise Refused("FILTER, OVER and ORDER BY within an aggregate are not pushed")
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
        return "BIGINT"
    column = classifier.find(node.this)
    if any(value for key, value in node.args.items() if key not in ("this", "big_int")):
        raise Refused("only aggregates of one argument are pushed")
    classifier.claim(operator, column.family)
    return _type(operator, column)


def _type(operator: str, column: Column) -> str:
    if operator == "COUNT":
        return "BIGINT"
    if operator != "SUM":
        return column.type
    if column.family is Family.INTEGER:
        return "HUGEINT"
    return re.sub(r"\(\d+,", "(38,", column.type)


def _check_rest(select: exp.Select, selects: Selects, draft: Draft, groups: list[exp.Column]) -> None:
    """Everything else that the later stages read must be a group column."""
    if select.args.get("qualify") or select.args.get("windows") or select.find(exp.Window):
        raise Refused("window functions stand over the groups")
    grouped = {(node.table, node.name.lower()) for node in groups}
    for alias in draft.tables:
        for column in selects.of_source(select, alias):
            inside = column.find_ancestor(exp.AggFunc)
            if inside is not None and inside.find_ancestor(exp.Select) is select:
                continue
            if column.find_ancestor(exp.Where, exp.Join, exp.Group) and column.find_ancestor(exp.Select) is select:
                continue
            if (column.table, column.name.lower()) not in grouped:
                raise Refused(f"{column.name} is neither grouped nor aggregated")


def _move(
    select: exp.Select,
    selects: Selects,
    draft: Draft,
    groups: list[exp.Column],
    outputs: list[tuple[exp.Expr, str]],
    alias: str,
) -> None:
    names = _give_out_groups(draft, groups)
    made: dict[exp.Expr, str] = {}
    for node, type_name in outputs:
        if node not in made:
            made[node.copy()] = f"a{len(made)}"
            draft.add(Column(made[node], type_name), node.copy())
        node.replace(column_node(alias, made[node]))
    for member in draft.tables:
        for column in selects.of_source(select, member):
            if name := names.get((column.table, column.name.lower())):
                substitute(column, alias, name)
    select.set("group", None)
    if having := select.args.get("having"):
        select.set("having", None)
        select.set("where", exp.Where(this=having.this))


def _give_out_groups(draft: Draft, groups: list[exp.Column]) -> dict[tuple[str, str], str]:
    """Add the group columns to the draft; their output names by alias and column."""
    names: dict[tuple[str, str], str] = {}
    draft.group = [node.copy() for node in groups]
    for node in groups:
        key = node.table, node.name.lower()
        known = draft.column(node)
        if known is not None and key not in names:
            names[key] = f"{node.table}.{node.name}"
            draft.add(Column(names[key], known.type, known.nullable), node.copy())
    return names
