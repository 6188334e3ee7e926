"""A cheap lexical scan of user text, run before any parser: it refuses what two parsers could read differently.

The scan is one regular expression over at most 64 KB, so its cost is bounded whatever the text says. Comments
are blanked and every ``?`` becomes ``$n`` in order, so neither can be understood in two ways further on.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from gateway.errors import ParametersInvalid, SqlNotAllowed, SqlSyntax, SqlTooLarge

MAX_BYTES = 65_536
MAX_TOKENS = 10_000
MAX_COMMENTS = 500
MAX_COMMENT_NESTING = 16

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\n\r]+)
    | (?P<word>[^\W\d]\w*)
    | (?P<number>(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>'[^']*(?:''[^']*)*')
    | (?P<name>"[^"]*(?:""[^"]*)*")
    | (?P<comment>--[^\n]*|/\*)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<placeholder>\?|\$[1-9]\d{0,3}(?!\w))
    | (?P<mark>[;,.])
    | (?P<operator>::|->>?|\|>|\|\||!=|[-+*/%^<>=~|&:])
    """,
    re.VERBOSE,
)
# Control, format and zero-width characters, every space that is not plain ASCII, and a carriage return on its own:
# one parser's white space is the next one's letter, or ends its comment.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]|\r(?!\n)"
)
_TOUCHY = frozenset({"word", "number", "string", "name", "open", "operator"})
_REFUSED_OPERATORS = {"->": "Use json_extract(value, path) or ->>.", "|>": "Use WITH to name the steps."}
_BEFORE_VALUES = frozenset(
    {
        "SELECT",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "LIKE",
        "ILIKE",
        "GLOB",
        "TO",
        "ESCAPE",
        "WHEN",
        "THEN",
        "ELSE",
        "BETWEEN",
        "BY",
    }
    | {"ON", "HAVING", "QUALIFY", "DISTINCT", "ALL", "CASE", "FROM", "IN", "INTERVAL"}
)
_SIZE_HINT = "Join against a product instead of listing values."
_SURROGATE = re.compile("[\ud800-\udfff]")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_VISIBLE = re.compile(r"[^\n]")


class Token(NamedTuple):
    """One lexical unit: a kind (a group of the expression above), its text, and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def upper(self) -> str:
        """A bare word in upper case; other kinds as they stand, so that a quoted name is never a keyword."""
        return self.text.upper() if self.kind == "word" else self.text


@dataclass(frozen=True)
class Scan:
    """The tokens of a statement and its text without comments, whose parameters are all ``$n``."""

    tokens: tuple[Token, ...]
    text: str


def place(text: str, offset: int) -> str:
    """``line 3, column 14`` of an offset into a text, both counted from one."""
    return f"line {text.count(chr(10), 0, offset) + 1}, column {offset - text.rfind(chr(10), 0, offset)}"


def scan(text: str) -> Scan:
    """Split a statement into tokens.

    Raises SqlTooLarge beyond the limits above, SqlSyntax for what is no SQL token, SqlNotAllowed for literal
    forms and characters that parsers disagree about, ParametersInvalid when ``?`` and ``$1`` are mixed.
    """
    _check_size(text)
    hidden = _INVISIBLE.search(text) is not None
    tokens: list[Token] = []
    pieces: list[str] = []
    comments = position = marks = 0
    while position < len(text):
        kind, end = _next(text, position)
        piece = text[position:end]
        if hidden and kind != "string" and (found := _INVISIBLE.search(piece)):
            _refuse_character(text, position + found.start())
        if kind == "comment":
            comments += 1
            piece = _VISIBLE.sub(" ", piece)
        elif kind != "space":
            tokens.append(Token(kind, piece, position))
            if kind in _TOUCHY:
                _check_neighbours(text, tokens)
            if piece == "?":
                marks += 1
                piece = f"${marks} "
            if len(tokens) > MAX_TOKENS:
                raise SqlTooLarge(f"The statement has more than {MAX_TOKENS:,} tokens.", hint=_SIZE_HINT)
        pieces.append(piece)
        position = end
    if comments > MAX_COMMENTS:
        raise SqlTooLarge(f"The statement has more than {MAX_COMMENTS} comments.", hint="Remove them.")
    if marks and marks != sum(token.kind == "placeholder" for token in tokens):
        raise ParametersInvalid("The statement mixes ? and $1 parameters.", hint="Use one of the two throughout.")
    return Scan(tuple(tokens), "".join(pieces))


def _check_size(text: str) -> None:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise SqlTooLarge(
            f"The statement is longer than {MAX_BYTES // 1024} KB.", hint="Bind long values as parameters."
        )
    if "\0" in text:
        raise SqlNotAllowed("The statement contains a NUL character.", hint="Remove it.")
    if _SURROGATE.search(text):
        raise SqlNotAllowed("The statement is not valid Unicode.", hint="Send it as UTF-8.")


def _next(text: str, position: int) -> tuple[str, int]:
    """The kind of the token at a position, and where it ends."""
    match = _TOKEN.match(text, position)
    if match is None:
        _refuse_character(text, position)
    kind = str(match.lastgroup)
    if match[0] == "/*":
        return kind, _comment_end(text, match.end())
    return kind, match.end()


def _comment_end(text: str, position: int) -> int:
    """Where a block comment ends, given the position after its opening; comments nest in DuckDB."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(text, position):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
        if depth > MAX_COMMENT_NESTING:
            raise SqlTooLarge(f"Comments are nested deeper than {MAX_COMMENT_NESTING}.", hint="Remove them.")
    raise SqlSyntax(f"A comment that starts at {place(text, position - 2)} has no end.", hint="Close it with */.")


