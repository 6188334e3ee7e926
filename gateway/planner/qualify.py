"""Binding every name to its source, so that later passes need not guess. sqlglot's pass, kept to what it does well."""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify as bind_names
from sqlglot.schema import MappingSchema

from gateway.catalog import Place
from gateway.planner.expand import write_out
from gateway.planner.refusal import Refused

_SAID = ("partition_by", "order", "spec")


def qualify(query: exp.Query, places: Mapping[str, Place]) -> exp.Query:
    """A copy of ``query`` in which every column names its source; refuses what cannot be analysed with certainty."""
    _refuse_unusual(query, places)
    columns: dict[str, object] = {
        name: {column.name.lower(): "unknown" for column in place.dataset.table.columns}
        for name, place in places.items()
    }
    try:
        bound = bind_names(
            query.copy(),
            dialect="duckdb",
            schema=MappingSchema(columns, dialect="duckdb", normalize=False),
            quote_identifiers=True,
        )
    except (SqlglotError, AttributeError, KeyError, ValueError) as problem:
        raise Refused("the names of this query could not all be bound") from problem
    if not isinstance(bound, exp.Query):
        raise Refused("the names of this query could not all be bound")
    selects = []
    for node in bound.walk():
        # What the pass noted of each column is of no more use, and every copy of the tree would copy it too.
        node._meta = None  # noqa: SLF001  (``meta`` itself would leave an empty dict)
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            raise Refused("the names of this query could not all be bound")
        if isinstance(node, exp.Select):
            selects.append(node)
    for select in selects:
        _write_out_group_by_all(select)
        _write_out_windows(select)
        write_out(select)
    return bound


def _write_out_windows(select: exp.Select) -> None:
    """What WINDOW names is said where it is used; the names stay where one is made of another that has a frame."""
    named = {window.this.name.lower(): window for window in select.args.get("windows") or ()}
    inside = [
        *named.values(),
        *(node for node in select.find_all(exp.Window) if node.find_ancestor(exp.Select) is select),
    ]
    if not named or any(_is_bent(node, named) for node in inside):
        return
    for node in inside:
        if node.args.get("alias"):
            base = named[node.args["alias"].name.lower()]
            for key in _SAID:
                if not node.args.get(key) and (said := base.args.get(key)):
                    node.set(key, [part.copy() for part in said] if isinstance(said, list) else said.copy())
            node.set("alias", None)
    select.set("windows", None)


def _is_bent(node: exp.Window, named: Mapping[str, exp.Window]) -> bool:
    """Whether a window adds to another one in a way that is not plain."""
    alias = node.args.get("alias")
    base = named.get(alias.name.lower()) if alias else None
    if alias is None or base is None:
        return alias is not None
    return any(node.args.get(key) for key in _SAID) and bool(base.args.get("spec"))


def _write_out_group_by_all(select: exp.Select) -> None:
    """GROUP BY ALL groups by every output without an aggregate; it stays where an output is both."""
    group = select.args.get("group")
    if group is None or not group.args.get("all") or group.expressions:
        return
    outputs = [output.unalias() for output in select.expressions]
    if any(node.find(exp.Window) or (node.find(exp.AggFunc) and _reads_a_row(node)) for node in outputs):
        return
    keys = [node.copy() for node in outputs if not node.find(exp.AggFunc)]
    if keys and all(node.find(exp.Column) and not node.find(exp.Query) for node in keys):
        group.replace(exp.Group(expressions=keys))


def _reads_a_row(node: exp.Expr) -> bool:
    """Whether a column stands outside of all aggregates."""
    return any(column.find_ancestor(exp.AggFunc, exp.Filter) is None for column in node.find_all(exp.Column))


def _refuse_unusual(query: exp.Query, places: Mapping[str, Place]) -> None:
    for node in query.find_all(exp.Table, exp.Pivot, exp.TableSample, exp.Columns):
        if not isinstance(node, exp.Table):
            raise Refused(f"{type(node).__name__.upper()} decides at run time what is read")
        extras = [key for key, value in node.args.items() if value and key not in ("this", "alias")]
        if node.name in places and (extras or node.args["alias"].args.get("columns")):
            raise Refused("a table is named with column aliases or decorations")
