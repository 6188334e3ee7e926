"""Values: columns, constants, operations, CASE and casts; see rows.py for aggregates and windows."""

from collections.abc import Iterable
from typing import TypeVar

from sqlglot import exp

from connectors.types import Family, family
from connectors.vocabulary import Operation, aggregate, operation
from gateway.planner.fold import RAISES
from gateway.planner.judge.claims import JOINING
from gateway.planner.judge.rows import RowsJudge, is_any_value
from gateway.planner.literals import is_constant, is_one_step, spelled
from gateway.planner.refusal import Refused

Node = TypeVar("Node", bound=exp.Expr)
_WIDENED = {
    Family.DECIMAL: {Family.INTEGER},
    Family.REAL: {Family.INTEGER, Family.DECIMAL},
    Family.DOUBLE: {Family.INTEGER, Family.DECIMAL, Family.REAL},
}


class ValueJudge(RowsJudge):
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
        if RAISES in node.meta:
            raise Refused("DuckDB computes no such constant, and tells so only if it is needed")
        if isinstance(node, exp.Paren):
            return exp.Paren(this=self.value(node.this))
        if isinstance(node, exp.Column):
            return self.column(node)
        if is_constant(node):
            return spelled(node)
        if isinstance(node, exp.Subquery):
            return self.subquery(node)
        if isinstance(node, (exp.Case, exp.If)):
            return self._typed(self._case(node), node)
        if isinstance(node, exp.Cast):
            return self._typed(self._cast(node), node)
        if isinstance(node, exp.Filter):
            return self._typed(self.filtered(node), node)
        if isinstance(node, exp.Window):
            return self._typed(self.windowed(node), node)
        if is_any_value(node):
            return self.any_value(node)
        if aggregate(node) is not None:
            return self._typed(self.gathered(node), node)
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
        if {Family.TIMESTAMPTZ, Family.INTERVAL} == set(map(family, types)):
            self._check_step(found)
        return self._typed(self._rebuilt(node), node)

    def _check_step(self, found: Operation) -> None:
        """In a time zone DuckDB takes hours sometimes before months, and sometimes after."""
        for operand in found.operands:
            if self.family(operand) is Family.INTERVAL and not (is_constant(operand) and is_one_step(operand)):
                raise Refused("months and hours at once are not added to a TIMESTAMPTZ alike everywhere")

    def _truth(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, (exp.Predicate, exp.Connector, exp.Not, exp.Escape)):
            return exp.Paren(this=self._typed(self.predicate(node), node))
        raise Refused(f"{type(node).__name__} is not among the expressions that are pushed")

    def _rebuilt(self, node: exp.Expr) -> exp.Expr:
        """A copy of an operation whose operands are judged."""
        copy = node.copy()
        known, fresh = operation(node), operation(copy)
        assert known is not None
        assert fresh is not None
        for here, there in zip(known.operands, fresh.operands, strict=True):
            there.replace(self.value(here))
        return copy

    def _case(self, node: exp.Case | exp.If) -> exp.Case:
        """CASE; ``if(x, y, z)`` is one in another spelling."""
        default = node.args.get("default" if isinstance(node, exp.Case) else "false")
        subject = node.this if isinstance(node, exp.Case) else None
        branches = node.args["ifs"] if isinstance(node, exp.Case) else [node]
        if subject is not None:  # nothing equals NULL
            branches = [branch for branch in branches if not isinstance(branch.this, exp.Null)]
        values = [branch.args["true"] for branch in branches] + ([default] if default is not None else [])
        self._branches("CASE", node, values)
        if not branches:
            raise Refused("a CASE without a condition is not pushed")
        ifs = [exp.If(this=self._met(subject, one.this), true=self._branch(one.args["true"])) for one in branches]
        return exp.Case(ifs=ifs, default=None if default is None else self._branch(default))

    def _met(self, subject: exp.Expr | None, condition: exp.Expr) -> exp.Expr:
        return self.predicate(condition) if subject is None else self.equal(subject, condition)

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
