"""What of an answer its question decides: two right answers may differ in the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

_OPEN_WINDOWS = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.Ntile)
_OPEN_AGGREGATES = (exp.First, exp.Last, exp.AnyValue, exp.ArgMax, exp.ArgMin, exp.Mode)
_COLLECTING = (exp.ArrayAgg, exp.GroupConcat)


@dataclass(frozen=True, slots=True)
class Decided:
    """``keys`` are the positions of the outputs whose order is decided, ``rows`` says that the set of rows is.

    ``told`` is a clause for people; ``nothing`` says that the types are all that can be compared.
    """

    keys: tuple[int, ...]
    rows: bool
    told: str
    nothing: bool = False


def decided(query: exp.Query, outputs: Sequence[str], *, clock: bool) -> Decided:
    """What the answer's rows and order have to be, as far as the text alone tells.

    ``outputs`` are the names of its columns; ``clock`` says that the query asks for the time.
    """
    why = "the query depends on the clock" if clock else _open(query)
    if why:
        return Decided((), rows=False, told=f"only the types are compared, because {why}", nothing=True)
    keys = _keys(query, outputs)
    total = len(set(keys)) == len(outputs)
    if _cuts(query) and not total:
        told = "the number of rows and the keys of ORDER BY are compared, because LIMIT leaves open which rows stay"
        return Decided(keys, rows=False, told=told)
    if total and keys:
        return Decided(keys, rows=True, told="rows and their order are compared")
    told = "and the keys of ORDER BY are" if keys else "are"
    return Decided(keys, rows=True, told=f"rows {told} compared; the query leaves the rest of their order open")


def _open(query: exp.Query) -> str:
    """Why the rows themselves are left open; empty when they are not."""
    for node in query.walk():
        if isinstance(node, exp.Query) and node is not query and _cuts(node) and not _is_total(node):
            return "a LIMIT inside the query leaves open which rows stay"
        if isinstance(node, exp.Distinct) and node.args.get("on"):
            return "DISTINCT ON leaves open which rows stay"
        if isinstance(node, _OPEN_WINDOWS) or (isinstance(node, exp.WindowSpec) and _counts_rows(node)):
            return "a window function depends on the order of equal rows"
        if isinstance(node, _OPEN_AGGREGATES) or (isinstance(node, _COLLECTING) and not node.find(exp.Order)):
            return "an aggregate depends on the order of its rows"
    return ""


def _counts_rows(spec: exp.WindowSpec) -> bool:
    """However the word is written."""
    return str(spec.args.get("kind")).upper() == "ROWS"


def _cuts(query: exp.Query) -> bool:
    return bool(query.args.get("limit") or query.args.get("offset"))


def _is_total(query: exp.Query) -> bool:
    names = query.named_selects
    return bool(names) and "*" not in names and len(set(_keys(query, names))) == len(names)


def _keys(query: exp.Query, outputs: Sequence[str]) -> tuple[int, ...]:
    """The leading terms of ORDER BY that are outputs, by position, up to the first that is none."""
    order = query.args.get("order")
    found: list[int] = []
    for term in order.expressions if order else ():
        if isinstance(term.this, (exp.Column, exp.Var)) and term.name.upper() == "ALL":
            return tuple(range(len(outputs)))
        position = _position(term.this, outputs)
        if position is None:
            break
        found.append(position)
    return tuple(dict.fromkeys(found))


def _position(term: exp.Expr, outputs: Sequence[str]) -> int | None:
    if isinstance(term, exp.Literal) and not term.is_string and str(term.this).isdigit():
        return int(term.this) - 1
    names = [name.lower() for name in outputs]
    if isinstance(term, exp.Column) and not term.table and names.count(term.name.lower()) == 1:
        return names.index(term.name.lower())
    return None
