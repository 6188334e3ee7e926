"""A set operation over one store alone becomes one fragment; its ORDER BY and LIMIT stay above."""

from sqlglot import exp

from connectors.spi import Capabilities
from gateway.planner.draft import Draft, column_node, relation_node
from gateway.planner.judge import Judge
from gateway.planner.leaves import Leaves
from gateway.planner.refusal import Refused
from gateway.planner.sources import Sources

_ABOVE = ("order", "limit", "offset")


def take_set_operation(
    query: exp.SetOperation, store: str, capabilities: Capabilities, sources: Sources, leaves: Leaves
) -> None:
    """Replace ``query`` by a SELECT over its fragment; raises Refused for what is not exact."""
    order = query.args.get("order")
    if any(isinstance(term.this, exp.Column) and term.this.table for term in (order.expressions if order else ())):
        raise Refused("its order is not by its outputs")
    judge = Judge(store, capabilities, sources)
    draft = Draft(judge.combined(query, *_ABOVE), judge.tables)
    names = [draft.add(node.alias_or_name, judge.type(node), node) for node in query.selects]
    if names != [node.alias_or_name for node in query.selects]:
        raise Refused("two of its outputs have one name")
    alias = leaves.names.fresh("g")
    relation = leaves.fragment(draft.freeze(leaves.printed), draft.places.values())
    shown = [exp.alias_(column_node(alias, name), name, quoted=True, copy=False) for name in names]
    made = exp.Select(expressions=shown, from_=exp.From(this=relation_node(relation, alias)))
    for key in _ABOVE:
        made.set(key, query.args.get(key))
    query.replace(made)
