"""ORDER BY … LIMIT over one store's rows: pushed only when the order is total, and always sorted again above."""

from sqlglot import exp

from connectors.spi import Clause, Column
from gateway.planner.aggregate import Reasons
from gateway.planner.classify import Classifier
from gateway.planner.draft import Draft
from gateway.planner.refusal import Refused

_IN_BETWEEN = ("where", "group", "having", "distinct", "qualify", "windows", "laterals", "sample")


def take_top_n(select: exp.Select, draft: Draft, classifier: Classifier, reasons: Reasons) -> None:
    """Give ``draft`` the first rows' bound of ``select``, which keeps its own ORDER BY, LIMIT and OFFSET."""
    order, limit = select.args.get("order"), select.args.get("limit")
    if limit is None:
        return
    try:
        classifier.clause(Clause.TOP_N)
        if order is None:
            raise Refused("without ORDER BY it is undefined which rows a LIMIT keeps")
        if any(select.args.get(key) for key in _IN_BETWEEN) or select.find(exp.Window, exp.AggFunc):
            raise Refused("a later stage of the query decides which rows there are")
        bound = _number(limit) + (_number(select.args["offset"]) if select.args.get("offset") else 0)
        keys = [_key(term, select, draft, classifier) for term in order.expressions]
        _check_total(keys, draft)
    except Refused as why:
        reasons.stays(limit, why)
        return
    draft.order, draft.limit = keys, bound


def _number(clause: exp.Expr) -> int:
    value = clause.expression
    if not isinstance(clause, (exp.Limit, exp.Offset)) or not isinstance(value, exp.Literal) or value.is_string:
        raise Refused("LIMIT and OFFSET are pushed only as plain numbers")
    if not value.this.isdigit():
        raise Refused("LIMIT and OFFSET are pushed only as plain numbers")
    return int(value.this)


def _key(term: exp.Ordered, select: exp.Select, draft: Draft, classifier: Classifier) -> exp.Ordered:
    """An ordering term over the draft's own tables, whether it names an output, a column, or a pushed group."""
    node = term.this
    if isinstance(node, exp.Column) and not node.table:
        aliased = [made for made in select.expressions if made.alias_or_name.lower() == node.name.lower()]
        if len(aliased) != 1:
            raise Refused("the order names an output that is not a single column")
        node = aliased[0].unalias()
    made = _behind(node, draft)
    classifier.claim("ORDER BY", made[0].family)
    copy = term.copy()
    copy.set("this", made[1].copy())
    return copy


def _behind(node: exp.Expr, draft: Draft) -> tuple[Column, exp.Expr]:
    if not isinstance(node, exp.Column):
        raise Refused("the order is computed, not a column")
    if draft.outputs:
        for column, made in draft.outputs:
            if column.name == node.name:
                return column, made
    elif (known := draft.column(node)) is not None:
        return known, node
    raise Refused("the order is not by a column of the store")


def _check_total(keys: list[exp.Ordered], draft: Draft) -> None:
    """The order is total when it holds a whole key of the rows: the group columns, or the table's own key."""
    ordered = {key.this.sql("duckdb").lower() for key in keys}
    if draft.outputs:
        wanted = {node.sql("duckdb").lower() for node in draft.group}
    else:
        alias, table = next(iter(draft.tables.items()))
        if len(draft.tables) > 1 or not table.key:
            raise Refused("the order is not total, and only DuckDB may choose among equal rows")
        wanted = {f'"{alias}"."{name}"'.lower() for name in table.key}
    if not wanted <= ordered:
        raise Refused("the order is not total, and only DuckDB may choose among equal rows")
