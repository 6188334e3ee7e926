"""Conditions: comparisons, logic, lists, NULLs and the questions asked of subqueries."""

from functools import reduce

from sqlglot import exp

from connectors.spi import Clause, Fidelity
from connectors.types import Family, family
from connectors.vocabulary import operation
from gateway.planner.digits import EXACT_NUMBERS, one_decimal
from gateway.planner.judge.values import ValueJudge
from gateway.planner.literals import beside, floating, is_constant
from gateway.planner.refusal import Refused


def _positive(node: exp.Expr) -> exp.Expr:
    """``x LIKE p`` for ``x NOT LIKE p``; the parts stay the nodes they are."""
    made = type(node)(**{key: value for key, value in node.args.items() if key != "negate"})
    for value in made.args.values():
        if isinstance(value, exp.Expr):
            value.parent = node
    return made


def bare(node: exp.Expr) -> exp.Expr:
    """A value without its parentheses; those of a subquery belong to it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


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


class PredicateJudge(ValueJudge):
    """Each judgement returns a copy for the store; refuses what is not exact."""

    def conjunct(self, node: exp.Expr) -> tuple[exp.Expr, Fidelity]:
        """A condition that rows must meet; with SUPERSET the store may keep more, and DuckDB has to look again."""
        weak = self._weaker(node)
        return (weak, Fidelity.SUPERSET) if weak is not None else (self.predicate(node), Fidelity.EXACT)

    def predicate(self, node: exp.Expr) -> exp.Expr:
        """A condition anywhere within an expression."""
        if isinstance(node, exp.Paren):
            return exp.Paren(this=self.predicate(node.this))
        if isinstance(node, (exp.And, exp.Or)):
            return type(node)(this=self.predicate(node.this), expression=self.predicate(node.expression))
        if isinstance(node, exp.Not):
            return exp.Not(this=self._parenthesised(node.this))
        if type(node) in _COMPARISONS:
            left, right = self._sides(_COMPARISONS[type(node)], node.this, node.expression)
            return type(node)(this=left, expression=right)
        if isinstance(node, exp.In):
            return self._in(node)
        if isinstance(node, exp.Between):
            return self._between(node)
        if isinstance(node, exp.Is):
            return self._is(node)
        if isinstance(node, exp.Null):
            return self._unknown()
        if isinstance(node, exp.Exists):
            self.clause(Clause.SUBQUERY)
            return exp.Exists(this=self.asked(node.this))
        return self._matching(node)

    def _parenthesised(self, node: exp.Expr) -> exp.Expr:
        made = self.predicate(node)
        return made if isinstance(made, exp.Paren) else exp.Paren(this=made)

    def asked(self, node: exp.Expr) -> exp.Query:
        """See :class:`gateway.planner.judge.queries.Judge`."""
        raise NotImplementedError

    def check_correlation(self, node: exp.Expr) -> None:
        """See :class:`gateway.planner.judge.queries.Judge`."""
        raise NotImplementedError

    def equal(self, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        """``left = right``, the parts being nodes of the query."""
        one, other = self._sides("=", left, right)
        return exp.EQ(this=one, expression=other)

    def _matching(self, node: exp.Expr) -> exp.Expr:
        """A truth value: a column, a constant, or an operation such as LIKE."""
        if node.args.get("negate"):
            return exp.Not(this=exp.Paren(this=self._matching(_positive(node))))
        if isinstance(node, exp.Escape) and node.this.args.get("negate"):
            inner = exp.Escape(this=_positive(node.this), expression=node.expression.copy())
            inner.parent = node
            return exp.Not(this=exp.Paren(this=self._matching(inner)))
        found = operation(node)
        if isinstance(node, (exp.Predicate, exp.Connector, exp.Escape)) and found is None:
            raise Refused(f"{type(node).__name__} is not among the predicates that are pushed")
        if self.family(node) in EXACT_NUMBERS and not is_constant(node):
            return self._as_truth(node)
        if self.family(node) is not Family.BOOLEAN:
            raise Refused("a value that is not BOOLEAN is used as a predicate")
        if isinstance(node, exp.Column):
            self.claim("=", Family.BOOLEAN)
        return self.value(node)

    def _as_truth(self, node: exp.Expr) -> exp.Expr:
        """The cast that DuckDB makes silently where a number stands as a condition."""
        self.claim("CAST TO BOOLEAN", self.family(node))
        made = exp.Cast(this=self.value(node), to=exp.DataType.build("BOOLEAN"))
        made.meta["type"] = "BOOLEAN"
        return made

    def _sides(self, operator: str, left: exp.Expr, right: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
        left, right = bare(left), bare(right)
        if is_constant(left) and not is_constant(right):
            second, first = self._beside(operator, right, left)
            return first, second
        if is_constant(right):
            return self._beside(operator, left, right)
        types = [self.type(left), self.type(right)]
        common = one_decimal(*types)
        if common is None:
            self.alike(operator, types)
            return self.value(left), self.value(right)
        self.claim(operator, Family.DECIMAL)
        return self._as_decimal(left, common), self._as_decimal(right, common)

    def _as_decimal(self, node: exp.Expr, common: str) -> exp.Expr:
        """The cast that DuckDB makes silently where two decimals need more than 38 digits together; it may raise."""
        if self.type(node) == common:
            return self.value(node)
        self.claim("CAST TO DECIMAL", self.family(node))
        made = exp.Cast(this=self.value(node), to=exp.DataType.build(common, dialect="duckdb"))
        made.meta["type"] = common
        return made

    def _beside(self, operator: str, value: exp.Expr, constant: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
        of = self.type(value)
        self.claim(operator, family(of))
        return self.value(value), self._constant(operator, constant, of)

    def _constant(self, operator: str, constant: exp.Expr, of: str) -> exp.Expr:
        """A constant as it stands beside a value of the type ``of``; both are compared in the wider of their types."""
        made = beside(constant, of)
        if (wide := floating(made)) is not None:
            self.claim(operator, wide)
        return made

    def _in(self, node: exp.In) -> exp.Expr:
        if any(node.args.get(key) for key in ("unnest", "field")):
            raise Refused("IN is pushed only with a list or a subquery")
        subject = bare(node.this)
        if query := node.args.get("query"):
            return self._in_query(subject, query)
        values = [bare(value) for value in node.expressions]
        constants = [value for value in values if is_constant(value)]
        if not values:
            raise Refused("IN is pushed only with a list or a subquery")
        self.one_type(subject, values)
        if len(constants) == len(values):
            return self._among(subject, constants)
        return self._either(subject, constants, [value for value in values if not is_constant(value)])

    def _among(self, subject: exp.Expr, constants: list[exp.Expr]) -> exp.Expr:
        self.claim("IN", self.family(subject))
        of = self.type(subject)
        return exp.In(this=self.value(subject), expressions=[self._constant("IN", value, of) for value in constants])

    def _either(self, subject: exp.Expr, constants: list[exp.Expr], others: list[exp.Expr]) -> exp.Expr:
        """A list that holds more than constants, as the equalities that it stands for."""
        if subject.find(exp.In):
            raise Refused("a list within what is looked for in a list is not pushed")
        parts = [self._among(subject, constants)] if constants else []
        parts += [self.equal(subject, other) for other in others if not isinstance(other, exp.Null)]
        if len(parts) < len(others) + bool(constants):
            parts.append(self._unknown())
        return exp.Paren(this=reduce(lambda one, other: exp.Or(this=one, expression=other), parts))

    def _unknown(self) -> exp.Expr:
        self.claim("NULL", Family.BOOLEAN)
        return exp.Null()

    def _in_query(self, subject: exp.Expr, query: exp.Expr) -> exp.Expr:
        self.clause(Clause.SUBQUERY)
        inner = query.unnest()
        if not isinstance(inner, exp.Query) or len(inner.selects) != 1:
            raise Refused("IN is pushed only with a subquery of one column")
        self.check_correlation(inner)
        self.alike("=", [self.type(subject), self.type(inner)])
        return exp.In(this=self.value(subject), query=exp.Subquery(this=self.asked(inner)))

    def _between(self, node: exp.Between) -> exp.Expr:
        if node.args.get("symmetric"):
            raise Refused("BETWEEN SYMMETRIC is not pushed")
        subject = bare(node.this)
        self.claim("BETWEEN", self.family(subject))
        self.one_type(subject, [bare(node.args["low"]), bare(node.args["high"])])
        _, low = self._sides(">=", subject, node.args["low"])
        made, high = self._sides("<=", subject, node.args["high"])
        return exp.Between(this=made, low=low, high=high)

    def _is(self, node: exp.Is) -> exp.Expr:
        if isinstance(node.expression, exp.Null):
            self.claim("IS NULL", self.family(node.this))
            return exp.Is(this=self.value(node.this), expression=exp.Null())
        if not isinstance(node.expression, exp.Boolean):
            raise Refused("IS is pushed only with NULL, TRUE and FALSE")
        return exp.Is(this=self._parenthesised(node.this), expression=node.expression.copy())

    def _weaker(self, node: exp.Expr) -> exp.Expr | None:
        """A comparison or a pattern over an operation that the store claims as SUPERSET; None for anything else."""
        for part in (node, *node.iter_expressions()):
            found = operation(part)
            if found is None or node.args.get("negate"):
                continue
            families = {self.family(operand) for operand in found.operands}
            if any(self.capabilities.fidelity(found.name, of) is Fidelity.SUPERSET for of in families):
                return self._taken_weakly(node, part)
        return None

    def _taken_weakly(self, node: exp.Expr, part: exp.Expr) -> exp.Expr:
        if isinstance(part.this, exp.Column) and self._against_constants(node, part):
            self.column(part.this)
            copy = node.copy()
            for made in (copy, *copy.iter_expressions()):
                if operation(made) is not None:
                    made.meta["type"] = self.type(part if type(made) is type(part) else node)
            return copy
        raise Refused("such an operation is pushed only over a column, compared with constants")

    def _against_constants(self, node: exp.Expr, part: exp.Expr) -> bool:
        if node is part:
            found = operation(part)
            return found is not None and all(map(is_constant, found.operands[1:]))
        others = [*node.expressions] if isinstance(node, exp.In) else [node.args.get("expression")]
        fits = isinstance(node, (exp.EQ, exp.In, exp.Like)) and node.this is part and not node.args.get("query")
        texts = [other for other in others if isinstance(other, exp.Literal) and other.is_string]
        return bool(fits and others and len(texts) == len(others))
