"""A fragment, DuckDB's meaning, as Postgres text: a typed whitelist. What is not listed here is refused.

This is not a transpiler on purpose: a text that runs in Postgres is not yet a text that means the same there.
Every operation is written for the types and collations it is about.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlglot import exp

from connectors.render import conditions, ordering, sets, values
from connectors.render.comparing import groupable
from connectors.render.conversions import converted, delivered
from connectors.render.grouping import groups
from connectors.render.native import MAX_IDENTIFIER, identifier
from connectors.render.operands import BINARY, MIXED, Operand
from connectors.render.sources import Joined, Scope
from connectors.render.writer import Rows, bare
from connectors.spi import Column, Fragment
from connectors.types import Family

_BOUNDED = ("order", "limit", "offset", "qualify")
_PARTS = frozenset({"expressions", "from_", "joins", "where", "group", "having", "distinct", *_BOUNDED})
_TOUCHING = ("group", "having", "distinct", *_BOUNDED)


def render(fragment: Fragment) -> str:
    """The Postgres text of a fragment; output *i* is ``fragment.columns[i]`` in its transport form.

    Pure. Raises ValueError, with a sentence that holds no value, for whatever is outside the whitelist.
    """
    return _Renderer(fragment).text()


class _Renderer:
    """The :class:`connectors.render.writer.Writer` of one fragment."""

    def __init__(self, fragment: Fragment) -> None:
        self.outermost = fragment.query
        self.outputs = fragment.columns
        self.scope = Scope(fragment.tables)
        self._grouped: dict[exp.Expr, Operand] = {}
        self._guards: list[str] | None = None
        self._taken = {node.alias.lower() for node in fragment.query.find_all(exp.Table, exp.Subquery)}

    def text(self) -> str:
        """The whole fragment. Rows that are told apart by their values are delivered only after that."""
        query = self.outermost
        if isinstance(query, exp.Select) and not query.args.get("distinct"):
            return self._select(query, lambda: self._delivered([self._output(node) for node in query.expressions]))
        rows = self.query(query)
        return f"SELECT {self._delivered([column for _, column in rows.columns])} FROM ({rows.sql}) AS {self.fresh()}"

    def _delivered(self, operands: list[Operand]) -> str:
        if len(operands) != len(self.outputs):
            raise ValueError("the fragment gives out other columns than it declares")
        named = enumerate(zip(operands, self.outputs, strict=True))
        return ", ".join(f"{_arriving(operand, to)} AS {_short(to.name, at)}" for at, (operand, to) in named)

    def _output(self, node: exp.Expr) -> Operand:
        return self.value(node.unalias())

    # -- what the parts ask for ---------------------------------------------------------------------------------

    def value(self, node: exp.Expr, beside: Family | None = None) -> Operand:
        """A value; a key of the groups is always written as it is in GROUP BY."""
        node = bare(node)
        if self._grouped and node in self._grouped:
            return self._grouped[node]
        if isinstance(node, exp.Column):
            return self.scope.column(node)
        return values.value(self, node, beside)

    def condition(self, node: exp.Expr) -> str:
        """A condition, or a truth value that stands as one."""
        node = bare(node)
        if conditions.is_condition(node) and node not in self._grouped:
            return conditions.condition(self, node)
        operand = self.value(node, Family.BOOLEAN)
        if operand.family is not Family.BOOLEAN:
            raise ValueError("a value that is not BOOLEAN is used as a condition")
        return operand.sql if operand.type else "NULL::boolean"

    def query(self, node: exp.Expr) -> Rows:
        """A SELECT or a set operation, as a source or a value for what is around it."""
        node = node.unnest() if isinstance(node, exp.Subquery) else node
        if isinstance(node, exp.SetOperation):
            return sets.set_operation(self, node)
        if not isinstance(node, exp.Select):
            raise ValueError("only queries are rendered where a query stands")
        if node.args.get("distinct") and any(node.args.get(part) for part in _BOUNDED):
            return self._distinct_first(node)
        columns: list[tuple[str, Operand]] = []
        return Rows(self._select(node, lambda: ", ".join(self._named(node, columns))), tuple(columns))

    def _named(self, node: exp.Select, columns: list[tuple[str, Operand]]) -> Iterator[str]:
        for at, output in enumerate(node.expressions):
            operand = _typed(self._output(output))
            operand = groupable(operand) if node.args.get("distinct") else operand
            name = _short(output.alias_or_name, at)
            # Seen from outside, a collation that was asked for is only the column's own.
            collation = "pg_catalog.C" if operand.collation == BINARY else operand.collation
            columns.append((output.alias_or_name, replace(operand, sql=name, collation=collation)))
            yield f"{operand.sql} AS {name}"

    def _distinct_first(self, node: exp.Select) -> Rows:
        """Postgres orders DISTINCT rows only by what is told apart, DuckDB's texts by other collations."""
        inner = node.copy()
        for part in _BOUNDED:
            inner.set(part, None)
        return ordering.bounded(self, node, self.query(inner), list(node.expressions))

    def exists(self, node: exp.Expr) -> str:
        """A query of which only matters whether it has rows."""
        if isinstance(node, exp.Select) and not any(node.args.get(part) for part in _TOUCHING) and not _gathers(node):
            return self._select(node, lambda: "1")
        return self.query(node).sql

    def fresh(self) -> str:
        """A quoted alias that nothing else in the fragment has."""
        alias = next(name for number in range(1, 10_000) if (name := f"#{number}") not in self._taken)
        self._taken.add(alias)
        return identifier(alias)

    def weaken(self, guard: str) -> None:
        """Only where rows too many are nothing but rows too many: in a part of the outermost WHERE."""
        if self._guards is None:
            raise ValueError("an operation that is not exact stands where rows too many would change the answer")
        self._guards.append(guard)

    # -- one SELECT ---------------------------------------------------------------------------------------------

    def _select(self, node: exp.Select, outputs: Callable[[], str]) -> str:
        if {key for key, given in node.args.items() if given} - _PARTS or node.args.get("kind"):
            raise ValueError("the fragment has a clause that is not rendered")
        around = self._grouped, self._guards
        self._grouped, self._guards = {}, None
        try:
            return " ".join(part for part in self._clauses(node, outputs) if part)
        finally:
            self._grouped, self._guards = around

    def _clauses(self, node: exp.Select, outputs: Callable[[], str]) -> list[str]:
        joined = Joined(self, self.scope, node)
        where = self._where(node, joined.conditions)
        group = ""
        if given := node.args.get("group"):
            group, self._grouped = groups(self, given)
        having = node.args.get("having")
        distinct = _plain(node.args.get("distinct"))
        return [
            f"SELECT {distinct}{outputs()}",
            f"FROM {joined.text}" if joined.text else "",
            f"WHERE {where}" if where else "",
            f"GROUP BY {group}" if group else "",
            f"HAVING {self.condition(having.this)}" if having else "",
            *ordering.bounds(self, node),
        ]

    def _where(self, node: exp.Select, further: list[str]) -> str:
        where = node.args.get("where")
        given = bare(where.this) if where else None
        parts = list(given.flatten()) if isinstance(given, exp.And) else [given] if given is not None else []
        weakly = node is self.outermost and not any(node.args.get(part) for part in _TOUCHING) and not _gathers(node)
        met = [*(self._conjunct(part, weakly=weakly) for part in parts), *further]
        return f"({' AND '.join(met)})" if len(met) > 1 else "".join(met)

    def _conjunct(self, node: exp.Expr, *, weakly: bool) -> str:
        self._guards = [] if weakly else None
        text = self.condition(node)
        guards, self._guards = dict.fromkeys(self._guards or ()), None
        return f"({' OR '.join([text, *guards])})" if guards else text


def _arriving(operand: Operand, to: Column) -> str:
    return delivered(operand if operand.type else replace(operand, family=to.family), to.type)


def _short(name: str, at: int) -> str:
    return identifier(name if 0 < len(name.encode()) <= MAX_IDENTIFIER else f"c{at}")


def _typed(operand: Operand) -> Operand:
    """A constant that has a type of its own, so that it has one outside too."""
    if not operand.type:
        raise ValueError("a NULL without a type is given out by a subquery")
    if operand.constant and operand.family is Family.TEXT:
        return replace(operand, sql=f"{operand.sql}::text", native="text", collation=MIXED, constant=False)
    return converted(replace(operand, constant=False), operand.type) if operand.constant else operand


def _plain(distinct: exp.Expr | None) -> str:
    if distinct is not None and distinct.args.get("on"):
        raise ValueError("DISTINCT ON is not rendered")
    return "DISTINCT " if distinct is not None else ""


def _gathers(node: exp.Select) -> bool:
    return any(output.find(exp.AggFunc, exp.Window) for output in node.expressions)
