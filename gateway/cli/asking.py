"""Two doors to ask at: a running gateway, or one opened in this process. Behind both, the same questions.

Only the door that is opened is loaded: a question to a running gateway needs no engine here.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gateway.errors import ConfigInvalid

if TYPE_CHECKING:
    from gateway.service import Answer

_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(\d+\.\d*|\.\d+)")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Field:
    """One column as shown to people."""

    name: str
    type: str
    nullable: bool
    note: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One dataset as shown to people: its address, what it is, and its columns."""

    address: str
    note: str
    fields: tuple[Field, ...]


class Door(Protocol):
    """Where questions are asked."""

    def query(self, sql: str, parameters: Sequence[Any]) -> "Answer":
        """The answer to one statement."""

    def datasets(self) -> list[Listed]:
        """All datasets one may read, in order of address."""


@contextmanager
def asker(
    url: str,
    config: Path,
    *,
    user: str = "",
    password: str = "",
    ca: Path | None = None,
    pushdown: str = "on",
) -> Iterator[Door]:
    """The running gateway at ``url`` when one is given, else one opened in this process by ``config``.

    ``pushdown`` is on, off or verify.
    """
    if url:
        from gateway.cli.remote import remote

        authority = _read_authority(ca) if ca else b""
        with remote(url, user=user, password=password, pushdown=pushdown, ca=authority) as door:
            yield door
    else:
        from gateway.cli.local import local

        with local(config, pushdown=pushdown) as door:
            yield door


def read_statement(sql: str) -> str:
    """The statement itself, or standard input for ``-``; an ending semicolon is dropped."""
    text = sys.stdin.read() if sql == "-" else sql
    return text.strip().removesuffix(";")


def read_parameters(values: Sequence[str]) -> list[Any]:
    """Integers, decimals, true, false and null as such; everything else, and whatever is 'quoted', is text."""
    return [_value(text) for text in values]


def _value(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def _read_authority(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ConfigInvalid("The file given by --ca cannot be read.") from None
