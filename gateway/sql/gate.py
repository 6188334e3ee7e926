"""The gate: user text becomes one checked query, or a refusal that says what is wrong with it."""

import logging
import re
from dataclasses import dataclass

from sqlglot import ErrorLevel, exp
from sqlglot.errors import ParseError, TokenError

from gateway.errors import SqlNotAllowed, SqlSyntax, SqlTooLarge
from gateway.sql.allowed import QUERIES
from gateway.sql.binding import check_numbering
from gateway.sql.lexical import Scan, place, scan
from gateway.sql.limits import check_shape
from gateway.sql.opening import Explain, Format, read_opening
from gateway.sql.printing import DIALECT, bracket
from gateway.sql.walls import check_query

# The parser logs the text of statements it half understands; user text does not belong in our log.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_NOT_LINE_BREAK = re.compile(r"[^\n]")


@dataclass(frozen=True)
class Statement:
    """A query that passed the gate; ``explain`` and ``format`` tell what its EXPLAIN asked for, if it had one.

    The parameters of ``query`` are placeholders numbered from 1, whatever the text used.
    """

    query: exp.Query
    explain: Explain = ""
    format: Format = "text"


def parse(text: str, *, short: bool = False) -> Statement:
    """Read one statement in DuckDB's dialect and check it against the closed allow-list.

    ``short`` allows table names of one part, for sessions that have a domain to look them up in.
    Raises SqlTooLarge, SqlSyntax, SqlNotAllowed or ParametersInvalid. Nothing is parsed before its size and
    shape are known to be harmless, and no message repeats more of the text than one name.
    """
    scanned = scan(text)
    opening = read_opening(scanned.tokens)
    check_shape(scanned.tokens, text)
    _check_single(scanned, text)
    start = scanned.tokens[opening.length].start
    query = _query(_tree(_NOT_LINE_BREAK.sub(" ", scanned.text[:start]) + scanned.text[start:], text))
    check_query(query, short=short)
    check_numbering(query)
    bracket(query)
    return Statement(query, opening.explain, opening.format)


def _check_single(scanned: Scan, text: str) -> None:
    """One statement; one semicolon may end it."""
    for token in scanned.tokens[:-1]:
        if token.text == ";":
            raise SqlNotAllowed(
                f"Another statement follows the semicolon at {place(text, token.start)}.", hint="Send one at a time."
            )


def _tree(scanned: str, text: str) -> exp.Expr:
    """The only call of the parser in the gateway."""
    try:
        trees = DIALECT.parse(scanned, error_level=ErrorLevel.IMMEDIATE)
    except ParseError as error:
        raise SqlSyntax(_told(error, text), hint="The dialect is DuckDB's.") from error
    except TokenError as error:
        raise SqlSyntax("The statement cannot be split into words.", hint="Check its quotes.") from error
    except RecursionError as error:
        raise SqlTooLarge("The statement is nested too deep.", hint="Use WITH to name its parts.") from error
    found = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(found) != 1:
        raise SqlSyntax("The text is not one statement.", hint="Send one query at a time.")
    return found[0]


def _told(error: ParseError, text: str) -> str:
    """One sentence on a syntax error: where it is, and the word that was not expected there."""
    if not error.errors:
        return "The statement is no SQL that can be read."
    found = error.errors[0]
    word = str(found.get("highlight") or "").strip()
    named = f" near {word[:40]!r}" if word.isidentifier() and word in text else ""
    return f"The SQL cannot be read at line {found.get('line')}, column {found.get('col')}{named}."


def _query(root: exp.Expr) -> exp.Query:
    """The root as a query: brackets around it fall away, and VALUES and PIVOT are selected from."""
    while isinstance(root, exp.Subquery) and not any(value for key, value in root.args.items() if key != "this"):
        root = root.this
    if isinstance(root, exp.Values):
        return exp.Select(expressions=[exp.Star()], from_=exp.From(this=root))
    if isinstance(root, exp.Pivot):
        return exp.Select(expressions=[exp.Star()], from_=exp.From(this=exp.Subquery(this=root)))
    if type(root) not in QUERIES or not isinstance(root, exp.Query):
        raise SqlNotAllowed("Only queries are answered here.", hint="Begin with SELECT, WITH, FROM or VALUES.")
    return root
