"""Values: columns, constants, operations, CASE, casts, aggregates and windows."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlglot import exp

from connectors.spi import Clause
from connectors.types import Family
from connectors.vocabulary import WINDOWS, Operation, aggregate, operation
from gateway.planner.judge.claims import JOINING, Claims
from gateway.planner.literals import is_constant, spelled
from gateway.planner.refusal import Refused

Node = TypeVar("Node", bound=exp.Expr)
_WIDENED = {Family.DECIMAL: {Family.INTEGER}, Family.DOUBLE: {Family.INTEGER, Family.DECIMAL}}
_FRAMES = frozenset({"this", "partition_by", "order", "over"})


class ValueJudge(Claims):
    """Each judgement returns a copy for the store, constants in canonical form and computed nodes typed."""

    def predicate(self, node: exp.Expr) -> exp.Expr:
        """See :class:`gateway.planner.judge.predicates.PredicateJudge`."""
        raise NotImplementedError

    def equal(self, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """See :class:`gateway.planner.judge.predicates.PredicateJudge`."""
        raise NotImplementedError

    def subquery(self, node: exp.Expr) -> exp.Expr:
        """See :class:`gateway.planner.judge.queries.Judge`."""
        raise NotImplementedError

    def value(self, node: exp.Expr) -> exp.Expr:
        """A value of any kind; refuses what is not exact."""
        if isinstance(node, exp.Paren):
            return exp.Paren(this=self.value(node.this))
        if isinstance(node, exp.Column):
            return self.column(node)
        if is_constant(node):
            return spelled(node)
        if isinstance(node, exp.Subquery):
            return self.subquery(node)
        if isinstance(node, exp.Case):
            return self._typed(self._case(node), node)
        if isinstance(node, exp.Cast):
            return self._typed(self._cast(node), node)
        if isinstance(node, exp.Filter):
            return self._filter(node)
        if isinstance(node, exp.Window):
            return self._typed(self._window(node), node)
        if aggregate(node) is not None:
            return self._typed(self._aggregate(node), node)
        return self._operation(node)

    def column(self, node: exp.Column) -> exp.Column:
        """A column of a source that the store has."""
        self.type(node)
        return node.copy()

    def _typed(self, made: Node, node: exp.Expr) -> Node:
        made.meta["type"] = self.type(node)
        return made

    def _operation(self, node: exp.Expr) -> exp.Expr:
        found = operation(node)
        if found is None:
            return self._truth(node)
        types = [self.type(operand) for operand in found.operands] or [self.type(node)]
        (self.put_together if found.name in JOINING else self.alike)(found.name, types)
        return self._typed(self._rebuilt(node, operation), node)

    def _truth(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, (exp.Predicate, exp.Connector, exp.Not, exp.Escape)):
            return exp.Paren(this=self._typed(self.predicate(node), node))
        raise Refused(f"{type(node).__name__} is not among the expressions that are pushed")

    def _rebuilt(self, node: exp.Expr, read: Callable[[exp.Expr], Operation | None]) -> exp.Expr:
        """A copy of an operation whose operands are judged."""
        copy = node.copy()
        known, fresh = read(node), read(copy)
        assert known is not None
        assert fresh is not None
        for here, there in zip(known.operands, fresh.operands, strict=True):
            there.replace(self.value(here))
        return copy

    def _case(self, node: exp.Case) -> exp.Case:
        default = node.args.get("default")
        values = [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default is not None else [])
        self._branches("CASE", node, values)
        subject = node.args.get("this")
        ifs = []
        for branch in node.args["ifs"]:
            met = self.predicate(branch.this) if subject is None else self.equal(subject, branch.this)
            ifs.append(exp.If(this=met, true=self._branch(branch.args["true"])))
        return exp.Case(ifs=ifs, default=None if default is None else self._branch(default))

    def _branch(self, node: exp.Expr) -> exp.Expr:
        return exp.Null() if isinstance(node, exp.Null) else self.value(node)

    def _branches(self, operator: str, node: exp.Expr, values: Iterable[exp.Expr]) -> None:
        """Every branch has the type of the whole, or one that widens to it without loss."""
        of = self.family(node)
        self.claim(operator, of)
        for value in values:
            own = of if isinstance(value, exp.Null) else self.family(value)
            if own is not of and own not in _WIDENED.get(of, ()):
                raise Refused(f"a branch of {own} in a {operator} of {of} is not alike everywhere")

    def _cast(self, node: exp.Cast) -> exp.Cast:
        if isinstance(node, exp.TryCast):
            raise Refused("TRY_CAST is not pushed")
        self.claim(f"CAST TO {self.family(node).upper()}", self.family(node.this))
        return exp.Cast(this=self.value(node.this), to=node.args["to"].copy())

    # -- over many rows -----------------------------------------------------------------------------------------

    def aggregated(self, node: exp.Expr) -> exp.Expr:
        """An aggregate, whether or not it has a FILTER; refuses anything else."""
        if not isinstance(node, exp.Filter) and aggregate(node) is None:
            raise Refused(f"{type(node).__name__} is not among the aggregates that are pushed")
        return self.value(node)

    def _aggregate(self, node: exp.Expr) -> exp.Expr:
        self.clause(Clause.GROUP_BY)
        found = aggregate(node)
        assert found is not None
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Literal):
            return exp.Count(this=exp.Star(), big_int=True)
        for operand in found.operands:
            self._check_own(operand)
            self.claim(found.name, self.family(operand))
        return self._rebuilt(node, aggregate)

    def _check_own(self, operand: exp.Expr) -> None:
        """An aggregate over an outer query's columns belongs to that query."""
        if not {column.table for column in operand.find_all(exp.Column)} <= self.own:
            raise Refused("an aggregate reads an outer query")
        if operand.find(exp.Query, exp.AggFunc, exp.Window) or not operand.find(exp.Column):
            raise Refused("an aggregate is computed over a subquery or a constant")

    def _filter(self, node: exp.Filter) -> exp.Expr:
        self.clause(Clause.FILTER)
        if aggregate(node.this) is None:
            raise Refused(f"{type(node.this).__name__} is not among the aggregates that are pushed")
        self._check_own(node.expression.this)
        where = exp.Where(this=self.predicate(node.expression.this))
        return self._typed(exp.Filter(this=self.value(node.this), expression=where), node)

    def _window(self, node: exp.Window) -> exp.Window:
        self.clause(Clause.WINDOW)
        function, order = node.this, node.args.get("order")
        if {key for key, value in node.args.items() if value} - _FRAMES:
            raise Refused("frames of windows are not pushed")
        if type(function) in WINDOWS:
            if any(function.args.values()) or order is None:
                raise Refused("without ORDER BY it is undefined which row comes first")
            self.claim(WINDOWS[type(function)], self.family(node))
            if isinstance(function, exp.RowNumber) and not self.is_total([term.this for term in order.expressions]):
                raise Refused("the order is not total, and only DuckDB may choose among equal rows")
            made = self._typed(function.copy(), node)
        else:
            made = self.aggregated(function)
        parts = [self.grouped(part) for part in node.args.get("partition_by") or ()]
        terms = exp.Order(expressions=[self.term(term) for term in order.expressions]) if order else None
        return exp.Window(this=made, partition_by=parts, order=terms, over="OVER")

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

    def is_total(self, keys: list[exp.Expr]) -> bool:
        """See :class:`gateway.planner.judge.queries.Judge`."""
        raise NotImplementedError
