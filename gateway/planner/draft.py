"""A fragment in the making: a query of one store, and what it gives out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from connectors.spi import Column, Fragment, Table
from gateway.catalog import Place


class Print(Protocol):
    """Writes a tree as DuckDB text. An ``own`` tree is one that nobody else holds."""

    def __call__(self, expression: exp.Expr, /, *, own: bool = False) -> str:
        """See :func:`gateway.sql.to_duckdb`."""


@dataclass
class Draft:
    """Grows during the split and is then frozen into a :class:`connectors.spi.Fragment`.

    ``query`` is judged already; its outputs are added one by one. ``places`` are the datasets it reads, by alias.
    """

    query: exp.Query
    places: dict[str, Place] = field(default_factory=dict)
    outputs: list[tuple[Column, exp.Expr]] = field(default_factory=list)

    def add(self, name: str, type_name: str, made: exp.Expr) -> str:
        """Give out a judged expression; the name it got, which is ``name`` unless that is taken."""
        taken = {column.name.lower() for column, _ in self.outputs}
        unique = name if name.lower() not in taken else f"{name}.{len(self.outputs)}"
        self.outputs.append((Column(unique, type_name), made))
        return unique

    def freeze(self, printed: Print) -> Fragment:
        """The finished fragment, its text printed by ``printed``."""
        if isinstance(self.query, exp.Select):
            aliased = [exp.alias_(made, column.name, quoted=True, copy=False) for column, made in self.outputs]
            self.query.set("expressions", aliased)
        tables = tuple((alias, place.dataset.table) for alias, place in self.places.items())
        return Fragment(self.query, printed(self.query, own=True), tables, tuple(column for column, _ in self.outputs))


def table_node(alias: str, table: Table) -> exp.Table:
    """A physical table under an alias."""
    named = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    return exp.Table(this=exp.to_identifier(table.name, quoted=True), alias=named)


def column_node(alias: str, name: str) -> exp.Column:
    """``"alias"."name"``."""
    return exp.column(exp.to_identifier(name, quoted=True), exp.to_identifier(alias, quoted=True), copy=False)


def relation_node(name: str, alias: str) -> exp.Table:
    """A relation of the residual under an alias."""
    named = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    return exp.Table(this=exp.to_identifier(name, quoted=True), alias=named)


def needed(types: Iterable[tuple[str, str]], names: Iterable[str]) -> list[tuple[str, str]]:
    """The named columns in the source's own order, at least one, so that rows can be counted."""
    known, wanted = list(types), {name.lower() for name in names}
    return [column for column in known if column[0].lower() in wanted] or known[:1]
