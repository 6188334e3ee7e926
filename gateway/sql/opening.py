"""How a statement opens: an EXPLAIN that the gateway answers itself, then the first word of a query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.errors import SqlNotAllowed, SqlSyntax
from gateway.sql.lexical import Token

Explain = Literal["", "plan", "analyze"]
Format = Literal["text", "json"]

_QUERY_WORDS = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "PIVOT", "UNPIVOT", "("})
_EXPLAIN_HINT = "Write EXPLAIN [ANALYZE] [(FORMAT JSON)] before a query."


@dataclass(frozen=True, slots=True)
class Opening:
    """What EXPLAIN asks for, and how many tokens it takes; ``explain`` is empty for a plain query."""

    explain: Explain = ""
    format: Format = "text"
    length: int = 0


def read_opening(tokens: Sequence[Token]) -> Opening:
    """Read an optional ``EXPLAIN [ANALYZE] [(ANALYZE, FORMAT JSON)]`` and see that a query follows.

    Raises SqlNotAllowed when anything but a query follows, SqlSyntax when nothing does or an option is unknown.
    """
    opening = _read_explain(tokens) if tokens and tokens[0].upper == "EXPLAIN" else Opening()
    if opening.length == len(tokens) or tokens[opening.length].text == ";":
        raise SqlSyntax("There is no query.", hint="Begin with SELECT, WITH, FROM or VALUES.")
    first = tokens[opening.length]
    if first.upper not in _QUERY_WORDS:
        told = f"with {first.upper[:40]}" if first.kind == "word" else "with something else"
        raise SqlNotAllowed(
            f"Only queries are answered here, and this statement begins {told}.",
            hint="Begin with SELECT, WITH, FROM or VALUES.",
        )
    return opening


def _read_explain(tokens: Sequence[Token]) -> Opening:
    explain: Explain = "plan"
    form: Format = "text"
    at = 1
    words = [token.upper for token in tokens[:10]]
    if words[at : at + 1] == ["ANALYZE"]:
        explain, at = "analyze", at + 1
    if words[at : at + 1] == ["("] and words[at + 1 : at + 2] and words[at + 1] in ("ANALYZE", "FORMAT"):
        while words[at : at + 1] in (["("], [","]):
            match words[at + 1 : at + 3]:
                case ["ANALYZE", *_]:
                    explain, at = "analyze", at + 2
                case ["FORMAT", "JSON" | "'JSON'" | "'json'"]:
                    form, at = "json", at + 3
                case ["FORMAT", "TEXT" | "'TEXT'" | "'text'"]:
                    form, at = "text", at + 3
                case _:
                    raise SqlSyntax("EXPLAIN has an option that is not known.", hint=_EXPLAIN_HINT)
        if words[at : at + 1] != [")"]:
            raise SqlSyntax("The options of EXPLAIN do not end as they should.", hint=_EXPLAIN_HINT)
        at += 1
    return Opening(explain, form, at)
