"""Groups below a join with another store: one row for each key instead of one for each row, put together above.

Sums, counts and extremes can be made in two steps. The first step groups by everything that is read above, the join
keys among them, so each of its rows meets the rows of the other stores as the rows it stands for would have.
"""

from collections.abc import Sequence

from sqlglot import exp

from connectors.spi import Clause
from connectors.types import family
from connectors.vocabulary import aggregate
from gateway.planner.draft import Draft, column_node
from gateway.planner.groups import Groups
from gateway.planner.judge import Judge
from gateway.planner.refusal import Refused
from gateway.planner.rename import substitute
from gateway.planner.sources import Sources

_TWO_STEPS = frozenset({"SUM", "COUNT", "MIN", "MAX", "BOOL_AND", "BOOL_OR", "BIT_AND", "BIT_OR"})
# It does not matter to these how often a row is met.
_ONCE = _TWO_STEPS - {"SUM", "COUNT"} | {"COUNT DISTINCT"}


class Eager:
    """The first step of one SELECT's groups, for one of its fragments. Nothing is changed before :meth:`replace`."""

    def __init__(self, select: exp.Select, sources: Sources, judge: Judge, members: Sequence[str]) -> None:
        self.select = select
        self.sources = sources
        self.judge = judge
        self.members = set(members)
        self.groups = Groups(select, sources)
        self._columns: list[tuple[exp.Column, str]] = []
        self._steps: list[tuple[exp.Expr, str]] = []

    def give_out(self, draft: Draft, columns: Sequence[exp.Column]) -> None:
        """Group the draft by the ``columns`` that are read above, and give out the first step of each aggregate."""
        assert isinstance(draft.query, exp.Select)
        self.judge.clause(Clause.GROUP_BY)
        if not self.groups.present:
            raise Refused("it has no groups")
        firsts = [(node, self._first(node)) for node in self.groups.aggregates]
        inside = {id(column) for node, first in firsts if first for column in node.find_all(exp.Column)}
        keys = self._keys([column for column in columns if id(column) not in inside])
        names = {key: draft.add(".".join(key), self.judge.type(node), node.copy()) for key, node in keys.items()}
        if keys:
            draft.query.set("group", exp.Group(expressions=[node.copy() for node in keys.values()]))
        self._columns = [(node, names[_key(node)]) for node in columns if id(node) not in inside]
        for node, first in firsts:
            if first is not None:
                made = self.judge.aggregated(first)
                self._steps.append((node, draft.add(f"a{len(draft.outputs)}", self.judge.type(first), made)))

    def _first(self, node: exp.Expr) -> exp.Expr | None:
        """What the store computes for an aggregate; None when it is computed above as it stands."""
        found = aggregate(node)
        if found is None:
            raise Refused(f"{type(node).__name__} is not made in two steps")
        read = {column.table for operand in found.operands for column in operand.find_all(exp.Column)}
        if not read & self.members and found.operands and found.name in _ONCE:
            return None
        if read - self.members or found.name not in _TWO_STEPS:
            raise Refused(f"{found.name} is not made in two steps")
        return node

    def _keys(self, columns: Sequence[exp.Column]) -> dict[tuple[str, str], exp.Column]:
        keys: dict[tuple[str, str], exp.Column] = {}
        for column in columns:
            self.judge.claim("GROUP BY", family(self.judge.type(column)))
            keys.setdefault(_key(column), column)
        self._check_fewer(set(keys))
        return keys

    def _check_fewer(self, keys: set[tuple[str, str]]) -> None:
        """A group for each row is no gain."""
        for alias in self.members:
            source = self.sources.alias(alias)
            place = self.sources.place(source.node) if source else None
            key = place.dataset.table.key if place else ()
            if len(self.members) == 1 and key and {(alias, name.lower()) for name in key} <= keys:
                raise Refused("there is a group for each row")

    def replace(self, alias: str) -> None:
        """Let the SELECT read the first steps from ``alias``, and finish them."""
        for node, name in self._steps:
            node.replace(self._second(node, column_node(alias, name)))
        for column, name in self._columns:
            substitute(column, alias, name)

    def _second(self, node: exp.Expr, column: exp.Column) -> exp.Expr:
        if not isinstance(node, exp.Count):
            return type(node)(this=column)
        counted: exp.Expr = exp.Cast(this=exp.Sum(this=column), to=exp.DataType(this=exp.DType.BIGINT))
        if self.select.args.get("group") is None:
            counted = exp.Coalesce(this=counted, expressions=[exp.Literal.number(0)])
        return counted


def _key(column: exp.Column) -> tuple[str, str]:
    return column.table, column.name.lower()
