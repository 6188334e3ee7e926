"""ORDER BY with LIMIT and OFFSET, or with ties."""

from collections.abc import Iterator

from sqlglot import exp

from connectors.render.comparing import sortable
from connectors.render.operands import Operand
from connectors.render.terms import ordered, placed
from connectors.render.writer import Rows, Writer, bare


def bounds(write: Writer, node: exp.Select) -> Iterator[str]:
    """The clauses at the end of a SELECT. A term may name an output, which then is meant."""
    if qualify := node.args.get("qualify"):
        if node.args.get("order") or node.args.get("limit") or node.args.get("offset"):
            raise ValueError("QUALIFY is rendered only by itself")
        yield from _with_ties(write, bare(qualify.this))
        return
    if order := node.args.get("order"):
        outputs = {output.alias_or_name.lower(): output.unalias() for output in node.expressions}
        yield f"ORDER BY {', '.join(ordered(write, _meant(term, outputs)) for term in order.expressions)}"
    yield from _limited(node)


def _meant(term: exp.Expr, outputs: dict[str, exp.Expr]) -> exp.Expr:
    inner = term.this
    if not isinstance(inner, exp.Column) or inner.table or inner.name.lower() not in outputs:
        return term
    return exp.Ordered(**{**term.args, "this": outputs[inner.name.lower()].copy()})


def _limited(node: exp.Expr) -> Iterator[str]:
    for key, word in (("limit", "LIMIT"), ("offset", "OFFSET")):
        if given := node.args.get(key):
            yield f"{word} {_number(given)}"


def _number(clause: exp.Expr) -> str:
    value = clause.expression
    extra = {key for key, given in clause.args.items() if given} - {"expression"}
    if extra or not isinstance(clause, (exp.Limit, exp.Offset)):
        raise ValueError("only a plain number is rendered in LIMIT")
    return _plain(value)


def _plain(value: exp.Expr) -> str:
    if not isinstance(value, exp.Literal) or value.is_string or not str(value.this).isdigit():
        raise ValueError("only a plain number is rendered in LIMIT")
    return str(value.this)


def _with_ties(write: Writer, node: exp.Expr) -> Iterator[str]:
    rank = bare(node.this) if isinstance(node, exp.LTE) else node
    order = rank.args.get("order") if isinstance(rank, exp.Window) and isinstance(rank.this, exp.Rank) else None
    if order is None or rank.args.get("partition_by") or rank.args.get("spec") or any(rank.this.args.values()):
        raise ValueError("QUALIFY is rendered only as the first rows with their ties")
    yield f"ORDER BY {', '.join(ordered(write, term) for term in order.expressions)}"
    yield f"FETCH FIRST {_plain(node.expression)} ROWS WITH TIES"


def bounded(write: Writer, node: exp.Query, rows: Rows, outputs: list[exp.Expr]) -> Rows:
    """Rows that are known already, ordered by outputs of theirs and limited."""
    if node.args.get("qualify"):
        raise ValueError("QUALIFY is rendered only by itself")
    alias = write.fresh()
    terms = [placed(sortable(_output(term, rows, outputs)), term) for term in _terms(node)]
    order = [f"ORDER BY {', '.join(terms)}"] if terms else []
    chosen = ", ".join(column.sql for _, column in rows.columns)
    return Rows(" ".join([f"SELECT {chosen} FROM ({rows.sql}) AS {alias}", *order, *_limited(node)]), rows.columns)


def _terms(node: exp.Query) -> list[exp.Ordered]:
    order = node.args.get("order")
    terms = list(order.expressions) if order else []
    if not all(isinstance(term, exp.Ordered) and not term.args.get("with_fill") for term in terms):
        raise ValueError("only plain terms are rendered in ORDER BY")
    return terms


def _output(term: exp.Ordered, rows: Rows, outputs: list[exp.Expr]) -> Operand:
    for (name, column), output in zip(rows.columns, outputs, strict=True):
        wanted = term.this
        if wanted == output.unalias():
            return column
        if isinstance(wanted, exp.Column) and not wanted.table and wanted.name.lower() == name.lower():
            return column
    raise ValueError("rows that are told apart are ordered only by what they give out")
