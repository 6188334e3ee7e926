"""The plan without pushdown: whole tables, and the user's own query over them. It is the oracle of all the others."""

from sqlglot import exp

from connectors.spi import Capabilities
from gateway.planner.draft import Draft, column_node, table_node
from gateway.planner.leaves import Leaves


def deliver_whole(query: exp.Query, leaves: Leaves, stores: dict[str, Capabilities]) -> None:
    """Point every table of ``query``, in place, at a relation that delivers all of its rows and columns."""
    aliases = {name: f"t{number}" for number, name in enumerate(leaves.places)}
    for table in list(query.find_all(exp.Table)):
        if table.name not in leaves.places:
            continue
        place = leaves.places[table.name]
        if stores[place.dataset.store].in_place:
            relation = leaves.scan(table.name)
        else:
            alias = aliases[table.name]
            draft = Draft(exp.Select(from_=exp.From(this=table_node(alias, place.dataset.table))), {alias: place})
            for column in place.dataset.table.columns:
                draft.add(column.name, column.type, column_node(alias, column.name))
            relation = leaves.fragment(draft.freeze(leaves.printed), [place])
        table.set("this", exp.to_identifier(relation, quoted=True))
