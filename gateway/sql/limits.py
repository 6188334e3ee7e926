"""Limits on the shape of a statement, from its tokens alone: what passes here cannot exhaust a recursive parser.

Depth is what kills a parser, and depth comes from nesting and from long chains (``a OR b OR …``, ``x::INT::INT``).
Both are bounded by counting: how many tokens stand on one level without a comma or the start of a new clause, plus
the deepest level below it. The bound is coarse, and far above what people or BI tools write.
"""

from dataclasses import dataclass

from gateway.errors import SqlSyntax, SqlTooLarge
from gateway.sql.lexical import Token, place

MAX_NESTING = 64
MAX_RUN = 1_000
MAX_DEPTH = 1_500
MAX_PREFIXES = 20
MAX_CASTS = 20
MAX_DOTS = 8
MAX_ARMS = 200
MAX_JOINS = 60

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_ARMS = frozenset({"UNION", "EXCEPT", "INTERSECT"})
_CLAUSES = _ARMS | {"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "JOIN", "ON"}
_CLAUSES |= {"WHEN", "THEN", "ELSE", "VALUES", "USING"}
# Words and signs that open one more level of recursion without any bracket.
_PREFIXES = frozenset(
    {
        "NOT",
        "INTERVAL",
        "EXPLAIN",
        "DESCRIBE",
        "DESC",
        "SUMMARIZE",
        "SHOW",
        "PIVOT",
        "UNPIVOT",
        "FROM",
        "DISTINCT",
        "ALL",
        "ANY",
        "SOME",
        "EXISTS",
        "LAMBDA",
        "CAST",
        "ARRAY",
        "STRUCT",
        "MAP",
        "LATERAL",
        "PRIOR",
        "TABLE",
        "VALUES",
        "WITH",
        "RECURSIVE",
        "SELECT",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "WHEN",
        "THEN",
        "ELSE",
        "IF",
        "+",
        "-",
        "~",
        ":",
        "->",
        "->>",
    }
)
_HINT = "Split the question, or use WITH to name its parts."


@dataclass(slots=True)
class _Level:
    """One open bracket or CASE: its closing token, the tokens since the last comma, and the worst seen so far."""

    closing: str
    opened: int
    run: int = 0
    longest: int = 0
    deepest: int = 0

    @property
    def depth(self) -> int:
        return max(self.longest, self.run) + self.deepest

    def rest(self) -> None:
        self.longest, self.run = max(self.longest, self.run), 0


def check_shape(tokens: tuple[Token, ...], text: str) -> None:
    """Raise SqlTooLarge when a statement nests or chains too deep, SqlSyntax when its brackets do not match."""
    _check_counts(tokens)
    _check_repeats(tokens)
    levels = [_Level("", 0)]
    after_operand = False
    for token in tokens:
        word = token.upper
        if token.kind == "open" or word == "CASE":
            levels[-1].run += 1
            levels.append(_Level(_PAIRS.get(word, "END"), token.start))
        elif token.kind == "close" or word == "END":
            _close(levels, token, text)
        elif word == "," or (after_operand and word in _CLAUSES):
            levels[-1].rest()
        else:
            levels[-1].run += 1
        _check_level(levels)
        after_operand = token.kind not in ("operator", "mark")
    if len(levels) > 1:
        raise SqlSyntax(
            f"What is opened at {place(text, levels[-1].opened)} is never closed.", hint=f"Add {levels[-1].closing}."
        )


def _close(levels: list[_Level], token: Token, text: str) -> None:
    if token.upper == "END" and levels[-1].closing != "END":
        levels[-1].run += 1  # END is also a name
        return
    if levels[-1].closing != token.upper:
        raise SqlSyntax(f"The {token.text} at {place(text, token.start)} closes nothing.", hint="Check the brackets.")
    closed = levels.pop()
    levels[-1].deepest = max(levels[-1].deepest, closed.depth + 1)


def _check_level(levels: list[_Level]) -> None:
    if len(levels) - 1 > MAX_NESTING:
        raise SqlTooLarge(f"The statement is nested deeper than {MAX_NESTING} levels.", hint=_HINT)
    if levels[-1].run > MAX_RUN or levels[-1].depth > MAX_DEPTH:
        raise SqlTooLarge("The statement chains too many operators in one expression.", hint="Use IN (…) or a join.")


def _check_counts(tokens: tuple[Token, ...]) -> None:
    arms = joins = 0
    for token in tokens:
        if token.kind == "word":
            word = token.upper
            arms += word in _ARMS
            joins += word == "JOIN"
    if arms >= MAX_ARMS:
        raise SqlTooLarge(f"The statement combines more than {MAX_ARMS} queries.", hint=_HINT)
    if joins > MAX_JOINS:
        raise SqlTooLarge(f"The statement has more than {MAX_JOINS} joins.", hint=_HINT)


def _check_repeats(tokens: tuple[Token, ...]) -> None:
    """Bound what recurses without brackets: runs of prefix operators, of casts, and of dots."""
    prefixes = casts = dots = 0
    previous = ""
    for token in tokens:
        prefixes = prefixes + 1 if token.upper in _PREFIXES else 0
        if token.text == "::":
            casts += 1
        elif token.kind != "word" and previous != "::":
            casts = 0
        if token.text == ".":
            dots += 1
        elif previous != ".":
            dots = 0
        previous = token.text
        if prefixes > MAX_PREFIXES:
            raise SqlTooLarge(f"More than {MAX_PREFIXES} prefix operators stand in a row.", hint=_HINT)
        if casts > MAX_CASTS or dots > MAX_DOTS:
            raise SqlTooLarge("A chain of casts or dots is too long.", hint=_HINT)
