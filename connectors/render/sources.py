"""What a query reads: tables, queries with an alias, and the joins between them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from connectors.render.native import MAX_IDENTIFIER, identifier, table_name
from connectors.render.operands import Operand, column_operand
from connectors.render.writer import Rows, Writer, bare
from connectors.spi import Table


@dataclass
class Relation:
    """A source by its quoted alias. ``padded`` once an outer join may put NULLs in the place of its rows."""

    alias: str
    find: Callable[[str], Operand | None]
    padded: bool = False

    def column(self, name: str) -> Operand:
        """A column by its global name. Raises ValueError for one it has not."""
        found = self.find(name)
        if found is None:
            raise ValueError("the fragment names a column that none of its tables has")
        return replace(found, total=False) if self.padded else found


class Scope:
    """The relations of a whole fragment by alias; no alias is used twice."""

    def __init__(self, tables: tuple[tuple[str, Table], ...]) -> None:
        self.tables: dict[str, tuple[str, Table]] = {}
        for position, (alias, table) in enumerate(tables):
            short = alias if len(alias.encode()) <= MAX_IDENTIFIER else f"t{position}"
            self.tables[alias.lower()] = (identifier(short), table)
        self._relations: dict[str, Relation] = {}

    def column(self, node: exp.Column) -> Operand:
        """The column of a relation that was read before."""
        relation = self._relations.get(node.text("table").lower())
        if relation is None:
            raise ValueError("the fragment names a column that none of its tables has")
        return relation.column(node.name)

    def table(self, node: exp.Table) -> tuple[str, Relation]:
        """A table of the fragment, as text and as a relation."""
        name = node.alias_or_name.lower()
        if name not in self.tables:
            raise ValueError("the fragment reads something that is not one of its tables")
        alias, table = self.tables[name]

        def find(wanted: str) -> Operand | None:
            column = table.column(wanted)
            return column_operand(f"{alias}.{identifier(column.physical)}", column) if column else None

        return f"{table_name(table.name)} AS {alias}", self._add(name, Relation(alias, find))

    def derived(self, node: exp.Subquery, rows: Rows, fresh: Callable[[], str]) -> tuple[str, Relation]:
        """A query with an alias."""
        name = node.alias
        alias = identifier(name) if len(name.encode()) <= MAX_IDENTIFIER else fresh()
        columns = {wanted.lower(): replace(operand, sql=f"{alias}.{operand.sql}") for wanted, operand in rows.columns}
        if len(columns) < len(rows.columns):
            raise ValueError("a subquery gives out two columns of one name")
        relation = Relation(alias, lambda wanted: columns.get(wanted.lower()))
        return f"({rows.sql}) AS {alias}", self._add(name.lower(), relation)

    def _add(self, name: str, relation: Relation) -> Relation:
        self._relations[name] = relation
        return relation


class Joined:
    """FROM with its joins. ``conditions`` are what semi and anti joins leave for WHERE."""

    def __init__(self, write: Writer, scope: Scope, select: exp.Select) -> None:
        self.write = write
        self.scope = scope
        self.conditions: list[str] = []
        self.read: list[Relation] = []
        joins = select.args.get("joins") or []
        # A comma binds less than JOIN does, which shows only where rows of the left side can get lost.
        self.comma = ", " if any(join.side in ("RIGHT", "FULL") for join in joins) else " CROSS JOIN "
        first = select.args.get("from_")
        self.text = "".join(self._parts(first, joins)) if first else ""

    def _parts(self, first: exp.From, joins: list[exp.Join]) -> Iterator[str]:
        yield self._source(first.this)
        for join in joins:
            yield self._join(join)

    def _source(self, node: exp.Expr) -> str:
        text, relation = self._relation(node)
        self.read.append(relation)
        return text

    def _relation(self, node: exp.Expr) -> tuple[str, Relation]:
        parts = {key for key, value in node.args.items() if value} - {"this", "alias", "db", "catalog"}
        alias = node.args.get("alias")
        if parts or (isinstance(alias, exp.TableAlias) and alias.args.get("columns")):
            raise ValueError("a source has a part that is not rendered")
        if isinstance(node, exp.Table):
            return self.scope.table(node)
        if isinstance(node, exp.Subquery) and node.alias:
            return self.scope.derived(node, self.write.query(node.this), self.write.fresh)
        raise ValueError("the fragment reads something that is not one of its tables")

    def _join(self, join: exp.Join) -> str:
        on = join.args.get("on")
        if join.method or any(value for key, value in join.args.items() if key not in ("this", "on", "kind", "side")):
            raise ValueError("such a join is not rendered")
        if join.kind in ("SEMI", "ANTI") and not join.side:
            self._asked(join, on)
            return ""
        if join.side in ("LEFT", "RIGHT", "FULL") and join.kind in ("", "OUTER") and on is not None:
            return self._outer(join.side, join.this, on)
        if join.side or join.kind not in ("", "INNER", "CROSS"):
            raise ValueError("such a join is not rendered")
        if on is None:
            return f"{self.comma if not join.kind else ' CROSS JOIN '}{self._source(join.this)}"
        return f" JOIN {self._source(join.this)} ON {self.write.condition(on)}"

    def _outer(self, side: str, node: exp.Expr, on: exp.Expr) -> str:
        before = list(self.read)
        source = self._source(node)
        met = self.write.condition(on)
        if side == "FULL" and (self.conditions or not _relates(on)):
            raise ValueError("a FULL JOIN is rendered only on equalities of its two sides")
        if side == "RIGHT":
            # What was left out before stays out: a row of the left side that meets nothing is not kept.
            met = " AND ".join([met, *self.conditions])
            self.conditions = []
        for relation in [*(before if side != "LEFT" else []), *(self.read[-1:] if side != "RIGHT" else [])]:
            relation.padded = True
        return f" {side} JOIN {source} ON {met}"

    def _asked(self, join: exp.Join, on: exp.Expr | None) -> None:
        text, _ = self._relation(join.this)
        where = "" if on is None else f" WHERE {self.write.condition(on)}"
        word = "EXISTS" if join.kind == "SEMI" else "NOT EXISTS"
        self.conditions.append(f"({word} (SELECT 1 FROM {text}{where}))")


def _relates(on: exp.Expr) -> bool:
    """Whether every part is an equality: Postgres merges or hashes a FULL JOIN, and can do neither by other means."""
    whole = bare(on)
    parts = whole.flatten() if isinstance(whole, exp.And) else [whole]
    return all(isinstance(bare(part), exp.EQ) for part in parts)
