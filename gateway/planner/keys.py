"""Which fragments need only the rows that match the keys of another relation, and where those keys come from.

An equality that every row of an answer must satisfy lets a fragment leave out the rows that match no key. That holds
for a condition of WHERE and of an inner join, for the right side of a left join and the filtered side of a semi join
or of IN and EXISTS. It is never used of the rows that an outer join keeps anyway, of anti joins and of NOT IN.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from connectors.spi import Column
from connectors.types import Family
from gateway.planner.beforehand import may_come_first
from gateway.planner.draft import Print, relation_node
from gateway.planner.joins import all_conjuncts, is_inner
from gateway.planner.lineage import Origin, is_reshaped, trace
from gateway.planner.narrowing import Narrowing, column_pairs
from gateway.planner.ownership import Selects, Source
from gateway.planner.plan import Keys
from gateway.planner.predicates import conjuncts

_SHIPPED = frozenset({Family.INTEGER, Family.DECIMAL, Family.TEXT, Family.DATE, Family.TIMESTAMP, Family.UUID})
_SIDEWAYS = ("sample", "laterals", "match")
_AFTER = ("group", "having", "distinct", "limit", "offset", "qualify", "order")

Relations = Mapping[str, tuple[Column, ...]]


def candidates(
    query: exp.Query, relations: Relations, into: Collection[str], scans: Mapping[str, bool], printed: Print
) -> Iterator[Keys]:
    """Every way in which a relation named in ``into`` could be restricted by keys of another of ``relations``.

    ``query`` is the finished residual, in which every column names its source. ``scans`` are the relations that DuckDB
    can read beforehand, and whether at next to no cost, so that keys are narrowed by them too. The keys have no limit
    yet.
    """
    if query.find(exp.TableSample):
        return
    search = _Search(query, relations, scans, printed)
    for target, origin in search.matches(into):
        if made := search.keys(target, origin):
            yield made


@dataclass(frozen=True)
class _Target:
    """A column of a relation that may be restricted."""

    relation: str
    column: str


class _Search:
    def __init__(self, query: exp.Query, relations: Relations, scans: Mapping[str, bool], printed: Print) -> None:
        self.scans = scans
        self.small = frozenset(name for name, small in scans.items() if small)
        self.selects = Selects.of(query)
        self.query = query
        self.relations = relations
        self.printed = printed
        self.read = Counter(table.name for table in query.find_all(exp.Table))

    def matches(self, into: Collection[str]) -> Iterator[tuple[_Target, Origin]]:
        for select in self.query.find_all(exp.Select):
            if not self._is_clear(select):
                continue
            for conjunct in all_conjuncts(select):
                allowed = self._allowed(select, conjunct.join)
                for left, right in self._equal(conjunct.node, select):
                    target = self._target(left, select, allowed)
                    origin = self._origin(right, select, conjunct.join)
                    if target and origin and target.relation in into and target.relation != origin.relation:
                        yield target, origin

    def keys(self, target: _Target, origin: Origin) -> Keys | None:
        """The keys in the type of the column that they restrict; None when the two are not compared as they stand."""
        into = self._column(target.relation, target.column)
        source = self._column(origin.relation, origin.column)
        if into is None or source is None or into.family is not source.family or into.family not in _SHIPPED:
            return None
        if into.family is Family.DECIMAL and into.type != source.type:
            return None
        if into.family is Family.INTEGER and "HUGEINT" in (into.type, source.type):
            return None
        text, narrowed = self._grouped(origin, into) or self._rows(origin, into)
        return Keys(target.relation, into.name, origin.relation, source.name, text, narrowed)

    def _is_clear(self, select: exp.Select) -> bool:
        joins = select.args.get("joins") or []
        return not any(join.method or join.args.get("using") for join in joins) and not any(
            select.args.get(key) for key in _SIDEWAYS
        )

    def _allowed(self, select: exp.Select, join: exp.Join | None) -> frozenset[str]:
        """The sources whose rows a condition of WHERE or of ``join`` may remove early."""
        sources = self.selects.sources[id(select)]
        if join is None or is_inner(join) or (join.kind == "SEMI" and not join.side):
            return frozenset(source.alias for source in sources if _is_visible(source, join))
        if join.side == "LEFT" and join.kind in ("", "OUTER"):
            return frozenset({join.this.alias_or_name})
        if join.side == "RIGHT" and join.kind in ("", "OUTER") and len(sources) == 2:
            return frozenset({sources[0].alias})
        return frozenset()

    def _equal(self, node: exp.Expr, select: exp.Select) -> Iterator[tuple[exp.Column, exp.Column]]:
        """Pairs of a column of ``select`` and one that it must be equal to."""
        yield from column_pairs(node)
        if isinstance(node, exp.In) and isinstance(node.this.unnest(), exp.Column):
            inner = _only_select(node.args.get("query"))
            if inner is not None and len(inner.expressions) == 1:
                column = inner.expressions[0].unalias()
                if isinstance(column, exp.Column):
                    yield node.this.unnest(), column
        elif isinstance(node, exp.Exists):
            yield from self._exists(_only_select(node.this), select)

    def _exists(self, inner: exp.Select | None, select: exp.Select) -> Iterator[tuple[exp.Column, exp.Column]]:
        if inner is None or any(inner.args.get(key) for key in _AFTER) or inner.find(exp.AggFunc):
            return
        where = inner.args.get("where")
        for node in conjuncts(where.this if where else None):
            for left, right in column_pairs(node):
                if self.selects.owner(left) is select and self.selects.owner(right) is inner:
                    yield left, right

    def _target(self, column: exp.Column, select: exp.Select, allowed: frozenset[str]) -> _Target | None:
        if self.selects.owner(column) is not select or column.table not in allowed:
            return None
        node = _source(self.selects, select, column.table).node
        if not isinstance(node, exp.Table) or self.read[node.name] != 1 or is_reshaped(node):
            return None
        return _Target(node.name, column.name)

    def _origin(self, column: exp.Column, select: exp.Select, join: exp.Join | None) -> Origin | None:
        owner = self.selects.owner(column)
        if owner is None or (owner is not select and self._is_denied(select)):
            return None
        if not _is_visible(_source(self.selects, owner, column.table), join):
            return None
        # The values of IN (SELECT …) pass its output; those of an EXISTS stand below whatever it puts together.
        output = [(owner, item.alias_or_name) for item in owner.expressions if item.unalias() is column]
        return trace(column, self.selects, self.relations, tuple(output) if owner is not select else ())

    def _is_denied(self, select: exp.Select) -> bool:
        """Whether a subquery stands below a NOT, where it takes rows away instead of letting them through."""
        return select.find_ancestor(exp.Not, exp.All) is not None

    def _column(self, relation: str, name: str) -> Column | None:
        return next((column for column in self.relations[relation] if column.name.lower() == name.lower()), None)

    def _rows(self, origin: Origin, into: Column) -> tuple[str, bool]:
        """Text for the keys of the rows without which there is no answer, and whether these are fewer than all."""
        narrowing = Narrowing(origin.select, self.selects.sources[id(origin.select)], self.small)
        own, others = narrowing.own(origin.alias), list(narrowing.neighbours(origin.alias))
        node = relation_node(origin.relation, origin.alias)
        # A large relation is not read for keys because small ones might leave few of them.
        return self._text(node, origin.column, into, [*own, *others]), bool(
            own or (others and origin.relation in self.small)
        )

    def _grouped(self, origin: Origin, into: Column) -> tuple[str, bool] | None:
        """Text for the keys of the groups that a HAVING leaves, where these can be computed beforehand."""
        for select, name in origin.passed:
            if select.args.get("having") and may_come_first(select, origin, self.selects, self.relations, self.scans):
                inner = exp.Subquery(this=select.copy(), alias=exp.TableAlias(this=_identifier(origin.alias)))
                return self._text(inner, name, into, []), True
        return None

    def _text(self, source: exp.Expr, column: str, into: Column, conditions: list[exp.Expr]) -> str:
        """DuckDB text for the distinct keys, NULL not among them, in the type in which they are shipped."""
        name = exp.column(_identifier(column), _identifier(source.alias))
        shipped = "VARCHAR" if into.family is Family.UUID else into.type
        key = exp.alias_(exp.TryCast(this=name, to=exp.DataType.build(shipped, dialect="duckdb")), "k", quoted=True)
        query = exp.select(key).distinct().from_(source).where(*conditions)
        return self.printed(query.where(exp.Is(this=name.copy(), expression=exp.Null()).not_()))


def _only_select(node: exp.Expr | None) -> exp.Select | None:
    inner = node.unnest() if isinstance(node, exp.Subquery) else node
    return inner if isinstance(inner, exp.Select) else None


def _source(selects: Selects, select: exp.Select, alias: str) -> Source:
    return next(source for source in selects.sources[id(select)] if source.alias == alias)


def _is_visible(source: Source, join: exp.Join | None) -> bool:
    """What a semi or anti join brings in can be named in its own condition only."""
    return source.join is None or source.join is join or source.join.kind not in ("SEMI", "ANTI")


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)
