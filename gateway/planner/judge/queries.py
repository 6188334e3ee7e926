"""Whole queries: SELECTs with their joins, groups and subqueries, and set operations, all over one store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlglot import exp

from connectors.spi import Capabilities, Clause, Fidelity
from gateway.catalog import Place
from gateway.planner.draft import table_node
from gateway.planner.judge.predicates import PredicateJudge
from gateway.planner.judge.totality import SETS_OF_GROUPS, has_sets
from gateway.planner.predicates import conjuncts
from gateway.planner.refusal import Refused
from gateway.planner.sources import Sources

_SELECT = frozenset({"kind", "expressions", "with_", "from_", "joins", "where", "group", "having", "distinct"})
_SETS = frozenset({"this", "expression", "with_", "distinct", "by_name"})
_INNER = ("", "INNER", "CROSS")
_SIDES = ("LEFT", "RIGHT", "FULL")


class Judge(PredicateJudge):
    """Judges queries over one store. CTEs are written out where they are used.

    ``tables`` collects the datasets that what was judged reads, by alias.
    """

    def __init__(self, store: str, capabilities: Capabilities, sources: Sources, within: Iterable[str] = ()) -> None:
        super().__init__(store, capabilities, sources, within)
        self.tables: dict[str, Place] = {}
        self._written_out = 0

    def conjunct(self, node: exp.Expr) -> tuple[exp.Expr, Fidelity]:
        """A condition that rows must meet; what it would have read is forgotten when it is refused."""
        with self._forgetting():
            return super().conjunct(node)

    def condition(self, node: exp.Expr) -> exp.Expr:
        """A condition that groups must meet, likewise."""
        with self._forgetting():
            return self.predicate(node)

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        tables = dict(self.tables)
        try:
            yield
        except Refused:
            self.tables = tables
            raise

    def asked(self, node: exp.Expr) -> exp.Query:
        """A subquery that may read the sources around it."""
        if not isinstance(node, exp.Query):
            raise Refused("only queries are asked")
        return self.query(node.unnest())

    def subquery(self, node: exp.Expr) -> exp.Expr:
        """A subquery of one column, used as a value."""
        self.clause(Clause.SUBQUERY)
        if len(node.this.selects) != 1 or {key for key, value in node.args.items() if value} != {"this"}:
            raise Refused("only a subquery of one column is a value")
        self.check_correlation(node.this)
        return exp.Subquery(this=self.asked(node.this))

    def check_correlation(self, node: exp.Expr) -> None:
        """EXISTS is as good as a join in every store; other correlated subqueries may be computed for each row."""
        if self.sources.is_correlated(node):
            self.clause(Clause.CORRELATED)

    def query(self, node: exp.Expr) -> exp.Query:
        """A SELECT or a set operation without ORDER BY and LIMIT."""
        if isinstance(node, exp.Select):
            return self._select(node)
        if isinstance(node, exp.SetOperation):
            return self.combined(node)
        raise Refused(f"{type(node).__name__} is not among the queries that are pushed")

    def combined(self, node: exp.SetOperation, *above: str) -> exp.Query:
        """A set operation but for the clauses ``above``, which are computed above it."""
        self.clause(Clause.SET_OPERATION)
        if {key for key, value in node.args.items() if value} - _SETS - {*above} or node.args.get("by_name"):
            raise Refused("ORDER BY, LIMIT and BY NAME over a set operation are not pushed")
        left, right = node.this.unnest(), node.expression.unnest()
        for one, other in zip(left.selects, right.selects, strict=True):
            if self.type(one) != self.type(other):
                raise Refused("the sides of a set operation have different types")
            self.claim("GROUP BY", self.family(one))
        return type(node)(this=self.query(left), expression=self.query(right), distinct=node.args.get("distinct"))

    def _select(self, node: exp.Select) -> exp.Select:
        extra = {key for key, value in node.args.items() if value} - _SELECT
        if extra or node.args.get("kind"):
            raise Refused(f"{_names(extra or {'kind'})} in a subquery is not pushed")
        with self.inside(node):
            return self.body(node)

    @contextmanager
    def inside(self, node: exp.Select) -> Iterator[None]:
        """While the parts of one SELECT are judged."""
        within, own = set(self.within), self.own
        self.own = frozenset(source.alias for source in self.sources.of(node))
        try:
            yield
        finally:
            self.within, self.own = within, own

    def body(self, node: exp.Select) -> exp.Select:
        """Everything of a SELECT but its ORDER BY and LIMIT."""
        made = self.rows(node)
        self._groups(node, made)
        if having := node.args.get("having"):
            self.clause(Clause.HAVING)
            made.set("having", exp.Having(this=self.predicate(having.this)))
        if distinct := node.args.get("distinct"):
            self._distinct(node, distinct)
            made.set("distinct", exp.Distinct())
        made.set("expressions", [self._output(output) for output in node.expressions])
        return made

    def rows(self, node: exp.Select) -> exp.Select:
        """FROM, joins and WHERE of a SELECT."""
        made = self.joined(node)
        if where := node.args.get("where"):
            made.set("where", exp.Where(this=self.predicate(where.this)))
        return made

    def joined(self, node: exp.Select) -> exp.Select:
        """FROM and joins of a SELECT."""
        first = node.args.get("from_")
        if first is None:
            raise Refused("a SELECT without FROM is computed in DuckDB")
        made = exp.Select(from_=exp.From(this=self._source(first.this)))
        joins = node.args.get("joins") or []
        self._check_commas(joins)
        made.set("joins", [self._join(join) for join in joins])
        return made

    def _output(self, node: exp.Expr) -> exp.Expr:
        if not isinstance(node.unalias(), exp.Column):
            self.clause(Clause.PROJECT)
        return exp.alias_(self.value(node.unalias()), node.alias_or_name, quoted=True, copy=False)

    def _distinct(self, node: exp.Select, distinct: exp.Expr) -> None:
        self.clause(Clause.DISTINCT)
        if distinct.args.get("on"):
            raise Refused("DISTINCT ON is not pushed")
        for output in node.expressions:
            self.claim("GROUP BY", self.family(output.unalias()))

    def _groups(self, node: exp.Select, made: exp.Select) -> None:
        group = node.args.get("group")
        if group is None:
            return
        made.set("group", self.group(group))

    def group(self, group: exp.Group) -> exp.Group:
        """A GROUP BY clause."""
        self.clause(Clause.GROUP_BY)
        if any(group.args.get(key) for key in ("totals", "all")):
            raise Refused("GROUP BY ALL is not pushed")
        if any(group.args.get(key) for key in ("rollup", "cube", "grouping_sets")):
            raise Refused("such a GROUP BY is not pushed")
        if has_sets(group):
            self.clause(Clause.GROUPING_SETS)
        return exp.Group(expressions=[self._set(part) for part in group.expressions])

    def _set(self, node: exp.Expr) -> exp.Expr:
        """A part of GROUP BY, at any depth of GROUPING SETS, ROLLUP and CUBE."""
        if isinstance(node, (exp.Tuple, *SETS_OF_GROUPS)):
            return type(node)(expressions=[self._set(part) for part in node.expressions])
        if isinstance(node, exp.Paren):
            return exp.Paren(this=self._set(node.this))
        return self.grouped(node)

    # -- sources ------------------------------------------------------------------------------------------------

    def _source(self, node: exp.Expr) -> exp.Expr:
        alias = node.alias_or_name
        if (place := self.sources.place(node)) is not None:
            if place.dataset.store != self.store:
                raise Refused("it reads another store")
            self.within.add(alias)
            self.tables[alias] = place
            return table_node(alias, place.dataset.table)
        behind = self.sources.definition(node)
        if behind is None:
            raise Refused("a source is neither a dataset nor a subquery")
        self.clause(Clause.SUBQUERY)
        made = self._derived(node, behind)
        self.within.add(alias)
        named = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
        return exp.Subquery(this=made, alias=named)

    def _derived(self, node: exp.Expr, behind: exp.Query) -> exp.Query:
        """The query behind a source; it stands alone, so it reads nothing of what is around it."""
        within, self.within = self.within, set()
        try:
            return self.query(behind) if isinstance(node, exp.Subquery) else self._cte(behind)
        finally:
            self.within = within

    def _cte(self, behind: exp.Query) -> exp.Query:
        """A CTE with aliases of its own each time it is written out: no alias may stand twice in a fragment."""
        tables, self.tables = self.tables, {}
        made = self.query(behind)
        self._written_out += 1
        renamed = rename_sources(made, f"#{self._written_out}")
        self.tables = tables | {renamed[alias]: place for alias, place in self.tables.items()}
        return made

    def _check_commas(self, joins: list[exp.Join]) -> None:
        commas = any(not join.kind and not join.side and join.args.get("on") is None for join in joins)
        if commas and any(join.side in ("RIGHT", "FULL") for join in joins):
            raise Refused("a comma and a RIGHT or FULL JOIN bind differently")

    def _join(self, join: exp.Join) -> exp.Join:
        if join.method or join.args.get("using") or join.args.get("pivots"):
            raise Refused("such a join is not pushed")
        on = join.args.get("on")
        if join.kind in ("SEMI", "ANTI") and not join.side:
            return self._semi_join(join, on)
        outer = join.side in _SIDES and join.kind in ("", "OUTER")
        self.clause(Clause.OUTER_JOIN if outer else Clause.JOIN)
        if not outer and (join.side or join.kind not in _INNER):
            raise Refused("such a join is not pushed")
        source = self._source(join.this)
        if join.side == "FULL":
            self._check_equalities(on)
        made = exp.Join(this=source, on=None if on is None else self.predicate(on))
        made.set("side", join.side or None)
        made.set("kind", None if outer else "INNER" if on is not None else "CROSS")
        return made

    def _semi_join(self, join: exp.Join, on: exp.Expr | None) -> exp.Join:
        self.clause(Clause.SEMI_JOIN)
        if on is None:
            raise Refused("such a join is not pushed")
        alias = join.this.alias_or_name
        source = self._source(join.this)
        condition = self.predicate(on)
        self.within.discard(alias)
        return exp.Join(this=source, on=condition, kind=join.kind)

    def _check_equalities(self, on: exp.Expr | None) -> None:
        """A FULL JOIN is possible in every store only when each condition relates one side to the other."""
        parts = list(conjuncts(on))
        if not parts or not all(isinstance(part, exp.EQ) and _relates(part) for part in parts):
            raise Refused("a FULL JOIN is pushed only on equalities of its two sides")


def _relates(part: exp.Expr) -> bool:
    sides = [{column.table for column in side.find_all(exp.Column)} for side in (part.this, part.expression)]
    return all(sides) and not sides[0] & sides[1]


def rename_sources(query: exp.Query, suffix: str) -> dict[str, str]:
    """Give every source within ``query`` another alias, in place; the new aliases by the old ones."""
    named = [node for node in query.find_all(exp.Table, exp.Subquery) if node.alias]
    renamed = {node.alias: f"{node.alias}{suffix}" for node in named}
    for node in named:
        node.args["alias"].set("this", exp.to_identifier(renamed[node.alias], quoted=True))
    for column in query.find_all(exp.Column):
        if column.table in renamed:
            column.set("table", exp.to_identifier(renamed[column.table], quoted=True))
    return renamed


def _names(keys: Iterable[str]) -> str:
    return ", ".join(sorted(key.strip("_").upper() for key in keys))
