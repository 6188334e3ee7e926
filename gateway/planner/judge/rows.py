"""What is computed over many rows: aggregates with FILTER and ORDER BY, and windows with their frames."""

from collections.abc import Sequence
from itertools import chain

from sqlglot import exp

from connectors.spi import Clause
from connectors.types import IN_ARRAYS
from connectors.vocabulary import Frame, Operation, aggregate, frame, over
from gateway.planner.judge.claims import Claims
from gateway.planner.judge.totality import Totality, group_keys
from gateway.planner.literals import default_beside, is_constant
from gateway.planner.refusal import Refused

_WINDOW = frozenset({"this", "partition_by", "order", "spec", "over"})
_RANKS = frozenset({"RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST"})
_CHOOSING = frozenset({"FIRST_VALUE", "LAST_VALUE", "NTH_VALUE"})
_OPEN = "the order is not total, and only DuckDB may choose among equal rows"
_UNORDERED = "without ORDER BY it is undefined which row comes first"


def is_any_value(node: exp.Expr) -> bool:
    """Whether a node is ``any_value(x)``, which passes over NULLs."""
    return isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue)


class RowsJudge(Claims):
    """Each judgement returns a copy for the store; refuses what depends on more than the values of the rows."""

    def value(self, node: exp.Expr) -> exp.Expr:
        """See :class:`gateway.planner.judge.values.ValueJudge`."""
        raise NotImplementedError

    def predicate(self, node: exp.Expr) -> exp.Expr:
        """See :class:`gateway.planner.judge.predicates.PredicateJudge`."""
        raise NotImplementedError

    def aggregated(self, node: exp.Expr) -> exp.Expr:
        """An aggregate, whether or not it has a FILTER; refuses anything else."""
        inner = node.this if isinstance(node, exp.Filter) else node
        if is_any_value(node):
            return self.any_value(node)
        if isinstance(inner, (exp.GroupConcat, exp.ArrayAgg)) and not isinstance(inner.this, exp.Order):
            raise Refused(_UNORDERED)
        if aggregate(inner) is None:
            raise Refused(f"{type(inner).__name__} is not among the aggregates that are pushed")
        return self.value(node)

    def gathered(self, node: exp.Expr) -> exp.Expr:
        """An aggregate without FILTER."""
        self.clause(Clause.GROUP_BY)
        found = aggregate(node)
        assert found is not None
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Literal):
            return exp.Count(this=exp.Star(), big_int=True)
        for operand in found.operands:
            self._check_own(operand)
            self.claim(found.name, self.family(operand))
        if found.order:
            self._check_collected(node, found)
        return self._copied(node, found)

    def _copied(self, node: exp.Expr, found: Operation) -> exp.Expr:
        copy = node.copy()
        fresh = aggregate(copy)
        assert fresh is not None
        for here, there in zip(found.operands, fresh.operands, strict=True):
            there.replace(self.value(here))
        for here, there in zip(found.order, fresh.order, strict=True):
            there.replace(self.term(here))
        return copy

    def _check_own(self, operand: exp.Expr) -> None:
        """An aggregate over an outer query's columns belongs to that query."""
        if not {column.table for column in operand.find_all(exp.Column)} <= self.own:
            raise Refused("an aggregate reads an outer query")
        if operand.find(exp.Query, exp.AggFunc, exp.Window) or not operand.find(exp.Column):
            raise Refused("an aggregate is computed over a subquery or a constant")

    def _check_collected(self, node: exp.Expr, found: Operation) -> None:
        """What is put in a row has to come in one order, or be the same wherever the order leaves it open."""
        (value,) = found.operands
        if found.name == "ARRAY_AGG" and self.type(value) not in IN_ARRAYS:
            raise Refused("an array of such values does not cross the border")
        for term in found.order:
            self._check_own(term)
        terms = [term.this for term in found.order]
        if found.distinct and terms != [value]:
            raise Refused("different values are collected in another order than their own")
        select = node.find_ancestor(exp.Select)
        keys = [*terms, *(group_keys(select) or ())] if select is not None else terms
        told = Totality(self.sources)
        if not told.settles(value, keys) and (select is None or not told.tells_rows(select, keys)):
            raise Refused(_OPEN)

    def any_value(self, node: exp.Expr) -> exp.Expr:
        """The one value that all rows of a group have, which is the least of them too."""
        value, select = node.this.this, node.find_ancestor(exp.Select)
        keys = group_keys(select) if select is not None else None
        if select is None or keys is None or not Totality(self.sources).tells_value(select, keys, value):
            raise Refused("the rows of a group may differ, and only DuckDB may choose among them")
        return self.value(exp.Min(this=value.copy()))

    def filtered(self, node: exp.Filter) -> exp.Expr:
        """An aggregate over some of the rows."""
        self.clause(Clause.FILTER)
        if aggregate(node.this) is None:
            raise Refused(f"{type(node.this).__name__} is not among the aggregates that are pushed")
        self._check_own(node.expression.this)
        where = exp.Where(this=self.predicate(node.expression.this))
        return exp.Filter(this=self.value(node.this), expression=where)

    # -- windows ------------------------------------------------------------------------------------------------

    def windowed(self, node: exp.Window) -> exp.Window:
        """A function over a window."""
        self.clause(Clause.WINDOW)
        if {key for key, value in node.args.items() if value} - _WINDOW or node.args.get("over") != "OVER":
            raise Refused("a window of this form is not pushed")
        if not {column.table for column in node.find_all(exp.Column)} <= self.own:
            raise Refused("a window reads an outer query")
        seen = self._frame(node)
        found = over(node.this)
        made = self._alone(node, found, seen) if found is not None else self._running(node, seen)
        parts = [self.grouped(part) for part in node.args.get("partition_by") or ()]
        order = node.args.get("order")
        terms = exp.Order(expressions=[self.term(term) for term in order.expressions]) if order else None
        return exp.Window(this=made, partition_by=parts, order=terms, spec=_spec(seen), over="OVER")

    def _frame(self, node: exp.Window) -> Frame | None:
        spec = node.args.get("spec")
        if spec is None:
            return None
        found = frame(spec)
        if found is None:
            raise Refused("a frame of this form is not pushed")
        if found.kind == "GROUPS" and node.args.get("order") is None:
            raise Refused("a frame of groups needs an order")
        return found

    def _running(self, node: exp.Window, seen: Frame | None) -> exp.Expr:
        """An aggregate over a window; frames that are counted in rows need to know which comes first."""
        inner = node.this.this if isinstance(node.this, exp.Filter) else node.this
        found = aggregate(inner)
        if found is not None and (found.distinct or found.order):
            raise Refused("DISTINCT and ORDER BY within a window are not pushed")
        if is_any_value(inner):
            raise Refused("which row of a window is taken is for DuckDB to choose")
        if seen is not None and seen.counts_rows:
            self._check_total(node)
        return self.aggregated(node.this)

    def _alone(self, node: exp.Window, found: Operation, seen: Frame | None) -> exp.Expr:
        """A function that stands over windows alone."""
        if node.args.get("order") is None:
            raise Refused(_UNORDERED)
        if found.operands and found.operands[0].find(exp.Column) is None:
            raise Refused("a constant says nothing of a row")
        self.claim(found.name, self.family(found.operands[0] if found.operands else node))
        fixed = found.name in _CHOOSING and not (seen is not None and seen.counts_rows) and self._is_settled(node)
        if found.name not in _RANKS and not fixed:
            self._check_total(node)
        copy = node.this.copy()
        fresh = over(copy)
        assert fresh is not None
        for here, there in zip(found.operands, fresh.operands, strict=True):
            there.replace(self.value(here) if here is found.operands[0] else self._default(here, found))
        copy.meta["type"] = self.type(node)
        made: exp.Expr = copy
        return made

    def _default(self, node: exp.Expr, found: Operation) -> exp.Expr:
        """What LAG and LEAD find beyond the first and the last row."""
        of = self.type(found.operands[0])
        if isinstance(node, exp.Null):
            return node.copy()
        if is_constant(node):
            return default_beside(node, of)
        if self.type(node) != of:
            raise Refused("a default of another type is not pushed")
        return self.value(node)

    def _is_settled(self, node: exp.Window) -> bool:
        return Totality(self.sources).settles(node.this.this, _keys(node))

    def _check_total(self, node: exp.Window) -> None:
        select = node.find_ancestor(exp.Select)
        if node.args.get("order") is None or select is None or not self.is_total(select, _keys(node)):
            raise Refused(_OPEN)

    def is_total(self, select: exp.Select, keys: Sequence[exp.Expr]) -> bool:
        """Whether values of these differ for any two rows of a SELECT."""
        return Totality(self.sources).tells_outputs(select, keys)

    # -- how rows are put together and in order -----------------------------------------------------------------

    def grouped(self, node: exp.Expr) -> exp.Expr:
        """A value that rows are put together by."""
        if is_constant(node):
            raise Refused("a constant says nothing of a row")
        self.claim("GROUP BY", self.family(node))
        return self.value(node)

    def term(self, node: exp.Expr) -> exp.Ordered:
        """A term of an ORDER BY; the place of NULLs is always said."""
        if not isinstance(node, exp.Ordered) or node.args.get("with_fill") or is_constant(node.this):
            raise Refused("only plain terms of an order are pushed")
        self.claim("ORDER BY", self.family(node.this))
        return exp.Ordered(
            this=self.value(node.this), desc=node.args.get("desc"), nulls_first=bool(node.args.get("nulls_first"))
        )


def _keys(node: exp.Window) -> list[exp.Expr]:
    """The values that rows of one part of a window, and of one place in its order, have in common."""
    order = node.args.get("order")
    terms = (term.this for term in order.expressions) if order is not None else ()
    return list(chain(node.args.get("partition_by") or (), terms))


def _spec(seen: Frame | None) -> exp.WindowSpec | None:
    if seen is None:
        return None
    bounds: dict[str, object] = {}
    for key, bound in (("start", seen.start), ("end", seen.end)):
        place, _, side = bound.partition(" ")
        counted = exp.Literal.number(place) if place.isdigit() else place
        bounds |= {key: bound} if bound == "CURRENT ROW" else {key: counted, f"{key}_side": side}
    excluded = exp.Var(this=seen.exclude) if seen.exclude else None
    return exp.WindowSpec(kind=seen.kind, **bounds, exclude=excluded)
