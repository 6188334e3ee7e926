"""A SELECT over several stores: same-store neighbours become fragments, with the conditions that are theirs alone."""

from collections.abc import Mapping

from sqlglot import exp

from connectors.spi import Capabilities, Clause, Fidelity
from gateway.catalog import Place
from gateway.planner.draft import Draft, column_node, needed, table_node
from gateway.planner.eager import Eager
from gateway.planner.joins import Conjunct, all_conjuncts, all_inner, connected, filterable, is_inner, may_move
from gateway.planner.judge import Judge
from gateway.planner.leaves import Leaves
from gateway.planner.ownership import Source
from gateway.planner.predicates import conjoin
from gateway.planner.refusal import Refused
from gateway.planner.rename import substitute
from gateway.planner.sources import Sources

_STAGES = ("group", "having", "qualify", "distinct", "order", "limit")


class Mixed:
    """The split of one SELECT, in place."""

    def __init__(
        self, select: exp.Select, sources: Sources, leaves: Leaves, stores: Mapping[str, Capabilities], *, eager: bool
    ) -> None:
        self.select = select
        self.sources = sources
        self.leaves = leaves
        self.stores = stores
        self.eager = eager
        self.own = sources.of(select)
        self.local = {source.alias for source in self.own}
        self.conjuncts = all_conjuncts(select)
        self.taken: list[Conjunct] = []
        self.told: list[Conjunct] = []

    def take(self) -> None:
        """Replace every dataset among the sources by the relation that delivers it."""
        remote = self._scan_in_place()
        if not remote:
            return
        drafts = [(members, self._draft(members)) for members in self._groups(remote)]
        self._leave(set(remote))
        self._tell_stages()
        for members, draft in drafts:
            alias = self.leaves.names.fresh("g") if len(members) > 1 else members[0].alias
            self._install(members, draft, alias)

    def _scan_in_place(self) -> dict[str, Source]:
        """Point the tables that DuckDB reads itself at their scans; the others, by alias, are left to do."""
        remote: dict[str, Source] = {}
        for source in self.own:
            place = self.sources.place(source.node)
            if place is None:
                continue
            if self.stores[place.dataset.store].in_place:
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
            joinable = all_inner(self.own) and Clause.JOIN in self.stores[store].clauses
            links = [self._link(conjunct, store, set(aliases)) for conjunct in self.conjuncts] if joinable else []
            groups += connected(aliases, links)
        return [[source for alias, source in remote.items() if alias in group] for group in groups]

    def _judge(self, store: str, within: set[str]) -> Judge:
        return Judge(store, self.stores[store], self.sources, within)

    def _link(self, conjunct: Conjunct, store: str, within: set[str]) -> frozenset[str]:
        """The two aliases that a pushable equality relates, or nothing."""
        aliases = conjunct.aliases
        if len(aliases) != 2 or not isinstance(conjunct.node, exp.EQ) or not aliases <= within:
            return frozenset()
        try:
            self._judge(store, within).predicate(conjunct.node)
        except Refused:
            return frozenset()
        return aliases

    def _draft(self, members: list[Source]) -> Draft:
        """The members with all the conjuncts that may and can be computed there."""
        places = {source.alias: self._place(source) for source in members}
        judge = self._judge(places[members[0].alias].dataset.store, set(places))
        kept = filterable(self.own)
        made: list[exp.Expr] = []
        for conjunct in self.conjuncts:
            own = conjunct.aliases & self.local
            if not own or not own <= judge.within:
                continue
            try:
                judge.clause(Clause.WHERE)
                if len(members) == 1 and not may_move(conjunct, members[0].alias, kept):
                    raise Refused("an outer join stands between this condition and the table")
                made.append(self._judged(conjunct, judge))
            except Refused as why:
                self.leaves.stays(conjunct.node, why)
                self.told.append(conjunct)
        return Draft(_select(places, made), places | judge.tables)

    def _judged(self, conjunct: Conjunct, judge: Judge) -> exp.Expr:
        made, fidelity = judge.conjunct(conjunct.node)
        if fidelity is Fidelity.EXACT:
            self.taken.append(conjunct)
        else:
            self.told.append(conjunct)
            self.leaves.stays(conjunct.node, "the store keeps too many rows for it, so it is looked at again")
        return made

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

    def _tell_stages(self) -> None:
        for stage in _STAGES:
            if clause := self.select.args.get(stage):
                self.leaves.stays(clause, "it reads more than one relation")

    def _install(self, members: list[Source], draft: Draft, alias: str) -> None:
        """Put the finished fragment where its tables stood."""
        if not (self.eager and self._group_early(members, draft, alias)):
            self._give_out(members, draft, alias)
        places = list(dict.fromkeys(draft.places.values()))
        name = self.leaves.fragment(draft.freeze(self.leaves.printed), places)
        node = members[0].node
        node.set("this", exp.to_identifier(name, quoted=True))
        node.args["alias"].set("this", exp.to_identifier(alias, quoted=True))
        self._drop_joins({id(source.node) for source in members[1:]})

    def _group_early(self, members: list[Source], draft: Draft, alias: str) -> bool:
        """Whether the rows could be put together before they meet those of other stores."""
        within = {source.alias for source in members}
        judge = self._judge(self._place(members[0]).dataset.store, within)
        step = Eager(self.select, self.sources, judge, [source.alias for source in members])
        try:
            if not all_inner(self.own):
                raise Refused("an outer join stands between the groups and the table")
            step.give_out(draft, [column for source in members for column in self._columns(source)])
        except Refused:
            draft.outputs.clear()
            return False
        step.replace(alias)
        self.eager = False
        return True

    def _columns(self, source: Source) -> list[exp.Column]:
        """The columns of a source that are read above its fragment."""
        done = {id(column) for conjunct in self.taken for column in conjunct.node.find_all(exp.Column)}
        return [node for node in self.sources.selects.of_source(self.select, source.alias) if id(node) not in done]

    def _give_out(self, members: list[Source], draft: Draft, alias: str) -> None:
        """Give out every column that the query reads of the members, and let the query read it from ``alias``."""
        for source in members:
            columns = self._columns(source)
            prefix = f"{source.alias}." if len(members) > 1 else ""
            names: dict[str, str] = {}
            for name, type_name in needed(self.sources.columns(source), (node.name for node in columns)):
                names[name.lower()] = draft.add(f"{prefix}{name}", type_name, column_node(source.alias, name))
            for column in columns:
                substitute(column, alias, names[column.name.lower()])

    def _drop_joins(self, dropped: set[int]) -> None:
        """Remove the joins whose tables went into an earlier source; what is left of their conditions stays true."""
        gone = [join for join in self._joins() if id(join.this) in dropped]
        self.select.set("joins", [join for join in self._joins() if id(join.this) not in dropped])
        for join in gone:
            if condition := join.args.get("on"):
                self.select.where(condition, copy=False)

    def _joins(self) -> list[exp.Join]:
        return self.select.args.get("joins") or []


def _select(places: Mapping[str, Place], conditions: list[exp.Expr]) -> exp.Select:
    first, *others = (table_node(alias, place.dataset.table) for alias, place in places.items())
    made = exp.Select(from_=exp.From(this=first))
    made.set("joins", [exp.Join(this=other, kind="CROSS") for other in others])
    if conditions:
        made.set("where", exp.Where(this=conjoin(conditions)))
    return made


def _narrow(join: exp.Join, rest: list[exp.Expr]) -> None:
    """Leave only ``rest`` of a join's condition."""
    if rest:
        join.set("on", conjoin(rest))
    elif is_inner(join):
        join.set("on", None)
        join.set("kind", "CROSS")
    else:
        join.set("on", exp.true())
