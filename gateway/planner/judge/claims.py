"""The claims of one store, asked one at a time; what is not claimed is refused with the reason."""

from collections.abc import Iterable

from sqlglot import exp

from connectors.spi import Capabilities, Clause, Fidelity
from connectors.types import Family, family
from gateway.planner.digits import EXACT_NUMBERS, fit_one_decimal
from gateway.planner.literals import beside, is_constant
from gateway.planner.refusal import Refused
from gateway.planner.sources import Sources

# Families that both engines promote to the same common type before they compute.
_ALIKE = (
    frozenset({Family.INTEGER, Family.DECIMAL}),
    frozenset({Family.INTEGER, Family.DOUBLE}),
    frozenset({Family.DECIMAL, Family.DOUBLE}),
    frozenset({Family.INTEGER, Family.REAL}),
    frozenset({Family.DECIMAL, Family.REAL}),
    frozenset({Family.REAL, Family.DOUBLE}),
)
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"})
_COMPARED_ALIKE = frozenset({Family.DATE, Family.TIMESTAMP})
_MOMENTS = (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ)
# Families that are no type in common, and meet all the same: the second is added to the first.
_STEPS = {
    *((sign, of, Family.INTERVAL) for sign in "+-" for of in (*_MOMENTS, Family.TIME)),
    *((sign, Family.DATE, Family.INTEGER) for sign in "+-"),
    ("+", Family.DATE, Family.TIME),
}
# How far the types of numbers reach: DuckDB brings those that stand together to the widest of them.
_BREADTH = {Family.REAL: 1, Family.DOUBLE: 2}
DEARER = "a correlated subquery is pushed only where that looks cheaper"
"""What is told of one that stays; whoever chooses between plans looks for it."""

# These do not bring their operands to one type first.
_WIDENING = ("*", "/")
JOINING = ("||", "CONCAT", "CONCAT_WS")
"""Operations that put texts together, and cast to one whatever is none."""


class Claims:
    """``within`` are the aliases whose columns are the store's, ``own`` those of the SELECT that is being judged."""

    def __init__(self, store: str, capabilities: Capabilities, sources: Sources, within: Iterable[str]) -> None:
        self.store = store
        self.capabilities = capabilities
        self.sources = sources
        self.within = set(within)
        self.own = frozenset(self.within)

    def claim(self, operator: str, of: Family) -> None:
        """Refuse unless the store promises DuckDB's answer for ``operator`` over a family."""
        if self.capabilities.fidelity(operator, of) is not Fidelity.EXACT:
            raise Refused(f"the store does not claim {operator} over {of}")

    def clause(self, clause: Clause) -> None:
        """Refuse unless the store takes over this part of a query."""
        if clause is Clause.CORRELATED and clause not in self.capabilities.clauses:
            raise Refused(DEARER)
        if clause not in self.capabilities.clauses:
            raise Refused(f"the store does not claim {clause}")

    def type(self, node: exp.Expr) -> str:
        """DuckDB's type of a value; refuses where that is not certain."""
        if isinstance(node, exp.Column) and node.table not in self.within:
            raise Refused("it relates different relations")
        try:
            return self.sources.types.of(node)
        except (ValueError, KeyError) as problem:
            raise Refused(f"the type of {type(node).__name__} is not certain") from problem

    def family(self, node: exp.Expr) -> Family:
        """The family of a value's type."""
        return family(self.type(node))

    def alike(self, operator: str, types: Iterable[str]) -> None:
        """Refuse unless values of these types meet under ``operator`` as they do in DuckDB."""
        known = list(dict.fromkeys(types))
        families = frozenset(map(family, known))
        if len(known) == 2 and (step := _step(operator, *map(family, known))):
            self.claim(*step)
            return
        compared = operator in _COMPARISONS and families == _COMPARED_ALIKE
        if len(families) > 1 and families not in _ALIKE and not compared:
            raise Refused(f"{' and '.join(sorted(families))} do not meet alike everywhere")
        if families <= EXACT_NUMBERS and operator not in _WIDENING:
            for other in known[1:]:
                if not fit_one_decimal(known[0], other):
                    raise Refused(f"no DECIMAL of DuckDB holds both {known[0]} and {other}")
        for of in families:
            self.claim(operator, of)

    def put_together(self, operator: str, types: Iterable[str]) -> None:
        """Refuse unless values of these types are put together as they are in DuckDB: as texts, or as bytes."""
        families = set(map(family, types))
        if families == {Family.BLOB}:
            return self.claim(operator, Family.BLOB)
        self.claim(operator, Family.TEXT)
        for of in families - {Family.TEXT}:
            self.claim(f"CAST TO {Family.TEXT.upper()}", of)
        return None

    def one_type(self, subject: exp.Expr, values: Iterable[exp.Expr]) -> None:
        """Refuse a list or bounds that DuckDB brings to another type than ``subject`` and each of them alone."""
        plain = [value for value in values if not _takes_type(value)]
        types = [self.type(subject), *(self.type(value) for value in plain)]
        breadths = [_BREADTH.get(family(name), 0) for name in types]
        exact = [self.type(value) for value in plain if not is_constant(value) and self.family(value) in EXACT_NUMBERS]
        if max(breadths) > breadths[0] or not all(_fit(one, other) for one in exact for other in (types[0], *exact)):
            raise Refused("together they have another type than each with the other")
        for constant in filter(is_constant, plain):
            for of in exact:
                beside(constant, of)


def _step(operator: str, left: Family, right: Family) -> tuple[str, Family] | None:
    """What a step is claimed as, in whichever order the two stand: ``+ INTERVAL`` over DATE."""
    for of, added in ((left, right), (right, left))[: 2 if operator == "+" else 1]:
        if (operator, of, added) in _STEPS:
            return f"{operator} {added.upper()}", of
    return None


def _takes_type(value: exp.Expr) -> bool:
    """Whether a value has no type but that of what it stands beside."""
    return isinstance(value, exp.Null) or (isinstance(value, exp.Literal) and value.is_string)


def _fit(one: str, other: str) -> bool:
    return family(other) not in EXACT_NUMBERS or fit_one_decimal(one, other)
