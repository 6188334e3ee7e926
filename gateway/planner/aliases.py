"""Every source of a query gets an alias of its own, so that an alias alone says which source is meant."""

from sqlglot import exp

from gateway.planner.names import Names
from gateway.planner.ownership import Selects
from gateway.planner.refusal import Refused


def make_unique(query: exp.Query) -> Selects:
    """Rename, in place, the sources of a qualified query whose alias was used before, with all columns they own.

    What is given back are the query's SELECTs as they are then.
    """
    names, selects = Names(query), Selects.of(query)
    used: set[str] = set()
    renamed = False
    for select in query.find_all(exp.Select):
        for source in selects.sources[id(select)]:
            if source.alias.lower() not in used:
                used.add(source.alias.lower())
                continue
            alias = source.node.args.get("alias")
            if not isinstance(alias, exp.TableAlias):
                raise Refused("a source without a name of its own is used twice")
            renamed = True
            fresh = names.fresh(f"{source.alias}_")
            used.add(fresh.lower())
            alias.set("this", exp.to_identifier(fresh, quoted=True))
            for column in selects.of_source(select, source.alias):
                column.set("table", exp.to_identifier(fresh, quoted=True))
    return Selects.of(query) if renamed else selects
