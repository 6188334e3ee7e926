"""Who calls: Basic once or on every RPC, or a bearer token of ours, which a login gives back in its headers.

A token carries the user's name and session choices under a seal; what the user may read is looked up anew on every
RPC, so that taking a user out of the configuration takes effect at once.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
import threading
import time
from dataclasses import asdict, replace
from http.cookies import CookieError, SimpleCookie

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import RequestMalformed, TicketInvalid, Unauthenticated
from gateway.flight.handles import Keyring, Seal, Sealed
from gateway.flight.rpc import Caller, Headers, first
from gateway.flight.session import Pushdown, Session
from gateway.flight.settings import FlightSettings
from gateway.policy import Principal

LOG = logging.getLogger("headgate.flight")
COOKIE = "arrow_flight_session_id"
_ANY_USER = "token"
_REMEMBERED_SECONDS = 60.0
_REMEMBERED_LOGINS = 1_024


class Authenticator:
    """Turns the headers of an RPC into a caller, and callers into tokens. Thread-safe."""

    def __init__(self, settings: FlightSettings, keyring: Keyring) -> None:
        self._settings = settings
        self._keyring = keyring
        self._passwords = _Passwords(settings)
        self._session = Session(pushdown=Pushdown(settings.pushdown))

    def caller(self, headers: Headers) -> Caller:
        """Who sends these headers; raises :class:`Unauthenticated`, always with the same sentence."""
        values = headers.get("authorization", ())
        if len(set(values)) > 1:
            raise refused()
        kind, _, credentials = first(headers, "authorization").partition(" ")
        if not kind and self._settings.anonymous is not None:
            caller = Caller("", self._settings.anonymous, self._session)
        elif kind.lower() == "basic":
            caller = self._basic(credentials.strip())
        elif kind.lower() == "bearer":
            caller = self._bearer(credentials.strip())
        else:
            raise refused()
        return self._with_cookie(caller, headers)

    def certified(self, identity: bytes, headers: Headers) -> Caller:
        """Who a client's certificate belongs to; raises :class:`Unauthenticated`.

        A token may come along, since a session lives in it, but only one of the same user.
        """
        try:
            caller = self._named(identity.decode() or "\0")
        except UnicodeDecodeError:
            raise refused() from None
        if headers.get("authorization"):
            told = self.caller(headers)
            if told.name != caller.name:
                raise refused()
            return told
        return self._with_cookie(caller, headers)

    def token(self, caller: Caller) -> str:
        """The value of an ``authorization`` header that stands for this caller and their session choices."""
        return f"Bearer {self._sealed(Seal.TOKEN, caller)}"

    def is_ageing(self, caller: Caller) -> bool:
        """Whether less than a fifth of the lifetime of the caller's token is left, so that a new one is due."""
        return caller.expires - time.time() < self._settings.token_lifetime / 5

    def cookie(self, caller: Caller) -> str:
        """The value of a ``set-cookie`` header that keeps the session choices of clients that keep cookies."""
        return f"{COOKIE}={self._sealed(Seal.COOKIE, caller)}"

    def no_cookie(self) -> str:
        """The value of a ``set-cookie`` header that makes clients forget the session's."""
        return f"{COOKIE}=; Max-Age=0"

    def _sealed(self, kind: Seal, caller: Caller) -> str:
        expires = time.time() + self._settings.token_lifetime
        blob = self._keyring.seal(kind, Sealed(expires, caller.name, **asdict(caller.session)))
        return base64.urlsafe_b64encode(blob).decode().rstrip("=")

    def _basic(self, credentials: str) -> Caller:
        try:
            name, colon, password = _decoded(credentials).decode().partition(":")
        except ValueError:
            raise refused() from None
        # Tools that know only user and password are given a token as the password, under its user's name or "token".
        kept = self._opened(Seal.TOKEN, password)
        if colon and kept is not None and name in (_ANY_USER, kept.name):
            return kept
        if not colon or not name or not self._passwords.right(name, password):
            LOG.warning("a login was refused")
            raise refused()
        return self._named(name)

    def _bearer(self, credentials: str) -> Caller:
        caller = self._opened(Seal.TOKEN, credentials)
        if caller is None:
            raise refused()
        return caller

    def _with_cookie(self, caller: Caller, headers: Headers) -> Caller:
        """A valid cookie of the same principal has the later word on session choices; any other is ignored."""
        for text in headers.get("cookie", ()):
            try:
                morsel = SimpleCookie(str(text)).get(COOKIE)
            except CookieError:
                continue
            kept = self._opened(Seal.COOKIE, morsel.value) if morsel else None
            if kept is not None and kept.name == caller.name:
                return replace(caller, session=kept.session)
        return caller

    def _opened(self, kind: Seal, text: str) -> Caller | None:
        try:
            content = self._keyring.open(kind, _decoded(text))
            return replace(self._named(content.principal), session=content.session, expires=content.expires)
        except (ValueError, TicketInvalid, RequestMalformed, Unauthenticated):
            return None

    def _named(self, name: str) -> Caller:
        if not name and self._settings.anonymous is not None:
            return Caller("", self._settings.anonymous, self._session)
        user = self._settings.users.get(name)
        if user is None:
            raise refused()
        return Caller(name, Principal(name, user.products), self._session)


class _Passwords:
    """Checks passwords against argon2 hashes, one at a time, and remembers right ones for a minute.

    One at a time, because each check takes tens of megabytes; remembered, because clients may send Basic on every
    RPC. What is remembered is a keyed digest, never the password.
    """

    def __init__(self, settings: FlightSettings) -> None:
        self._users = settings.users
        self._hasher = PasswordHasher()
        # Some user's: nobody's password takes as long against it, and making one would take that long at each start.
        self._nobody = next((user.password_hash for user in settings.users.values()), "")
        self._key = os.urandom(32)
        self._until: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def right(self, name: str, password: str) -> bool:
        """Whether this is the user's password; an unknown user takes as long as a wrong password."""
        user = self._users.get(name)
        stored = user.password_hash if user else self._nobody
        seen = f"{stored}\0{name}\0{password}".encode()
        digest = hmac.new(self._key, seen, hashlib.sha256).digest()
        if self._until.get(digest, 0.0) > time.monotonic():
            return True
        with self._lock:
            try:
                right = self._hasher.verify(stored, password) and user is not None
            except (VerificationError, InvalidHashError):
                right = False
            if right:
                if len(self._until) >= _REMEMBERED_LOGINS:
                    self._until.clear()
                self._until[digest] = time.monotonic() + _REMEMBERED_SECONDS
        return right


def _decoded(text: str) -> bytes:
    """Base64 of either alphabet, padded or not (Go pads nothing); raises ValueError."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def refused() -> Unauthenticated:
    """The one sentence for every failed login, so that it never tells which part was wrong."""
    return Unauthenticated("The credentials are missing or wrong.", hint="Log in with a user name and its password.")
