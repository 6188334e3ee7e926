"""A SELECT over one store alone: one fragment computes all of it, or its groups, or at least its rows."""

from collections.abc import Callable

from sqlglot import exp

from connectors.spi import Capabilities, Clause, Fidelity
from gateway.planner.draft import Draft, column_node, needed, relation_node
from gateway.planner.groups import Groups
from gateway.planner.joins import all_conjuncts, connected
from gateway.planner.judge import Judge, covers, has_sets
from gateway.planner.leaves import Leaves
from gateway.planner.predicates import conjoin, conjuncts
from gateway.planner.refusal import Refused
from gateway.planner.rename import substitute
from gateway.planner.sources import Sources
from gateway.planner.topn import bound, is_position, limit_rows, no_rows, resolved

_WHOLE = frozenset(
    {"expressions", "with_", "from_", "joins", "where", "group", "having", "distinct", "order", "limit", "offset"}
)
_ROW_STAGES = ("group", "having", "distinct", "qualify", "windows", "sample")
_BELOW = ("from_", "joins", "where")

Apply = Callable[[str, str], None]
"""Rewrites the SELECT to read the finished fragment: its relation name, and the alias to use."""


class Alone:
    """Tries the levels from the most to the least; the SELECT is changed only by a level that succeeds."""

    def __init__(
        self, select: exp.Select, store: str, capabilities: Capabilities, sources: Sources, leaves: Leaves
    ) -> None:
        self.select = select
        self.store = store
        self.capabilities = capabilities
        self.sources = sources
        self.leaves = leaves
        self.own = sources.of(select)

    def take(self) -> bool:
        """Make one fragment of the SELECT, at least of its rows; False when not even they can be delivered."""
        if self.select.args.get("laterals") or not self.own:
            return False
        refusals: list[Refused] = []
        groups = [self._groups] if Groups(self.select, self.sources).present else []
        for level in (self._everything, *groups, self._rows):
            judge = Judge(self.store, self.capabilities, self.sources)
            try:
                with judge.inside(self.select):
                    draft, apply = level(judge)
            except Refused as why:
                refusals.append(why)
                continue
            draft.places = judge.tables
            self._tell(refusals)
            self._install(draft, apply)
            return True
        self._tell(refusals)
        return False

    def _tell(self, refusals: list[Refused]) -> None:
        """Why not more of it went down, unless that was told of a part already."""
        stages = [clause for key in _ROW_STAGES if (clause := self.select.args.get(key))]
        for why in refusals:
            if not any(reason.why == str(why) for reason in self.leaves.reasons):
                self.leaves.stays(stages[0] if stages else "outputs", why)

    def _install(self, draft: Draft, apply: Apply) -> None:
        name = self.leaves.fragment(draft.freeze(self.leaves.printed), draft.places.values())
        alias = self.own[0].alias if len(self.own) == 1 else self.leaves.names.fresh("g")
        apply(name, alias)

    def _clear(self, name: str, alias: str, *keys: str) -> None:
        for key in ("joins", *keys):
            self.select.set(key, None)
        self.select.set("from_", exp.From(this=relation_node(name, alias)))

    # -- everything ---------------------------------------------------------------------------------------------

    def _everything(self, judge: Judge) -> tuple[Draft, Apply]:
        if {key for key, value in self.select.args.items() if value} - _WHOLE:
            raise Refused("a later stage is not among the clauses that are pushed")
        made = judge.body(self.select)
        self._check_size()
        draft = Draft(made)
        names = [
            draft.add(output.alias_or_name, judge.type(output), judged.unalias())
            for output, judged in zip(self.select.expressions, made.expressions, strict=True)
        ]
        orders = self._orders(judge, draft)
        self._limit(judge, made, self._decides())

        def apply(name: str, alias: str) -> None:
            outputs = zip(self.select.expressions, names, strict=True)
            shown = [
                exp.alias_(column_node(alias, own), old.alias_or_name, quoted=True, copy=False) for old, own in outputs
            ]
            self.select.set("expressions", shown)
            for term, output in orders:
                term.set("this", column_node(alias, output))
            self._clear(name, alias, "where", "group", "having", "distinct", "with_")

        return draft, apply

    def _check_size(self) -> None:
        """Rows that are not put together must not become more or wider than what they are made of."""
        if self._is_grouped() or self.select.args.get("distinct"):
            return
        if not self.select.args.get("limit"):
            self._check_connected()
        outputs = [output.unalias() for output in self.select.expressions]
        columns = {(column.table, column.name.lower()) for output in outputs for column in output.find_all(exp.Column)}
        if len(outputs) > max(1, len(columns)) and not all(isinstance(output, exp.Column) for output in outputs):
            raise Refused("the outputs are more than the columns they are computed from")

    def _is_grouped(self) -> bool:
        return bool(self.select.args.get("group")) or Groups(self.select, self.sources).present

    def _check_connected(self) -> None:
        """A product of tables is made where its rows are needed, not sent."""
        links = [_link(conjunct.node) for conjunct in all_conjuncts(self.select)]
        if len(connected([source.alias for source in self.own], links)) > 1:
            raise Refused("no equality relates all of its relations")

    def _orders(self, judge: Judge, draft: Draft) -> list[tuple[exp.Expr, str]]:
        """The terms of the order that are no outputs: each is given out too, under the name that is told."""
        found: list[tuple[exp.Expr, str]] = []
        order = self.select.args.get("order")
        for term in order.expressions if order else ():
            if is_position(term.this) or (isinstance(term.this, exp.Column) and not term.this.table):
                continue
            if self.select.args.get("distinct"):
                raise Refused("the order is by something that DISTINCT does not keep")
            same = [at for at, output in enumerate(self.select.expressions) if output.unalias() == term.this]
            if same:
                found.append((term, draft.outputs[same[0]][0].name))
            else:
                found.append((term, draft.add("order", judge.type(term.this), judge.value(term.this))))
        return found

    def _decides(self) -> list[exp.Expr] | None:
        """The expressions that no two rows of the answer share; None when the tables' keys decide that."""
        if self.select.args.get("distinct"):
            return [output.unalias() for output in self.select.expressions]
        group = self.select.args.get("group")
        if group is not None and has_sets(group):
            return [exp.Null()]
        return list(group.expressions) if group is not None else [] if self._is_grouped() else None

    def _limit(self, judge: Judge, made: exp.Select, decides: list[exp.Expr] | None) -> None:
        limit = self.select.args.get("limit")
        if limit is None:
            return
        try:
            order = self.select.args.get("order")
            if bound(self.select) == 0:
                no_rows(made, judge)
                return
            if order is None:
                raise Refused("without ORDER BY it is undefined which rows a LIMIT keeps")
            keys = [resolved(term, self.select) for term in order.expressions]
            terms = [judge.term(_with(term, key)) for term, key in zip(order.expressions, keys, strict=True)]
            total = judge.is_total(self.select, keys) if decides is None else covers(keys, decides)
            if not total and self.select.args.get("distinct"):
                raise Refused("the order is not total, and only DuckDB may choose among equal rows")
            limit_rows(made, bound(self.select), terms, total=total, judge=judge)
        except Refused as why:
            self.leaves.stays(limit, why)

    # -- groups -------------------------------------------------------------------------------------------------

    def _groups(self, judge: Judge) -> tuple[Draft, Apply]:
        groups = Groups(self.select, self.sources)
        draft = Draft(judge.rows(self.select))
        having = groups.give_out(judge, draft)

        def apply(name: str, alias: str) -> None:
            groups.replace(alias)
            self._clear(name, alias, "where", "group", "having", "with_")
            if having is not None:
                self.select.set("where", exp.Where(this=having))

        return draft, apply

    # -- rows ---------------------------------------------------------------------------------------------------

    def _rows(self, judge: Judge) -> tuple[Draft, Apply]:
        judge.clause(Clause.WHERE)
        self._check_connected()
        made = judge.joined(self.select)
        where = self.select.args.get("where")
        kept, taken, left = self._where(judge, list(conjuncts(where.this if where else None)))
        if kept:
            made.set("where", exp.Where(this=conjoin(kept)))
        draft = Draft(made)
        renames = self._give_out(judge, draft, taken)
        if not left and not any(self.select.args.get(key) for key in _ROW_STAGES) and not self._is_windowed():
            self._limit(judge, made, None)

        def apply(name: str, alias: str) -> None:
            for column, output in renames:
                substitute(column, alias, output)
            self._clear(name, alias)
            self.select.set("where", exp.Where(this=conjoin(left)) if left else None)

        return draft, apply

    def _where(self, judge: Judge, parts: list[exp.Expr]) -> tuple[list[exp.Expr], list[exp.Expr], list[exp.Expr]]:
        """What the store checks, the conditions that are done with, and those that are left to do."""
        kept: list[exp.Expr] = []
        taken: list[exp.Expr] = []
        left: list[exp.Expr] = []
        for part in parts:
            try:
                made, fidelity = judge.conjunct(part)
                kept.append(made)
                if fidelity is Fidelity.EXACT:
                    taken.append(part)
                    continue
                self.leaves.stays(part, "the store keeps too many rows for it, so it is looked at again")
            except Refused as why:
                self.leaves.stays(part, why)
            left.append(part)
        return kept, taken, left

    def _is_windowed(self) -> bool:
        return (
            any(output.find(exp.Window) for output in self.select.expressions)
            or Groups(self.select, self.sources).present
        )

    def _give_out(self, judge: Judge, draft: Draft, taken: list[exp.Expr]) -> list[tuple[exp.Column, str]]:
        """Every column that is read above the rows, with the name it is given out under."""
        below = [self.select.args.get("from_"), *(self.select.args.get("joins") or []), *taken]
        done = {id(column) for part in below if part is not None for column in part.find_all(exp.Column)}
        renames: list[tuple[exp.Column, str]] = []
        for source in self.own:
            if source.alias not in judge.within:
                continue
            columns = [
                node for node in self.sources.selects.of_source(self.select, source.alias) if id(node) not in done
            ]
            prefix = f"{source.alias}." if len(self.own) > 1 else ""
            names: dict[str, str] = {}
            for name, type_name in needed(self.sources.columns(source), (node.name for node in columns)):
                if columns or not draft.outputs:
                    names[name.lower()] = draft.add(f"{prefix}{name}", type_name, column_node(source.alias, name))
            renames += [(node, names[node.name.lower()]) for node in columns]
        return renames


def _with(term: exp.Expr, key: exp.Expr) -> exp.Ordered:
    """A term of an order by another expression, which stays the node it is."""
    made = exp.Ordered(desc=term.args.get("desc"), nulls_first=term.args.get("nulls_first"))
    made.args["this"] = key
    return made


def _link(node: exp.Expr) -> frozenset[str]:
    """The two aliases that an equality relates, or nothing."""
    if not isinstance(node, (exp.EQ, exp.NullSafeEQ)):
        return frozenset()
    sides = [{column.table for column in side.find_all(exp.Column)} for side in (node.this, node.expression)]
    return frozenset.union(*map(frozenset, sides)) if all(len(side) == 1 for side in sides) else frozenset()
