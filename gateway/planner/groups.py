"""GROUP BY and aggregates over one store's rows: the store groups, DuckDB computes what stands over the groups."""

from collections.abc import Iterator

from sqlglot import exp

from connectors.spi import Clause, Fidelity
from connectors.vocabulary import aggregate
from gateway.planner.digits import sums_fit
from gateway.planner.draft import Draft, column_node
from gateway.planner.judge import Judge
from gateway.planner.refusal import Refused
from gateway.planner.sources import Sources

_STAGES = ("expressions", "distinct", "having", "order", "qualify", "windows")


class Groups:
    """The groups of one SELECT. Nothing is changed before :meth:`replace`."""

    def __init__(self, select: exp.Select, sources: Sources) -> None:
        self.select = select
        self.own = {source.alias for source in sources.of(select)}
        self.group = select.args.get("group")
        self._having_goes = False
        self._made: list[tuple[exp.Expr, list[str]]] = []
        self.aggregates = list(self._find_aggregates())

    @property
    def present(self) -> bool:
        """Whether the SELECT puts rows together."""
        return bool(self.group or self.aggregates)

    def _find_aggregates(self) -> Iterator[exp.Expr]:
        """The aggregates of this very SELECT, each with its FILTER, not those of subqueries or over windows."""
        for part in self._parts():
            for node in part.find_all(exp.AggFunc):
                whole = node.parent if isinstance(node.parent, (exp.Filter, exp.WithinGroup, exp.IgnoreNulls)) else node
                over = isinstance(whole.parent, exp.Window) and whole.arg_key == "this"
                if whole.find_ancestor(exp.Select) is self.select and not over:
                    yield whole

    def _parts(self) -> Iterator[exp.Expr]:
        for key in _STAGES:
            if key == "having" and self._having_goes:
                continue
            value = self.select.args.get(key)
            yield from value if isinstance(value, list) else [value] if value is not None else []

    def give_out(self, judge: Judge, draft: Draft) -> exp.Expr | None:
        """Add groups and aggregates to the draft; the HAVING condition that is left to do, if any."""
        assert isinstance(draft.query, exp.Select)
        if self.group is not None:
            draft.query.set("group", judge.group(self.group))
        else:
            judge.clause(Clause.GROUP_BY)
        for node in _keys(self.group):
            name = f"{node.table}.{node.name}" if isinstance(node, exp.Column) else "key"
            self._made.append((node, [draft.add(name, judge.type(node), judge.value(node))]))
        having = self._having(judge, draft.query)
        for node in self._find_aggregates():
            if all(node != known for known, _ in self._made):
                self._made.append((node, [self._add(judge, draft, part) for part in self._computed(judge, node)]))
        for part in self._parts():
            list(self._above(part))
        return having

    def _having(self, judge: Judge, made: exp.Select) -> exp.Expr | None:
        clause = self.select.args.get("having")
        if clause is None:
            return None
        try:
            judge.clause(Clause.HAVING)
            made.set("having", exp.Having(this=judge.condition(clause.this)))
        except Refused:
            condition: exp.Expr = clause.this
            return condition
        self._having_goes = True
        return None

    def _computed(self, judge: Judge, node: exp.Expr) -> list[exp.Expr]:
        """What the store computes for an aggregate: itself, or the sum and the count behind an average."""
        inner = node.this if isinstance(node, exp.Filter) else node
        if not isinstance(inner, exp.Avg) or aggregate(inner) is None:
            return [node]
        if judge.capabilities.fidelity("AVG", judge.family(inner.this)) is Fidelity.EXACT:
            return [node]
        if not sums_fit(judge.type(inner.this)):
            raise Refused("the sum behind an average may need more than 38 digits")
        if not self._is_sum_by_count(node):
            raise Refused(
                "DuckDB divides the average of a group more finely unless its sum or count is asked for as well"
            )
        return [exp.Sum(this=inner.this.copy()), exp.Count(this=inner.this.copy(), big_int=True)]

    def _is_sum_by_count(self, node: exp.Expr) -> bool:
        """Whether DuckDB itself makes this average of a sum and a count: else it divides with 80 bits.

        It does so without groups, and beside the same sum or count; never under a FILTER.
        """
        beside = [other for other in self.aggregates if isinstance(other, (exp.Sum, exp.Count))]
        return isinstance(node, exp.Avg) and (self.group is None or any(other.this == node.this for other in beside))

    def _add(self, judge: Judge, draft: Draft, node: exp.Expr) -> str:
        return draft.add(f"a{len(draft.outputs)}", judge.type(node), judge.aggregated(node))

    def _above(self, node: exp.Expr) -> Iterator[tuple[exp.Expr, list[str]]]:
        """The nodes to be replaced; refuses what reads anything but groups and aggregates."""
        for known, names in self._made:
            if node == known:
                yield node, names
                return
        if isinstance(node, exp.Column) and node.table in self.own:
            raise Refused(f"{node.name} is neither grouped nor aggregated")
        if isinstance(node, exp.Grouping):
            raise Refused("GROUPING is not among the aggregates that are pushed")
        for child in node.iter_expressions():
            yield from self._above(child)

    def replace(self, alias: str) -> None:
        """Point everything above at the groups that were given out, under ``alias``."""
        found = [pair for part in self._parts() for pair in self._above(part)]
        for node, names in found:
            node.replace(_finished([column_node(alias, name) for name in names]))


def _keys(group: exp.Group | None) -> list[exp.Expr]:
    if group is None:
        return []
    found = [leaf for part in group.expressions for leaf in _leaves(part)]
    return [node for at, node in enumerate(found) if node not in found[:at]]


def _leaves(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, (exp.Tuple, exp.Rollup, exp.Cube, exp.GroupingSets)):
        return [leaf for part in node.expressions for leaf in _leaves(part)]
    return _leaves(node.this) if isinstance(node, exp.Paren) else [node]


def _finished(columns: list[exp.Expr]) -> exp.Expr:
    """A group or an aggregate as the residual reads it; the average is what DuckDB's own ``avg`` computes."""
    if len(columns) == 1:
        return columns[0]
    total, count = columns
    whole = exp.Cast(this=total, to=exp.DataType(this=exp.DType.DOUBLE))
    return exp.Paren(this=exp.Div(this=whole, expression=count, typed=False, safe=False))
