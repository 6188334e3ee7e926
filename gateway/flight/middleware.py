"""Authentication and the life of an RPC, where pyarrow allows both: in a middleware."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow.flight as fl

from connectors.errors import HeadgateError
from gateway.errors import Internal
from gateway.flight.actions import draining
from gateway.flight.admission import Calls, Slot
from gateway.flight.auth import Authenticator
from gateway.flight.errors import internal, translate
from gateway.flight.meters import Meters
from gateway.flight.rpc import Caller, Headers, Rpc
from gateway.policy import Principal

LOG = logging.getLogger("headgate.flight")
KEY = "headgate"

_NEW_WORK = frozenset(
    {fl.FlightMethod.HANDSHAKE, fl.FlightMethod.GET_FLIGHT_INFO, fl.FlightMethod.GET_SCHEMA, fl.FlightMethod.DO_PUT}
)

_NOBODY = Caller("\0", Principal("nobody", ()))


class OpenHandshake(fl.ServerAuthHandler):  # type: ignore[misc]
    """Answers Handshake, without which JDBC and ODBC cannot log in. The credentials are in the headers.

    It reads nothing: Go clients send no message.
    """

    def authenticate(self, outgoing: Any, incoming: Any) -> None:
        """Do nothing: the middleware has already let the caller in."""

    def is_valid(self, token: bytes) -> str:  # noqa: ARG002  (pyarrow's interface)
        """Take any ``auth-token-bin``, which old clients send empty."""
        return ""


class Middleware(fl.ServerMiddleware):  # type: ignore[misc]
    """Carries an RPC from its headers to its end. The hooks run while the transport's context is still alive.

    ``identify`` completes the caller with what only the handler is told: who the client's certificate belongs to.
    """

    def __init__(self, rpc: Rpc, token: str | None, identify: Callable[[bytes], None]) -> None:
        self.rpc = rpc
        self.identify = identify
        self._token = token

    def sending_headers(self) -> dict[str, str]:
        """A login is answered with a bearer token, and so is a call whose token will soon expire."""
        return {"authorization": self._token} if self._token else {}

    def call_completed(self, exception: Exception | None) -> None:  # noqa: ARG002  (pyarrow's interface)
        """Run the hooks of the RPC, the newest first."""
        for hook in reversed(self.rpc.completed):
            try:
                hook()
            except Exception:
                LOG.exception("query %s: cleaning up failed", self.rpc.id)


class MiddlewareFactory(fl.ServerMiddlewareFactory):  # type: ignore[misc]
    """Counts callers in, lets them in, or not. ``is_draining`` tells whether new work is refused.

    With ``certified`` the transport has checked certificates, and says only to handlers whose they are: until then
    the caller is nobody, who may read nothing.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        calls: Calls,
        meters: Meters,
        is_draining: Callable[[], bool],
        *,
        certified: bool,
    ) -> None:
        self._authenticator = authenticator
        self._calls = calls
        self._meters = meters
        self._is_draining = is_draining
        self._certified = certified

    def start_call(self, info: Any, headers: Headers) -> Middleware:
        """Authenticate an RPC; raises only Flight's own errors."""
        rpc_id, method = "none", info.method.name.lower()
        slot: Slot | None = None
        try:
            slot = self._calls.enter()
            rpc = Rpc(_NOBODY if self._certified else self._authenticator.caller(headers), headers)
            rpc_id = rpc.id
            if not self._certified:
                slot.own(rpc.caller.name)
            if self._is_draining() and info.method in _NEW_WORK:
                raise draining()
            token = self._authenticator.token(rpc.caller) if self._needs_token(info.method, rpc) else None
            rpc.completed += [slot.leave, lambda: self._meters.called(method, rpc.outcome)]
            return Middleware(rpc, token, partial(self._identify, rpc, slot))
        except HeadgateError as error:
            self._refused(slot, method, error.code)
            raise translate(error, rpc_id) from None
        except Exception:
            LOG.exception("query %s: internal error", rpc_id)
            self._refused(slot, method, Internal.code)
            raise internal(rpc_id) from None

    def _identify(self, rpc: Rpc, slot: Slot, identity: bytes) -> None:
        """Learn whose certificate it was; raises :class:`Unauthenticated`. Nothing to learn on the other port."""
        if self._certified:
            rpc.caller = self._authenticator.certified(identity, rpc.headers)
            slot.own(rpc.caller.name)

    def _refused(self, slot: Slot | None, method: str, code: str) -> None:
        if slot is not None:
            slot.leave()
        self._meters.called(method, code)

    def _needs_token(self, method: Any, rpc: Rpc) -> bool:
        if self._certified or method == fl.FlightMethod.HANDSHAKE:
            return not self._certified
        # An action may answer with a token of its own, for new session options; there must not be two.
        return method != fl.FlightMethod.DO_ACTION and self._authenticator.is_ageing(rpc.caller)
