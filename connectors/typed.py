"""The DuckDB type of every node of a query, as DuckDB itself tells it, one operation at a time."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from sqlglot import exp

Ask = Callable[[Hashable, Callable[[], str], tuple[str, ...]], str]
"""The DuckDB type of an expression over columns x0, x1 … of the given types; equal keys stand for equal texts.

The text is only made when the key is new. Raises ValueError for what DuckDB rejects. Columns, not NULLs: DuckDB
types some functions of a constant otherwise.
"""

_CHOOSING_ROWS = (exp.Filter, exp.IgnoreNulls, exp.RespectNulls)
_BOOLEAN = (exp.Predicate, exp.Connector, exp.Not, exp.Exists, exp.Escape)


@dataclass
class Types:
    """``column`` knows the type of a column where it stands; ``printed`` is the one printer.

    An operation is asked for over nameless operands of its types, so that one answer serves every query.
    """

    column: Callable[[exp.Column], str]
    ask: Ask
    printed: Callable[[exp.Expr], str]
    _known: dict[int, tuple[exp.Expr, str]] = field(default_factory=dict)

    def of(self, node: exp.Expr) -> str:
        """The type of a value. Raises ValueError for what DuckDB does not accept or a column nobody knows."""
        if id(node) not in self._known:
            self._known[id(node)] = node, self._find(node)
        return self._known[id(node)][1]

    def _find(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Column):
            return self.column(node)
        if isinstance(node, exp.Literal) and node.is_string:
            return "VARCHAR"
        if isinstance(node, (exp.Paren, exp.Alias, exp.Subquery, *_CHOOSING_ROWS)):
            return self.of(node.this)
        if isinstance(node, exp.Query):
            return self.of(node.selects[0])
        if isinstance(node, _BOOLEAN):
            return "BOOLEAN"
        inner = _function(node) if isinstance(node, exp.Window) else node
        operands = [operand for operand in _operands(inner) if not is_literal(operand)]
        types = tuple(self.of(operand) for operand in operands)
        key = (type(node), _shape(inner, frozenset(map(id, operands))), types)
        return self.ask(key, lambda: self.printed(_bare(node)), types)


def _function(window: exp.Window) -> exp.Expr:
    """What stands over a window; which rows it sees says nothing of its type."""
    inner: exp.Expr = window.this
    return inner.this if isinstance(inner, _CHOOSING_ROWS) else inner


def _shape(node: exp.Expr, operands: frozenset[int]) -> Hashable:
    """What sets one operation apart from others over operands of the same types."""
    if id(node) in operands:
        return None
    if isinstance(node, exp.Order):
        return "in order", _shape(node.this, operands)
    parts = [
        (key, _shape(part, operands) if isinstance(part, exp.Expr) else part)
        for key, value in node.args.items()
        for part in (value if isinstance(value, list) else (value,))
        if part is not None and part is not False
    ]
    return (type(node), *parts)


def _bare(node: exp.Expr) -> exp.Expr:
    """The node alone, over x0, x1 …; windows are left empty, and an aggregate without its order."""
    if isinstance(node, exp.Window):
        return exp.Window(this=_bare(_function(node)), over="OVER")
    bare = node.copy()
    if isinstance(bare.this, exp.Order):
        bare.set("this", bare.this.this)
    open_operands = [operand for operand in _operands(bare) if not is_literal(operand)]
    for number, operand in enumerate(open_operands):
        operand.replace(exp.column(f"x{number}"))
    return bare


def is_literal(node: exp.Expr) -> bool:
    """Whether DuckDB reads a type out of the spelling: a number, a text, TRUE, NULL."""
    inner = node.this if isinstance(node, exp.Neg) else node
    return isinstance(inner, (exp.Literal, exp.Null, exp.Boolean))


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """The values a node is computed from."""
    if isinstance(node, exp.Case):
        ends = [node.args.get("this"), *_branches(node), node.args.get("default")]
        return [part for part in ends if part is not None]
    children = [child for child in node.iter_expressions() if not isinstance(child, (exp.DataType, exp.Var, exp.Star))]
    children = [child.this if isinstance(child, exp.Order) else child for child in children]
    return [part for child in children for part in _parts(child)]


def _parts(child: exp.Expr) -> list[exp.Expr]:
    """What stands in a list or a slice; any other value alone."""
    if isinstance(child, exp.Slice):
        return list(child.iter_expressions())
    return child.expressions if isinstance(child, exp.Distinct) else [child]


def _branches(node: exp.Case) -> Iterable[exp.Expr]:
    for branch in node.args["ifs"]:
        yield branch.this
        yield branch.args["true"]
