"""A fragment, DuckDB's meaning, as Postgres text: a typed whitelist. What is not listed here is refused.

This is not a transpiler on purpose: a text that runs in Postgres is not yet a text that means the same there.
Every comparison is written for the types and collations it is about.
"""

from collections.abc import Iterator

from sqlglot import exp

from connectors.render.native import MAX_IDENTIFIER, identifier, table_name
from connectors.render.operands import Operand, column_operand, constant_operand, delivered, is_constant
from connectors.spi import Column, Fragment, Table
from connectors.types import Family

_RANGES: dict[type[exp.Expr], str] = {exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_EQUALITIES: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
_AGGREGATES: dict[type[exp.Expr], str] = {exp.Sum: "sum", exp.Min: "min", exp.Max: "max"}
_SUMMED = frozenset({Family.INTEGER, Family.DECIMAL})
# Families that both engines bring to one common type before they compare, besides a family with itself.
_ALIKE = (
    frozenset({Family.INTEGER, Family.DECIMAL}),
    frozenset({Family.INTEGER, Family.DOUBLE}),
    frozenset({Family.DECIMAL, Family.DOUBLE}),
    frozenset({Family.DATE, Family.TIMESTAMP}),
)
_COMPARED = frozenset(Family) - {Family.JSON, Family.INTERVAL, Family.OTHER}
_SELECT_PARTS = frozenset({"expressions", "from_", "joins", "where", "group", "having", "order", "limit", "kind"})


def render(fragment: Fragment) -> str:
    """The Postgres text of a fragment; output *i* is ``fragment.columns[i]`` in its transport form.

    Pure. Raises ValueError, with a sentence that holds no value, for whatever is outside the whitelist.
    """
    return _Renderer(fragment).select()


class _Renderer:
    def __init__(self, fragment: Fragment) -> None:
        self.query = fragment.query
        self.columns = fragment.columns
        self.tables: dict[str, tuple[str, Table]] = {}
        for position, (alias, table) in enumerate(fragment.tables):
            short = alias if len(alias.encode()) <= MAX_IDENTIFIER else f"t{position}"
            self.tables[alias.lower()] = (identifier(short), table)

    def select(self) -> str:
        extra = {key for key, value in self.query.args.items() if value} - _SELECT_PARTS
        if extra or not isinstance(self.query, exp.Select) or self.query.args.get("kind"):
            raise ValueError("the fragment has a clause that is not rendered")
        return " ".join(part for part in self._clauses() if part)

    def _clauses(self) -> Iterator[str]:
        part = self.query.args.get
        yield f"SELECT {', '.join(self._outputs())}"
        if source := part("from_"):
            yield f"FROM {self._table(source.this)}"
        yield from (self._join(join) for join in part("joins") or ())
        if where := part("where"):
            yield f"WHERE {self.predicate(where.this)}"
        if group := part("group"):
            yield f"GROUP BY {', '.join(self._groups(group))}"
        if having := part("having"):
            yield f"HAVING {self.predicate(having.this)}"
        if order := part("order"):
            yield f"ORDER BY {', '.join(self._ordered(term) for term in order.expressions)}"
        if limit := part("limit"):
            yield f"LIMIT {self._limit(limit)}"

    def _outputs(self) -> Iterator[str]:
        if len(self.query.expressions) != len(self.columns):
            raise ValueError("the fragment gives out other columns than it declares")
        for position, (node, column) in enumerate(zip(self.query.expressions, self.columns, strict=True)):
            short = column.name if len(column.name.encode()) <= MAX_IDENTIFIER else f"c{position}"
            yield f"{self._delivered(node.unalias(), column)} AS {identifier(short)}"

    def _delivered(self, node: exp.Expr, column: Column) -> str:
        if isinstance(node, exp.Column) and column.family in (Family.JSON, Family.OTHER):
            return delivered(self.column(node), column.type)
        return delivered(self.operand(node, None), column.type)

    def _table(self, node: exp.Expr) -> str:
        if not isinstance(node, exp.Table) or node.alias_or_name.lower() not in self.tables:
            raise ValueError("the fragment reads something that is not one of its tables")
        alias, table = self.tables[node.alias_or_name.lower()]
        return f"{table_name(table.name)} AS {alias}"

    def _join(self, join: exp.Join) -> str:
        inner = join.kind in ("", "INNER", "CROSS") and not join.side and not join.method
        if not inner or join.args.get("using"):
            raise ValueError("only inner joins are rendered")
        on = join.args.get("on")
        table = self._table(join.this)
        return f"CROSS JOIN {table}" if on is None else f"JOIN {table} ON {self.predicate(on)}"

    def _groups(self, group: exp.Group) -> Iterator[str]:
        if any(value for key, value in group.args.items() if key != "expressions"):
            raise ValueError("only a plain list of columns is rendered in GROUP BY")
        for node in group.expressions:
            operand = self.column(node)
            if operand.family in (Family.REAL, Family.DOUBLE):
                raise ValueError("which of -0.0 and 0.0 stands for a group is not the same everywhere")
            yield self._comparable(operand).sql

    def _ordered(self, term: exp.Expr) -> str:
        if not isinstance(term, exp.Ordered) or term.args.get("with_fill"):
            raise ValueError("only plain terms are rendered in ORDER BY")
        operand = self._comparable(self.operand(term.this, None))
        operand = operand.binary() if operand.family is Family.TEXT else operand
        nulls = "" if operand.total else " NULLS FIRST" if term.args.get("nulls_first") else " NULLS LAST"
        return f"{operand.sql}{' DESC' if term.args.get('desc') else ''}{nulls}"

    def _limit(self, limit: exp.Expr) -> str:
        value = limit.expression
        extra = {key for key, given in limit.args.items() if given} - {"expression"}
        if (
            extra
            or not isinstance(limit, exp.Limit)
            or not isinstance(value, exp.Literal)
            or not str(value.this).isdigit()
        ):
            raise ValueError("only a plain number is rendered in LIMIT")
        return str(value.this)

    def predicate(self, node: exp.Expr) -> str:
        """A condition, in parentheses wherever the two engines might bind differently."""
        if isinstance(node, exp.Paren):
            return self.predicate(node.this)
        if isinstance(node, (exp.And, exp.Or)):
            word = "AND" if isinstance(node, exp.And) else "OR"
            return f"({f' {word} '.join(self.predicate(part) for part in node.flatten())})"
        if isinstance(node, exp.Not):
            return f"(NOT {self.predicate(node.this)})"
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return f"({self._nullable(node.this)} IS NULL)"
        if isinstance(node, exp.In):
            return self._in(node)
        if isinstance(node, exp.Between):
            return self._between(node)
        if type(node) in _RANGES or type(node) in _EQUALITIES:
            return self._comparison(node)
        return self._truth(node)

    def _truth(self, node: exp.Expr) -> str:
        operand = self.operand(node, None)
        if operand.family is not Family.BOOLEAN:
            raise ValueError("a value that is not BOOLEAN is used as a condition")
        return operand.sql

    def _nullable(self, node: exp.Expr) -> str:
        node = node.unnest()
        return self.column(node).sql if isinstance(node, exp.Column) else self.operand(node, None).sql

    def _comparison(self, node: exp.Expr) -> str:
        left, right = self._pair(node.this, node.expression)
        if type(node) in _RANGES:
            left = left.binary() if left.family is Family.TEXT and right.collation != "C" else left
            return f"({left.sql} {_RANGES[type(node)]} {right.sql})"
        if left.collation and right.collation and left.collation != right.collation and right.collation != "C":
            left = left.binary()
        return f"({left.sql} {_EQUALITIES[type(node)]} {right.sql})"

    def _between(self, node: exp.Between) -> str:
        if node.args.get("symmetric"):
            raise ValueError("BETWEEN SYMMETRIC is not rendered")
        low = exp.GTE(this=node.this, expression=node.args["low"])
        high = exp.LTE(this=node.this, expression=node.args["high"])
        subject, low_side = self._pair(low.this, low.expression)
        other, high_side = self._pair(high.this, high.expression)
        if subject.family is Family.TEXT:
            subject = other = subject.binary()
        if subject == other:
            return f"({subject.sql} BETWEEN {low_side.sql} AND {high_side.sql})"
        return f"({subject.sql} >= {low_side.sql} AND {other.sql} <= {high_side.sql})"

    def _in(self, node: exp.In) -> str:
        if not node.expressions or any(node.args.get(key) for key in ("query", "unnest", "field")):
            raise ValueError("IN is rendered only with a list of constants")
        pairs = [self._pair(node.this, value) for value in node.expressions if not isinstance(value, exp.Null)]
        if not all(right.constant for _, right in pairs):
            raise ValueError("IN is rendered only with a list of constants")
        nulls = ["NULL::boolean"] * (len(node.expressions) - len(pairs))
        if len({left for left, _ in pairs}) == 1:
            values = ", ".join(right.sql for _, right in pairs)
            return f"({' OR '.join([f'{pairs[0][0].sql} IN ({values})', *nulls[:1]])})"
        return f"({' OR '.join([*(f'({left.sql} = {right.sql})' for left, right in pairs), *nulls[:1]])})"

    def _pair(self, left: exp.Expr, right: exp.Expr) -> tuple[Operand, Operand]:
        """Both sides of a comparison, in native types that Postgres compares as DuckDB compares them."""
        left, right = left.unnest(), right.unnest()
        if is_constant(left) and not is_constant(right):
            second = self._comparable(self.operand(right, None))
            first = self._comparable(self.operand(left, second.family))
        else:
            first = self._comparable(self.operand(left, None))
            second = self._comparable(self.operand(right, first.family))
        return _promoted(first, second)

    def operand(self, node: exp.Expr, beside: Family | None) -> Operand:
        """A value; ``beside`` is the family of what it stands next to, for constants without a type."""
        node = node.unnest()
        if isinstance(node, exp.Column):
            return self.column(node)
        if isinstance(node, exp.Null):
            return Operand("NULL", beside or Family.BOOLEAN, constant=True)
        if is_constant(node):
            return constant_operand(node, beside)
        return self._aggregate(node)

    def column(self, node: exp.Expr) -> Operand:
        """A column of one of the fragment's tables."""
        alias, table = self.tables.get(node.text("table").lower(), ("", None))
        found = table.column(node.name) if table and isinstance(node, exp.Column) else None
        if found is None:
            raise ValueError("the fragment names a column that none of its tables has")
        return column_operand(f"{alias}.{identifier(found.physical)}", found)

    def _comparable(self, operand: Operand) -> Operand:
        if operand.family not in _COMPARED:
            raise ValueError(f"values of {operand.family} are not compared alike everywhere")
        return operand

    def _aggregate(self, node: exp.Expr) -> Operand:
        if any(value for key, value in node.args.items() if key not in ("this", "big_int")):
            raise ValueError("only aggregates of one argument are rendered")
        if isinstance(node, exp.Count):
            return Operand(f"count({self._counted(node.this)})", Family.INTEGER, "bigint", total=True)
        if type(node) not in _AGGREGATES:
            raise ValueError(f"{type(node).__name__} is not rendered")
        operand = self._comparable(self.column(node.this))
        if isinstance(node, exp.Sum):
            if operand.family not in _SUMMED:
                raise ValueError(f"sums of {operand.family} are not alike everywhere")
            return Operand(f"sum({operand.sql})", operand.family)
        return _extreme(_AGGREGATES[type(node)], operand)

    def _counted(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Star):
            return "*"
        if isinstance(node, exp.Distinct):
            if len(node.expressions) != 1 or node.args.get("on"):
                raise ValueError("COUNT(DISTINCT) is rendered only over one column")
            return f"DISTINCT {self._comparable(self.column(node.expressions[0])).sql}"
        return self.column(node).sql


def _extreme(function: str, operand: Operand) -> Operand:
    """MIN or MAX; Postgres has neither over boolean and uuid, and its text order is not ours."""
    if operand.family is Family.BOOLEAN:
        return Operand(f"bool_{'and' if function == 'min' else 'or'}({operand.sql})", Family.BOOLEAN)
    if operand.family is Family.UUID:
        return Operand(f'({function}({operand.sql}::text COLLATE "C")::uuid)', Family.UUID)
    if operand.family is Family.TEXT:
        return Operand(f"{function}({operand.binary().sql})", Family.TEXT, "text", "C")
    if operand.family in (Family.BLOB, Family.REAL, Family.DOUBLE):
        raise ValueError(f"{function} over {operand.family} is not alike everywhere")
    return Operand(f"{function}({operand.sql})", operand.family)


def _promoted(left: Operand, right: Operand) -> tuple[Operand, Operand]:
    pair = frozenset({left.family, right.family})
    if Family.REAL in pair and (left.constant or right.constant):
        # DuckDB compares as FLOAT here, Postgres would as double precision.
        return _as_real(left), _as_real(right)
    if len(pair) == 1:
        return left, right
    if pair not in _ALIKE:
        raise ValueError(f"{left.family} and {right.family} are not compared alike everywhere")
    if Family.DOUBLE in pair:
        return _as_double(left), _as_double(right)
    return left, right


def _as_real(operand: Operand) -> Operand:
    if operand.family not in (Family.REAL, Family.INTEGER, Family.DECIMAL):
        raise ValueError(f"real and {operand.family} are not compared alike everywhere")
    return operand if operand.family is Family.REAL else operand.cast("real", Family.REAL)


def _as_double(operand: Operand) -> Operand:
    return operand if operand.family is Family.DOUBLE else operand.cast("double precision", Family.DOUBLE)
