"""The largest parts of each SELECT that one store computes exactly become fragments; the rest is the residual."""

from collections.abc import Mapping

from sqlglot import exp

from connectors.spi import Capabilities, Clause
from gateway.catalog import Place
from gateway.planner.aggregate import take_aggregation
from gateway.planner.classify import Classifier
from gateway.planner.draft import Draft, give_out_columns
from gateway.planner.joins import Conjunct, all_conjuncts, all_inner, connected, filterable, may_move
from gateway.planner.leaves import Leaves
from gateway.planner.ownership import Selects, Source
from gateway.planner.predicates import conjoin
from gateway.planner.refusal import Refused
from gateway.planner.rename import substitute
from gateway.planner.topn import take_top_n


def split(query: exp.Query, leaves: Leaves, stores: Mapping[str, Capabilities]) -> None:
    """Replace every table of a qualified ``query``, in place, by the relation that delivers it."""
    selects = Selects.of(query)
    # Innermost first: a subquery tells its reasons before the names around it change.
    for select in reversed(list(query.find_all(exp.Select))):
        _Split(select, selects, leaves, stores).run()


class _Split:
    """The split of one SELECT."""

    def __init__(
        self, select: exp.Select, selects: Selects, leaves: Leaves, stores: Mapping[str, Capabilities]
    ) -> None:
        self.select = select
        self.selects = selects
        self.leaves = leaves
        self.stores = stores
        self.sources = selects.sources[id(select)]
        self.local = {source.alias for source in self.sources}
        self.conjuncts = all_conjuncts(select)
        self.taken: list[Conjunct] = []
        self.told: list[Conjunct] = []

    def run(self) -> None:
        remote = self._scan_in_place()
        if not remote:
            return
        drafts = [(members, self._draft(members)) for members in self._groups(remote)]
        self._leave(set(remote))
        whole = len(drafts) == 1 and len(drafts[0][0]) == len(self.sources)
        if not whole:
            self._tell_stages("it reads more than one relation", "group", "having", "order", "limit")
        for members, draft in drafts:
            alias = self.leaves.names.fresh("g") if len(members) > 1 else members[0].alias
            if whole:
                self._take_stages(draft, alias)
            self._install(members, draft, alias)

    def _scan_in_place(self) -> dict[str, Source]:
        """Point the tables that DuckDB reads itself at their scans; the others, by alias, are left to do."""
        remote: dict[str, Source] = {}
        for source in self.sources:
            if not isinstance(source.node, exp.Table) or source.node.name not in self.leaves.places:
                continue
            if self.stores[self._place(source).dataset.store].in_place:
                name = self.leaves.scan(source.node.name)
                source.node.set("this", exp.to_identifier(name, quoted=True))
            else:
                remote[source.alias] = source
        return remote

    def _place(self, source: Source) -> Place:
        return self.leaves.places[source.node.name]

    def _groups(self, remote: Mapping[str, Source]) -> list[list[Source]]:
        """Tables that go into one fragment: same store, inner-joined, held together by equalities."""
        by_store: dict[str, list[str]] = {}
        for alias, source in remote.items():
            by_store.setdefault(self._place(source).dataset.store, []).append(alias)
        groups: list[list[str]] = []
        for store, aliases in by_store.items():
            joinable = all_inner(self.sources) and Clause.JOIN in self.stores[store].clauses
            within = {alias: remote[alias] for alias in aliases}
            links = [self._link(conjunct, within) for conjunct in self.conjuncts] if joinable else []
            groups += connected(aliases, links)
        return [[source for alias, source in remote.items() if alias in group] for group in groups]

    def _link(self, conjunct: Conjunct, remote: Mapping[str, Source]) -> frozenset[str]:
        """The two aliases that a pushable equality relates, or nothing."""
        aliases = conjunct.aliases
        if len(aliases) != 2 or not isinstance(conjunct.node, exp.EQ) or not aliases <= remote.keys():
            return frozenset()
        try:
            self._classifier(self._empty([remote[alias] for alias in aliases])).predicate(conjunct.node)
        except Refused:
            return frozenset()
        return aliases

    def _empty(self, members: list[Source]) -> Draft:
        store = self._place(members[0]).dataset.store
        return Draft(store, {source.alias: self._place(source).dataset.table for source in members})

    def _classifier(self, draft: Draft) -> Classifier:
        return Classifier(self.stores[draft.store], draft.column)

    def _draft(self, members: list[Source]) -> Draft:
        """The members with all the conjuncts that may and can be computed there."""
        draft = self._empty(members)
        kept = filterable(self.sources)
        for conjunct in self.conjuncts:
            if not conjunct.aliases or not conjunct.aliases <= draft.tables.keys():
                continue
            try:
                self._classifier(draft).clause(Clause.WHERE)
                if len(members) == 1 and not may_move(conjunct, members[0].alias, kept):
                    raise Refused("an outer join stands between this condition and the table")
                draft.filters.append(self._classifier(draft).predicate(conjunct.node))
                self.taken.append(conjunct)
            except Refused as why:
                self.leaves.stays(conjunct.node, why)
                self.told.append(conjunct)
        return draft

    def _leave(self, remote: set[str]) -> None:
        """Take the pushed conjuncts out of the SELECT, and tell why the others stay."""
        untaken = [conjunct for conjunct in self.conjuncts if conjunct not in self.taken]
        for conjunct in untaken:
            if conjunct not in self.told and conjunct.aliases & remote:
                self.leaves.stays(conjunct.node, self._why_apart(conjunct))
        where = [conjunct.node for conjunct in untaken if conjunct.join is None]
        self.select.set("where", exp.Where(this=conjoin(where)) if where else None)
        for join in self._joins():
            if join.args.get("on") is not None:
                _narrow(join, [conjunct.node for conjunct in untaken if conjunct.join is join])

    def _why_apart(self, conjunct: Conjunct) -> str:
        if conjunct.node.find(exp.Query):
            return "it holds a subquery"
        return "it relates different relations" if conjunct.aliases <= self.local else "it is correlated"

    def _take_stages(self, draft: Draft, alias: str) -> None:
        """One draft delivers all the rows of this SELECT: it may take the later stages too."""
        stages = ("having", "qualify", "distinct")
        if len(self.taken) < len(self.conjuncts):
            self._tell_stages("a condition before it stayed", "group", *stages, "order", "limit")
            return
        self._tell_stages("it is not among the clauses that are pushed", *stages)
        take_aggregation(self.select, self.selects, draft, self._classifier(draft), self.leaves, alias)
        take_top_n(self.select, draft, self._classifier(draft), self.leaves)

    def _tell_stages(self, why: str, *stages: str) -> None:
        for stage in stages:
            if clause := self.select.args.get(stage):
                self.leaves.stays(clause, why)

    def _install(self, members: list[Source], draft: Draft, alias: str) -> None:
        """Put the finished fragment where its tables stood."""
        if not draft.outputs:
            self._give_out(members, draft, alias)
        places = [self._place(source) for source in members]
        name = self.leaves.fragment(draft.freeze(self.leaves.printed), places)
        node = members[0].node
        node.set("this", exp.to_identifier(name, quoted=True))
        node.args["alias"].set("this", exp.to_identifier(alias, quoted=True))
        self._drop_joins({id(source.node) for source in members[1:]})

    def _give_out(self, members: list[Source], draft: Draft, alias: str) -> None:
        """Give out every column that the query reads of the members, and let the query read it from ``alias``."""
        done = {id(column) for conjunct in self.taken for column in conjunct.node.find_all(exp.Column)}
        for source in members:
            columns = [column for column in self.selects.of_source(self.select, source.alias) if id(column) not in done]
            prefix = f"{source.alias}." if len(members) > 1 else ""
            give_out_columns(draft, source.alias, [column.name for column in columns], prefix)
            for column in columns:
                substitute(column, alias, f"{prefix}{column.name}")

    def _drop_joins(self, dropped: set[int]) -> None:
        """Remove the joins whose tables went into an earlier source; what is left of their conditions stays true."""
        gone = [join for join in self._joins() if id(join.this) in dropped]
        self.select.set("joins", [join for join in self._joins() if id(join.this) not in dropped])
        for join in gone:
            if condition := join.args.get("on"):
                self.select.where(condition, copy=False)

    def _joins(self) -> list[exp.Join]:
        return self.select.args.get("joins") or []


def _narrow(join: exp.Join, rest: list[exp.Expr]) -> None:
    """Leave only ``rest`` of a join's condition."""
    if rest:
        join.set("on", conjoin(rest))
    elif not join.side and join.kind in ("", "INNER"):
        join.set("on", None)
        join.set("kind", "CROSS")
    else:
        join.set("on", exp.true())
