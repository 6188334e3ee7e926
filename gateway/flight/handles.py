"""Seals: tokens, cookies, prepared handles and tickets that any replica with the same keys can open.

Encrypted, not merely signed, because SQL and bound values travel in them; the kind is bound to the seal, so that
one can never be used as the other. Layout: version (1) | key id (4) | nonce (12) | ciphertext and tag.
"""

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import TicketInvalid
from gateway.flight import wire
from gateway.flight.session import Pushdown, Session

_VERSION = b"\x01"
_HEAD, _NONCE = 5, 12


class Seal(Enum):
    """What a sealed blob may be used for."""

    TOKEN = b"token"
    COOKIE = b"cookie"
    PREPARED = b"prepared"
    TICKET = b"ticket"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The content of a seal. ``expires`` is Unix time in seconds, ``timeout`` seconds, ``parameters`` an Arrow IPC
    stream of one row, ``principal`` a user's name (empty for anonymous). Kinds use what they need of it.
    """

    expires: float
    principal: str
    pushdown: str = ""
    sql: str = ""
    parameters: bytes | None = None
    query_id: str = ""
    profile: str = ""
    timeout: float | None = None
    fingerprint: bytes = b""
    catalog: str = ""
    schema: str = ""

    @property
    def session(self) -> Session:
        """The choices of the session in which it was sealed."""
        return Session(Pushdown(self.pushdown or Pushdown.ON), self.profile, self.catalog, self.schema)


class Keyring:
    """Seals and opens. ``keys`` are 32-byte secrets: the first seals, all open; none means one for this process."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        ring = tuple(keys) or (os.urandom(32),)
        self._keys = {hashlib.sha256(key).digest()[:4]: AESGCM(key) for key in ring}
        self._current = next(iter(self._keys))

    def seal(self, kind: Seal, content: Sealed) -> bytes:
        """Seal a content for one kind of use."""
        fields = {name: value for name, value in asdict(content).items() if value is not None}
        clear = wire.make("Sealed", **fields).SerializeToString()
        head, nonce = _VERSION + self._current, os.urandom(_NONCE)
        return head + nonce + self._keys[self._current].encrypt(nonce, clear, head + kind.value)

    def open(self, kind: Seal, blob: bytes, *, expired: bool = False) -> Sealed:
        """Open a seal; raises :class:`TicketInvalid` when it is not ours, not of that kind, or expired.

        ``expired`` lets expired ones through, for calls that only let go of things.
        """
        head, nonce, cipher = blob[:_HEAD], blob[_HEAD : _HEAD + _NONCE], blob[_HEAD + _NONCE :]
        key = self._keys.get(head[1:])
        if head[:1] != _VERSION or key is None or len(nonce) != _NONCE:
            raise _foreign(kind)
        try:
            message = wire.parse("Sealed", key.decrypt(nonce, cipher, head + kind.value))
        except InvalidTag:
            raise _foreign(kind) from None
        content = _content(message)
        if content.expires < time.time() and not expired:
            raise TicketInvalid(f"The {_told(kind)} has expired.", hint="Run the query again.")
        return content


def _content(message: Any) -> Sealed:
    """The message's fields as values; what was never set and may be absent is None."""
    absent = [name for name in ("parameters", "timeout") if not message.HasField(name)]
    fields: dict[str, Any] = {name: getattr(message, name) for name in Sealed.__dataclass_fields__}
    return Sealed(**fields | dict.fromkeys(absent))


def _told(kind: Seal) -> str:
    return "prepared statement" if kind is Seal.PREPARED else kind.value.decode()


def _foreign(kind: Seal) -> TicketInvalid:
    return TicketInvalid(
        f"The {_told(kind)} was not issued by this gateway, or was altered.",
        hint="Run the query again; a restarted gateway without configured keys forgets what it issued.",
    )
