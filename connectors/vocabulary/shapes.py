"""How a node of a tree is read: which of its parts are operands, which are settings, and which say nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the name it is claimed by, its operands in order, and its settings, which are literals.

    ``order`` are the terms by which an aggregate takes its rows, ``distinct`` says that it takes equal ones once.
    Every computed node of a fragment carries the DuckDB type of its value in ``node.meta["type"]``.
    """

    name: str
    operands: tuple[exp.Expr, ...]
    settings: tuple[str, ...] = ()
    order: tuple[exp.Expr, ...] = ()
    distinct: bool = False


Setting = Callable[[exp.Expr], str | None]
"""Reads a literal; None for one whose meaning is not the same everywhere."""


@dataclass(frozen=True)
class Shape:
    """Which parts of a node are operands and which settings. ``ignored`` parts say nothing about the value."""

    name: str
    operands: tuple[str, ...] = ("this", "expression")
    settings: Mapping[str, Setting] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def read(self, node: exp.Expr) -> Operation | None:
        """The operation; None where the node has a part that is not listed, or a setting that is not plain."""
        given = {key for key, value in node.args.items() if value is not None and value is not False and value != []}
        if given - {*self.operands, *self.settings} - self.ignored:
            return None
        operands: list[exp.Expr] = []
        for key in self.operands:
            value = node.args.get(key)
            operands += value if isinstance(value, list) else [value] if value is not None else []
        settings = [read(node.args[key]) for key, read in self.settings.items() if key in given]
        if None in settings:
            return None
        return Operation(self.name, tuple(operands), tuple(setting for setting in settings if setting is not None))


def text(node: exp.Expr) -> str | None:
    """Any text that a store can hold."""
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string and "\0" not in node.this else None


def some_text(node: exp.Expr) -> str | None:
    """Functions differ in what they make of nothing."""
    return text(node) or None


def count(node: exp.Expr) -> str | None:
    """A plain number of rows, characters or digits."""
    plain = isinstance(node, exp.Literal) and not node.is_string and re.fullmatch(r"\d{1,6}", str(node.this))
    return str(node.this) if plain else None


def places(node: exp.Expr) -> str | None:
    """A plain number of digits after the point, or, where it is negative, of those before it."""
    found = count(node.this if isinstance(node, exp.Neg) else node)
    return f"-{found}" if found and isinstance(node, exp.Neg) else found


def position(node: exp.Expr) -> str | None:
    """A number that is counted from one."""
    found = count(node)
    return None if found is None or int(found) == 0 else found


def whole(node: exp.Expr) -> str | None:
    """A plain number, which may be negative."""
    negative = isinstance(node, exp.Neg)
    found = count(node.this if negative else node)
    return f"-{found}" if negative and found else found


def few(node: exp.Expr) -> str | None:
    """A number of repetitions that no text grows beyond bounds by."""
    found = count(node)
    return None if found is None or int(found) > _FEW else found


_FEW = 100
Shapes = Mapping[type[exp.Expr], Shape]
SAFE = frozenset({"safe", "typed", "coalesce", "ignore_nulls", "big_int"})
"""Marks that a parser leaves on nodes of other dialects; in DuckDB's they change nothing."""


def unary(names: Mapping[type[exp.Expr], str]) -> dict[type[exp.Expr], Shape]:
    """Functions of one operand."""
    return {kind: Shape(name, ("this",)) for kind, name in names.items()}
