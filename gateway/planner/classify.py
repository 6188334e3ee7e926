"""Which predicates a store computes exactly as DuckDB would, decided by its claims alone."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from connectors.spi import Capabilities, Clause, Column, Fidelity
from connectors.types import Family
from gateway.planner.digits import EXACT_NUMBERS, fit_one_decimal
from gateway.planner.literals import beside, is_constant
from gateway.planner.refusal import Refused

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
# Families that both engines promote to the same common type before they compare.
_ALIKE = (
    frozenset({Family.INTEGER, Family.DECIMAL}),
    frozenset({Family.INTEGER, Family.DOUBLE}),
    frozenset({Family.DECIMAL, Family.DOUBLE}),
)


@dataclass(frozen=True)
class Classifier:
    """Judges the predicates over one store's tables.

    ``column`` finds the physical facts of a column of the query, or None when the column is not the store's.
    """

    capabilities: Capabilities
    column: Callable[[exp.Column], Column | None]

    def claim(self, operator: str, family: Family) -> None:
        """Refuse unless the store promises DuckDB's answer for ``operator`` over ``family``."""
        if self.capabilities.fidelity(operator, family) is not Fidelity.EXACT:
            raise Refused(f"the store does not claim {operator} over {family}")

    def clause(self, clause: Clause) -> None:
        """Refuse unless the store takes over this part of a SELECT."""
        if clause not in self.capabilities.clauses:
            raise Refused(f"the store does not claim {clause}")

    def find(self, node: exp.Expr) -> Column:
        """The column behind a node; refuses anything but a bare column of this store."""
        found = self.column(node) if isinstance(node, exp.Column) else None
        if found is None:
            raise Refused(f"{type(node).__name__} is not among the expressions that are pushed")
        return found

    def predicate(self, node: exp.Expr) -> exp.Expr:
        """A copy of a predicate, constants in canonical form, for the store; refuses what is not exact."""
        copy = node.copy()
        if isinstance(node, (exp.And, exp.Or)):
            copy.set("this", self.predicate(node.this))
            copy.set("expression", self.predicate(node.expression))
        elif isinstance(node, (exp.Not, exp.Paren)):
            copy.set("this", self.predicate(node.this))
        elif isinstance(node, exp.Column):
            self._boolean(node)
        elif type(node) in _COMPARISONS:
            self._comparison(node, copy)
        elif isinstance(node, exp.In):
            self._in(node, copy)
        elif isinstance(node, exp.Between):
            self._between(node, copy)
        elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            self.claim("IS NULL", self.find(node.this).family)
        else:
            raise Refused(f"{type(node).__name__} is not among the predicates that are pushed")
        return copy

    def _boolean(self, node: exp.Column) -> None:
        if self.find(node).family is not Family.BOOLEAN:
            raise Refused("a value that is not BOOLEAN is used as a predicate")
        self.claim("=", Family.BOOLEAN)

    def _comparison(self, node: exp.Expr, copy: exp.Expr) -> None:
        operator = _COMPARISONS[type(node)]
        left, right = node.this.unnest(), node.expression.unnest()
        if is_constant(left) and not is_constant(right):
            column = self.find(right)
            copy.set("this", beside(left, column))
            self.claim(operator, column.family)
        elif is_constant(right):
            column = self.find(left)
            copy.set("expression", beside(right, column))
            self.claim(operator, column.family)
        else:
            self._columns(operator, self.find(left), self.find(right))

    def _columns(self, operator: str, left: Column, right: Column) -> None:
        pair = frozenset({left.family, right.family})
        if len(pair) > 1 and not any(pair == alike for alike in _ALIKE):
            raise Refused(f"{left.family} and {right.family} are not compared alike everywhere")
        if left.type != right.type and pair <= EXACT_NUMBERS and not fit_one_decimal(left.type, right.type):
            raise Refused(f"no DECIMAL of DuckDB holds both {left.type} and {right.type}")
        for family in pair:
            self.claim(operator, family)

    def _in(self, node: exp.In, copy: exp.Expr) -> None:
        column = self.find(node.this.unnest())
        values = [value.unnest() for value in node.expressions]
        if any(node.args.get(key) for key in ("query", "unnest", "field")) or not values:
            raise Refused("IN is pushed only with a list of constants")
        if not all(is_constant(value) for value in values):
            raise Refused("IN is pushed only with a list of constants")
        self.claim("IN", column.family)
        copy.set("expressions", [beside(value, column) for value in values])

    def _between(self, node: exp.Between, copy: exp.Expr) -> None:
        column = self.find(node.this.unnest())
        low, high = node.args["low"].unnest(), node.args["high"].unnest()
        if node.args.get("symmetric") or not (is_constant(low) and is_constant(high)):
            raise Refused("BETWEEN is pushed only with two constants")
        self.claim("BETWEEN", column.family)
        copy.set("low", beside(low, column))
        copy.set("high", beside(high, column))
