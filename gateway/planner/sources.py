"""What an alias stands for: a table of a store, or a query within the query; and so the type of every column."""

from collections.abc import Mapping

from sqlglot import exp

from connectors.typed import Ask, Types
from gateway.catalog import Place
from gateway.planner.draft import Print
from gateway.planner.ownership import Selects, Source


class Sources:
    """The sources of a qualified query whose aliases are all different. A view: it follows what is renamed later."""

    def __init__(
        self, query: exp.Query, selects: Selects, places: Mapping[str, Place], ask: Ask, printed: Print
    ) -> None:
        self.places = places
        self.selects = selects
        self._of_alias = {source.alias: source for of in self.selects.sources.values() for source in of}
        self._defined = {id(cte.this): cte for cte in query.find_all(exp.CTE)}
        self._columns: dict[str, tuple[tuple[str, str], ...]] = {}
        self._types: dict[str, dict[str, list[str]]] = {}
        self.types = Types(self._column_type, ask, printed)

    def place(self, node: exp.Expr) -> Place | None:
        """The dataset a source node names, if it names one."""
        return self.places.get(node.name) if isinstance(node, exp.Table) else None

    def definition(self, node: exp.Expr) -> exp.Query | None:
        """The query behind a subquery in FROM, or behind the name of a CTE that is in force there."""
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            return node.this
        if not isinstance(node, exp.Table) or node.name in self.places:
            return None
        at: exp.Expr | None = node
        while at is not None:
            for cte in at.args["with_"].expressions if at.args.get("with_") else ():
                if cte.alias == node.name and not at.args["with_"].args.get("recursive"):
                    return cte.this if isinstance(cte.this, exp.Query) else None
            at = at.parent
        return None

    def datasets(self, query: exp.Expr) -> list[Place] | None:
        """Every dataset that a query reads, also through CTEs; None when it reads anything else."""
        found: list[Place] = []
        for select in query.find_all(exp.Select):
            for source in self.selects.sources.get(id(select), ()):
                inner = self._read(source)
                if inner is None:
                    return None
                found += inner
        return found

    def is_correlated(self, query: exp.Expr) -> bool:
        """Whether a query reads a column of a source outside it."""
        inside = {source.alias for select in query.find_all(exp.Select) for source in self.of(select)}
        return any(column.table not in inside for column in query.find_all(exp.Column) if column.table)

    def _read(self, source: Source) -> list[Place] | None:
        if (place := self.place(source.node)) is not None:
            return [place]
        if isinstance(source.node, exp.Subquery):
            return []
        behind = self.definition(source.node)
        return None if behind is None else self.datasets(behind)

    def _column_type(self, column: exp.Column) -> str:
        source = self._of_alias.get(column.table)
        if source is None:
            raise ValueError("the column of an unknown source")
        if source.alias not in self._types:
            found: dict[str, list[str]] = {}
            for name, type_name in self.columns(source):
                found.setdefault(name.lower(), []).append(type_name)
            self._types[source.alias] = found
        types = self._types[source.alias].get(column.name.lower(), ())
        if len(types) != 1:
            raise ValueError("a column that its source does not have just once")
        return types[0]

    def columns(self, source: Source) -> tuple[tuple[str, str], ...]:
        """Names and DuckDB types of a source's columns. Raises ValueError where they are not certain."""
        if source.alias not in self._columns:
            self._columns[source.alias] = self._find(source)
        return self._columns[source.alias]

    def _find(self, source: Source) -> tuple[tuple[str, str], ...]:
        if (place := self.place(source.node)) is not None:
            return tuple((column.name, column.type) for column in place.dataset.table.columns)
        behind = self.definition(source.node)
        if behind is None:
            raise ValueError("a source that is neither a dataset nor a subquery")
        return tuple((node.alias_or_name, self.types.of(node)) for node in behind.selects)

    def alias(self, alias: str) -> Source | None:
        """The source of that alias, as the query was at first."""
        return self._of_alias.get(alias)

    def of(self, select: exp.Select) -> tuple[Source, ...]:
        """The sources of a SELECT, as the query was at first."""
        return self.selects.sources[id(select)]
