"""Which values tell the rows of a SELECT apart: those of keys, and whatever a join or a group makes unique by them."""

from collections.abc import Collection, Iterator, Sequence

from sqlglot import exp

from connectors.types import Family, family
from gateway.planner.literals import is_constant
from gateway.planner.ownership import Source
from gateway.planner.predicates import aliases, conjuncts
from gateway.planner.sources import Sources

SETS_OF_GROUPS = (exp.Rollup, exp.Cube, exp.GroupingSets)
_ASKED = ("SEMI", "ANTI")
_Name = tuple[str, str]
"""The alias of a source and the name of a column, in lower case."""


def has_sets(group: exp.Group) -> bool:
    """Whether rows are put together in more than one way."""
    return any(isinstance(part, SETS_OF_GROUPS) for part in group.expressions)


def group_keys(select: exp.Select) -> list[exp.Expr] | None:
    """What each group of a SELECT has in common; None where groups are made in more than one way."""
    group = select.args.get("group")
    if group is None:
        return []
    plain = not has_sets(group) and not any(value for key, value in group.args.items() if key != "expressions")
    return [key.unnest() for key in group.expressions] if plain else None


def covers(keys: Sequence[exp.Expr], wanted: Sequence[exp.Expr]) -> bool:
    """Whether ``wanted`` are all among ``keys``."""
    return all(any(key == want for key in keys) for want in wanted)


class Totality:
    """Answers from keys and equalities alone, so No may also mean that it is not known."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def tells_outputs(self, select: exp.Select, keys: Sequence[exp.Expr]) -> bool:
        """Whether no two rows of a SELECT, put together by its GROUP BY, have the same values of ``keys``."""
        if select.args.get("group") is None:
            return self.tells_rows(select, keys)
        groups = group_keys(select)
        return groups is not None and (covers(keys, groups) or self.tells_rows(select, keys))

    def tells_rows(self, select: exp.Select, keys: Sequence[exp.Expr]) -> bool:
        """Whether no two rows of FROM and WHERE have the same values of ``keys``."""
        own = {source.alias for source in self._own(select)}
        return bool(own) and self._known(select, keys) == own

    def tells_value(self, select: exp.Select, keys: Sequence[exp.Expr], node: exp.Expr) -> bool:
        """Whether rows with the same values of ``keys`` hold the same row of all that ``node`` reads."""
        read = {column.table for column in node.find_all(exp.Column)}
        plain = bool(read) and node.find(exp.Query, exp.AggFunc, exp.Window) is None
        return plain and read <= self._known(select, keys)

    def _own(self, select: exp.Select) -> list[Source]:
        return [source for source in self.sources.of(select) if not _is_asked_only(source)]

    def _known(self, select: exp.Select, keys: Sequence[exp.Expr]) -> set[str]:
        """The sources whose row is told by values of ``keys``."""
        own = self._own(select)
        given = {_name(key) for key in keys if isinstance(key, exp.Column)}
        known: set[str] = set()
        size = -1
        while size < len(given) + len(known):
            size = len(given) + len(known)
            given |= set(self._equal(select, given, known))
            known |= {source.alias for source in own if self._is_told(source, given)}
            given |= {_name(column) for alias in known for column in self.sources.selects.of_source(select, alias)}
        return known

    def _is_told(self, source: Source, given: Collection[_Name]) -> bool:
        names = {name for alias, name in given if alias == source.alias}
        place = self.sources.place(source.node)
        if place is not None:
            key = place.dataset.table.key
            return bool(key) and {name.lower() for name in key} <= names
        behind = self.sources.definition(source.node)
        return behind is not None and self._tells_query(behind, names)

    def _tells_query(self, query: exp.Query, names: Collection[str]) -> bool:
        """Whether no two rows of a query have the same values of the outputs of these names."""
        if query.args.get("distinct") and all(output.alias_or_name.lower() in names for output in query.selects):
            return not (isinstance(query, exp.Select) and query.args["distinct"].args.get("on"))
        if not isinstance(query, exp.Select):
            return False
        chosen = [output.unalias() for output in query.selects if output.alias_or_name.lower() in names]
        return self.tells_outputs(query, chosen)

    def _equal(self, select: exp.Select, given: Collection[_Name], known: Collection[str]) -> Iterator[_Name]:
        """Columns that conditions make equal to a given one, or to a constant."""
        for alias, part in _conditions(select, known):
            for one, other in ((part.this, part.expression), (part.expression, part.this)):
                told = is_constant(other) or (isinstance(other, exp.Column) and _name(other) in given)
                if isinstance(one, exp.Column) and alias in ("", one.table) and told and self._alike(one, other):
                    yield _name(one)

    def _alike(self, one: exp.Expr, other: exp.Expr) -> bool:
        """Whether no two values of one are equal to the same value of the other."""
        try:
            types = {self.sources.types.of(one), self.sources.types.of(other)}
        except (ValueError, KeyError):
            return False
        families = set(map(family, types))
        return families == {Family.INTEGER} or (len(types) == 1 and not families & {Family.REAL, Family.DOUBLE})

    def settles(self, node: exp.Expr, keys: Sequence[exp.Expr]) -> bool:
        """Whether rows with the same values of ``keys`` also have the same value of ``node``, to the last bit."""
        if any(node == key for key in keys):
            return self._is_itself(node)
        columns = list(node.find_all(exp.Column))
        computed = bool(columns) and node.find(exp.Query, exp.AggFunc, exp.Window) is None
        return computed and all(column in keys and self._is_itself(column) for column in columns)

    def _is_itself(self, key: exp.Expr) -> bool:
        """Whether equal values are the same: zeros of both signs are not, nor are a month and thirty days."""
        try:
            return family(self.sources.types.of(key)) not in (Family.REAL, Family.DOUBLE, Family.INTERVAL)
        except (ValueError, KeyError):
            return False


def _name(column: exp.Column) -> _Name:
    return column.table, column.name.lower()


def _is_asked_only(source: Source) -> bool:
    """Whether rows are only looked for in it."""
    return source.join is not None and source.join.kind in _ASKED


def _conditions(select: exp.Select, known: Collection[str]) -> Iterator[tuple[str, exp.Expr]]:
    """Equalities that hold for every row; or, with its alias, of one source as soon as all that is beside it is known.

    What a LEFT JOIN finds, nothing among that, is decided by the rows for which it looks.
    """
    where = select.args.get("where")
    yield from (("", part) for part in _equalities(where.this if where else None))
    joins = [join for join in select.args.get("joins") or () if not join.method and join.kind not in _ASKED]
    kept = not any(join.side in ("RIGHT", "FULL") for join in joins)
    for join in joins:
        alias, on = join.this.alias_or_name, join.args.get("on")
        if kept and not join.side:
            yield from (("", part) for part in _equalities(on))
        elif join.side in ("", "LEFT") and on is not None and aliases(on) - {alias} <= set(known):
            yield from ((alias, part) for part in _equalities(on))


def _equalities(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    return (part for part in conjuncts(condition) if isinstance(part, exp.EQ))
