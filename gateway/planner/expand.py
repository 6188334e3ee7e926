"""Clauses that are short for others, written out: stores know only the others."""

from sqlglot import exp

from gateway.planner.draft import column_node

_INNER = ("expressions", "from_", "joins", "where", "group", "having", "windows")
_OUTER = ("with_", "distinct", "order", "limit", "offset")


def write_out(select: exp.Select) -> None:
    """Write out ORDER BY ALL, DISTINCT ON and QUALIFY of a SELECT with bound names, in place, where that is plain."""
    _order_by_all(select)
    _distinct_on(select)
    if select.args.get("qualify") and (outputs := _outputs(select)) is not None:
        _as_subquery(select, outputs)


def _order_by_all(select: exp.Select) -> None:
    """All outputs from left to right, each in the direction that is said."""
    order = select.args.get("order")
    names = [output.alias_or_name for output in select.expressions]
    if order is None or not all(names) or len({name.lower() for name in names}) < len(names):
        return
    term, *others = order.expressions
    if others or not isinstance(term.this, exp.Var) or term.this.name.upper() != "ALL":
        return
    terms = [term.copy() for _ in names]
    for made, name in zip(terms, names, strict=True):
        made.set("this", exp.column(exp.to_identifier(name, quoted=True)))
    order.set("expressions", terms)


def _distinct_on(select: exp.Select) -> None:
    """The first row of each kind, in the order that is said, is the one with the number 1."""
    distinct, order = select.args.get("distinct"), select.args.get("order")
    on = distinct.args.get("on") if distinct else None
    if on is None or order is None or select.args.get("qualify"):
        return
    given = {output.alias_or_name.lower(): output.unalias() for output in select.expressions}
    kinds = [_behind(node, given) for node in (on.expressions if isinstance(on, exp.Tuple) else [on])]
    terms = [term.copy() for term in order.expressions]
    for term in terms:
        term.set("this", _behind(term.this, given))
    if not all(isinstance(node, exp.Column) and node.table for node in (*kinds, *(term.this for term in terms))):
        return
    first = exp.Window(this=exp.RowNumber(), partition_by=kinds, order=exp.Order(expressions=terms), over="OVER")
    select.set("qualify", exp.Qualify(this=exp.EQ(this=first, expression=exp.Literal.number(1))))
    select.set("distinct", None)
    if _outputs(select) is None:
        select.set("qualify", None)
        select.set("distinct", distinct)


def _behind(node: exp.Expr, given: dict[str, exp.Expr]) -> exp.Expr | None:
    """The column behind an output that is named as it is, since both would be meant; of another column itself."""
    found = given.get(node.name.lower()) if isinstance(node, exp.Column) and not node.table else node
    same = isinstance(found, exp.Column) and found.name.lower() == node.name.lower()
    return found.copy() if found is not None and same else None


def _outputs(select: exp.Select) -> dict[str, str] | None:
    """The outputs by their lower-case names; None where QUALIFY cannot be moved above them.

    A subquery in FROM does not see what is around its query, and gives out nothing that it does not name.
    """
    outputs = {output.alias_or_name.lower(): output.alias_or_name for output in select.expressions}
    sources = {source.alias_or_name for source in select.find_all(exp.Table, exp.Subquery)}
    alone = all(column.table in sources for column in select.find_all(exp.Column) if column.table)
    order = select.args.get("order")
    terms = [term.this for term in order.expressions] if order else []
    named = all(isinstance(term, exp.Column) and not term.table and term.name.lower() in outputs for term in terms)
    loose = any(not column.table for column in select.args["qualify"].find_all(exp.Column))
    distinct = select.args.get("distinct")
    known = {key for key, value in select.args.items() if value} <= {*_INNER, *_OUTER, "qualify"}
    plain = known and not (distinct and distinct.args.get("on")) and "" not in outputs and not loose
    return outputs if alone and named and plain and len(outputs) == len(select.expressions) else None


def _as_subquery(select: exp.Select, outputs: dict[str, str]) -> None:
    """``SELECT … FROM (SELECT …, condition) WHERE condition``, with all that comes after QUALIFY above."""
    names = set(outputs) | {source.alias_or_name.lower() for source in select.find_all(exp.Table, exp.Subquery)}
    kept = next(name for number in range(len(names) + 1) if (name := f"kept{number or ''}") not in names)
    condition = select.args["qualify"].this
    inner = exp.Select(**{key: value for key, value in select.args.items() if key in _INNER and value})
    inner.append("expressions", exp.alias_(condition, kept, quoted=True, copy=False))
    source = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(kept, quoted=True)))
    outer = exp.Select(
        expressions=[exp.alias_(column_node(kept, name), name, quoted=True) for name in outputs.values()],
        from_=exp.From(this=source),
        where=exp.Where(this=column_node(kept, kept)),
    )
    for key in _OUTER:
        outer.set(key, select.args.get(key))
    select.args.clear()
    for key, value in outer.args.items():
        select.set(key, value)
