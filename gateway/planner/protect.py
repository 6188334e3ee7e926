"""The last look at a finished plan: it reads what was resolved and granted, and nothing else."""

from collections.abc import Iterable

from sqlglot import exp

from gateway.catalog import Place
from gateway.errors import Internal
from gateway.planner.plan import Plan


def verify(made: Plan, residual: exp.Query, granted: Iterable[Place]) -> None:
    """Raise :class:`gateway.errors.Internal` unless every leaf is granted and the residual reads only leaves."""
    tables = {(place.dataset.store, place.dataset.table.name) for place in granted}
    leaves = {(scan.origin.store, scan.table.name) for scan in made.scans}
    for remote in made.fragments:
        leaves |= {(remote.origin.store, table.name) for _, table in remote.fragment.tables}
    relations = {remote.name for remote in made.fragments} | {scan.name for scan in made.scans}
    defined = {cte.alias for cte in residual.find_all(exp.CTE)}
    read = {
        node.name
        for node in residual.find_all(exp.Table)
        if isinstance(node.this, exp.Identifier) and node.name not in defined
    }
    if not (leaves <= tables and read <= relations):
        raise Internal("The plan reads something that the question does not name.", hint="Report the query id.")
