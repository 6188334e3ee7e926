"""A fragment in the making: tables of one store, the conjuncts it takes over, and what it gives out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from connectors.spi import Column, Fragment, Table

Print = Callable[[exp.Expr], str]


@dataclass
class Draft:
    """Grows during the split and is then frozen into a :class:`connectors.spi.Fragment`.

    ``tables`` maps aliases to physical tables; ``outputs`` pairs each output column with the expression for it.
    """

    store: str
    tables: dict[str, Table]
    filters: list[exp.Expr] = field(default_factory=list)
    outputs: list[tuple[Column, exp.Expr]] = field(default_factory=list)
    group: list[exp.Expr] = field(default_factory=list)
    order: list[exp.Ordered] = field(default_factory=list)
    limit: int | None = None

    def column(self, node: exp.Column) -> Column | None:
        """The physical column behind a column node, or None when its alias is not one of this draft's."""
        table = self.tables.get(node.table)
        return table.column(node.name) if table else None

    def add(self, column: Column, expression: exp.Expr) -> None:
        """Give out ``expression`` under the name and type of ``column``."""
        self.outputs.append((column, expression))

    def freeze(self, printed: Print) -> Fragment:
        """The finished fragment, its text printed by ``printed``."""
        query = self._query()
        return Fragment(query, printed(query), tuple(self.tables.items()), tuple(column for column, _ in self.outputs))

    def _query(self) -> exp.Select:
        aliased = [exp.alias_(made.copy(), column.name, quoted=True) for column, made in self.outputs]
        first, *others = (_table(alias, table) for alias, table in self.tables.items())
        query = exp.select(*aliased).from_(first)
        for other in others:
            query = query.join(other, join_type="cross")
        if self.filters:
            query = query.where(*(made.copy() for made in self.filters))
        if self.group:
            query = query.group_by(*(made.copy() for made in self.group))
        if self.order:
            query = query.order_by(*(made.copy() for made in self.order))
        return query if self.limit is None else query.limit(self.limit)


def _table(alias: str, table: Table) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(table.name, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)),
    )


def column_node(alias: str, name: str) -> exp.Column:
    """``"alias"."name"``."""
    return exp.column(exp.to_identifier(name, quoted=True), exp.to_identifier(alias, quoted=True))


def give_out_columns(draft: Draft, alias: str, names: Iterable[str], prefix: str = "") -> None:
    """Give out the named columns of one table in the table's order, at least one so that rows can be counted."""
    table = draft.tables[alias]
    wanted = {name.lower() for name in names}
    needed = [column for column in table.columns if column.name.lower() in wanted] or [table.columns[0]]
    for column in needed:
        shown = Column(f"{prefix}{column.name}", column.type, column.nullable)
        draft.add(shown, column_node(alias, column.name))