def _check_neighbours(text: str, tokens: list[Token]) -> None:
    """Refuse ``1abc``, ``0x41``, ``E'…'`` and ``U&'…'``: tokens that touch and that parsers cut differently."""
    last = tokens[-1]
    if last.text == "{" and len(tokens) > 1 and tokens[-2].text == "{":
        raise SqlSyntax(f"At {place(text, last.start)} a struct has no name for its field.", hint="Write {'a': …}.")
    if last.text in _REFUSED_OPERATORS:
        raise SqlNotAllowed(
            f"The operator {last.text} at {place(text, last.start)} is not allowed.",
            hint=_REFUSED_OPERATORS[last.text],
        )
    if last.kind == "string" and len(tokens) > 1 and tokens[-2].kind == "string":
        raise SqlSyntax(f"At {place(text, last.start)} one string follows another.", hint="Join strings with ||.")
    if last.text == "::" and _is_typed_literal(tokens):
        raise SqlNotAllowed(
            f"At {place(text, last.start)} a typed literal such as DATE '…' is cast again.",
            hint="Write (DATE '…')::VARCHAR.",
        )
    if len(tokens) < 2 or last.start != (before := tokens[-2]).start + len(before.text):
        return
    if before.kind == "number" and last.kind in ("word", "number"):
        raise SqlSyntax(
            f"At {place(text, before.start)} a number runs into what follows it.", hint="Put a space between them."
        )
    prefixed = (before.kind == "word" and len(before.text) == 1) or before.text == "&"
    if last.kind in ("string", "name") and prefixed:
        raise SqlNotAllowed(
            f"At {place(text, before.start)} there is a string with a prefix, such as E'…' or X'…'.",
            hint="Write a plain '…' string; chr(10) is a line break, unhex('…') makes bytes.",
        )


def _is_typed_literal(tokens: list[Token]) -> bool:
    """Whether what stands before the last token is a string behind the name of a type."""
    if len(tokens) < 3 or tokens[-2].kind != "string":
        return False
    before = tokens[-3]
    return before.kind in ("close", "name") or (before.kind == "word" and before.upper not in _BEFORE_VALUES)


def _refuse_character(text: str, position: int) -> NoReturn:
    character = text[position]
    where = place(text, position)
    if character in "'\"":
        kind = "string" if character == "'" else "quoted name"
        raise SqlSyntax(f"A {kind} that starts at {where} has no end.", hint=f"Close it with {character}.")
    if _INVISIBLE.match(text, position):
        raise SqlNotAllowed(
            f"There is an invisible character (U+{ord(character):04X}) at {where}.",
            hint="Only spaces, tabs and line breaks may stand between words.",
        )
    raise SqlSyntax(
        f"The character {character!r} at {where} is not part of the SQL that is understood here.",
        hint="Write strings as '…', quoted names as \"…\", parameters as ? or $1.",
    )
