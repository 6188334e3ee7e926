"""Which groups within a query can be computed before the query: twice computed, they must come out alike."""

from collections.abc import Mapping

from sqlglot import exp

from connectors.spi import Column
from connectors.types import Family
from gateway.planner.lineage import Origin
from gateway.planner.ownership import Selects

_PLAIN = frozenset({"kind", "expressions", "from_", "joins", "where", "group", "having"})
_STEADY = (exp.Sum, exp.Count, exp.Min, exp.Max, exp.Avg)
_OPAQUE = (exp.Rand, exp.Anonymous, exp.Window, exp.Query, exp.Subquery)
# The sum of these depends on the order in which rows come.
_FLOATING = frozenset({Family.REAL, Family.DOUBLE})


def may_come_first(
    select: exp.Select,
    origin: Origin,
    selects: Selects,
    relations: Mapping[str, tuple[Column, ...]],
    scans: Mapping[str, bool],
) -> bool:
    """Whether a SELECT on the way to ``origin`` depends on nothing but relations that DuckDB reads itself.

    ``scans`` says which these are, and whether they are small: of large ones only the origin may be read.
    """
    if {key for key, value in select.args.items() if value} - _PLAIN:
        return False
    sources = selects.sources[id(select)]
    if not all(isinstance(source.node, exp.Table) and source.node.name in scans for source in sources):
        return False
    tables = {source.alias: source.node.name for source in sources}
    if not all(name == origin.relation or scans[name] for name in tables.values()):
        return False
    if any(node is not select for node in select.find_all(*_OPAQUE)):
        return False
    if not all(isinstance(node, _STEADY) for node in select.find_all(exp.AggFunc)):
        return False
    return all(_is_steady(column, tables, relations) for column in select.find_all(exp.Column))


def _is_steady(column: exp.Column, tables: Mapping[str, str], relations: Mapping[str, tuple[Column, ...]]) -> bool:
    """Whether a column is one of the SELECT's own relations, and no float."""
    known = relations.get(tables.get(column.table, ""), ())
    found = [made.family for made in known if made.name.lower() == column.name.lower()]
    return len(found) == 1 and found[0] not in _FLOATING
