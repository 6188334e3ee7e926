"""What the parts of the renderer ask of the whole: values, conditions and queries, each within the other two."""

from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from connectors.render.operands import Operand
from connectors.types import Family


@dataclass(frozen=True)
class Rows:
    """A query as text; ``columns`` are its outputs by name, each an operand for whoever reads them by ``sql``."""

    sql: str
    columns: tuple[tuple[str, Operand], ...]


class Writer(Protocol):
    """Writes nodes of a fragment. All raise ValueError for whatever is outside the whitelist."""

    def value(self, node: exp.Expr, beside: Family | None = None) -> Operand:
        """A value; ``beside`` is the family of what it stands next to, for constants without a type."""

    def condition(self, node: exp.Expr) -> str:
        """A truth value, in parentheses wherever the two engines might bind differently."""

    def query(self, node: exp.Expr) -> Rows:
        """A query within the query."""

    def exists(self, node: exp.Expr) -> str:
        """A query of which only matters whether it has rows."""

    def fresh(self) -> str:
        """A quoted alias that nothing else in the fragment has."""

    def weaken(self, guard: str) -> None:
        """Let the condition that is being written also hold wherever ``guard`` does."""


def bare(node: exp.Expr) -> exp.Expr:
    """The node within any parentheses; a subquery stays one."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def type_of(node: exp.Expr) -> str:
    """The DuckDB type of a computed node, as the planner wrote it down."""
    found = node.meta.get("type")
    if not isinstance(found, str):
        raise ValueError(f"{type(node).__name__} does not say its type")
    return found
