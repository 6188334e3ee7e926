"""Authentication and the life of an RPC, where pyarrow allows both: in a middleware."""

import logging
from collections.abc import Callable
from typing import Any

import pyarrow.flight as fl

from connectors.errors import HeadgateError
from gateway.flight.actions import draining
from gateway.flight.auth import Authenticator
from gateway.flight.errors import internal, translate
from gateway.flight.rpc import Headers, Rpc

LOG = logging.getLogger("headgate.flight")
KEY = "headgate"

_NEW_WORK = frozenset(
    {fl.FlightMethod.HANDSHAKE, fl.FlightMethod.GET_FLIGHT_INFO, fl.FlightMethod.GET_SCHEMA, fl.FlightMethod.DO_PUT}
)


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
    """Carries an RPC from its headers to its end."""

    def __init__(self, rpc: Rpc, token: str | None) -> None:
        self.rpc = rpc
        self._token = token

    def sending_headers(self) -> dict[str, str]:
        """A login is answered with a bearer token, and so is a call whose token will soon expire."""
        return {"authorization": self._token} if self._token else {}

    def call_completed(self, exception: Exception | None) -> None:  # noqa: ARG002  (pyarrow's interface)
        """Run the hooks of the RPC while its context is still alive."""
        for hook in self.rpc.completed:
            try:
                hook()
            except Exception:
                LOG.exception("query %s: cleaning up failed", self.rpc.id)


class MiddlewareFactory(fl.ServerMiddlewareFactory):  # type: ignore[misc]
    """Lets callers in, or not. ``is_draining`` tells whether new work is refused."""

    def __init__(self, authenticator: Authenticator, is_draining: Callable[[], bool]) -> None:
        self._authenticator = authenticator
        self._is_draining = is_draining

    def start_call(self, info: Any, headers: Headers) -> Middleware:
        """Authenticate an RPC; raises only Flight's own errors."""
        rpc_id = "none"
        try:
            rpc = Rpc(self._authenticator.caller(headers), headers)
            rpc_id = rpc.id
            if self._is_draining() and info.method in _NEW_WORK:
                raise draining()
            return Middleware(
                rpc, self._authenticator.token(rpc.caller) if self._needs_token(info.method, rpc) else None
            )
        except HeadgateError as error:
            raise translate(error, rpc_id) from None
        except Exception:
            LOG.exception("query %s: internal error", rpc_id)
            raise internal(rpc_id) from None

    def _needs_token(self, method: Any, rpc: Rpc) -> bool:
        if method == fl.FlightMethod.HANDSHAKE:
            return True
        # An action may answer with a token of its own, for new session options; there must not be two.
        return method != fl.FlightMethod.DO_ACTION and self._authenticator.is_ageing(rpc.caller)
