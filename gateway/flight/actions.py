"""The actions: prepared statements, cancelling, tickets' lifetimes and session options."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from gateway.errors import Draining, RequestMalformed, Unsupported
from gateway.flight import wire
from gateway.flight.auth import Authenticator
from gateway.flight.commands import refuse_transaction
from gateway.flight.registry import Registry
from gateway.flight.rpc import Rpc
from gateway.flight.session import changed, told
from gateway.flight.statements import Statements

DESCRIPTIONS = (
    ("CreatePreparedStatement", "Prepare a query: its handle, and the schemas of its answer and parameters."),
    ("ClosePreparedStatement", "Let go of a prepared query."),
    ("CancelFlightInfo", "Cancel the query that a FlightInfo stands for."),
    ("CancelQuery", "Cancel the query that a FlightInfo stands for (deprecated name)."),
    ("RenewFlightEndpoint", "Give a ticket a new lifetime."),
    ("SetSessionOptions", "Choose options of the session: catalog, schema, pushdown, type_profile."),
    ("GetSessionOptions", "The options of the session."),
    ("CloseSession", "End the session."),
)
_NO_TRANSACTIONS = "Headgate has no transactions: every query reads one snapshot of each store."
_REFUSED = dict.fromkeys(("BeginTransaction", "EndTransaction", "BeginSavepoint", "EndSavepoint"), _NO_TRANSACTIONS) | {
    "CreatePreparedSubstraitPlan": "Headgate takes SQL, not Substrait plans."
}
_CANCELLED, _CLOSED = 1, 1


class Actions:
    """The actions of DoAction. All errors are :class:`HeadgateError`."""

    def __init__(self, statements: Statements, registry: Registry, authenticator: Authenticator) -> None:
        self._statements = statements
        self._registry = registry
        self._authenticator = authenticator
        self._actions: dict[str, Callable[[Rpc, bytes], Iterable[bytes]]] = {
            "CreatePreparedStatement": self._create,
            "ClosePreparedStatement": self._close,
            "CancelFlightInfo": self._cancel_flight_info,
            "CancelQuery": self._cancel_query,
            "RenewFlightEndpoint": self._renew,
            "SetSessionOptions": self._set_options,
            "GetSessionOptions": self._get_options,
            "CloseSession": self._close_session,
        }
        self.draining = False

    def run(self, rpc: Rpc, name: str, body: bytes) -> list[bytes]:
        """Do an action and give its result messages."""
        if name in _REFUSED:
            raise Unsupported(_REFUSED[name])
        if name not in self._actions:
            raise Unsupported("This gateway does not know that action.")
        if self.draining and name == "CreatePreparedStatement":
            raise draining()
        return list(self._actions[name](rpc, body))

    def _create(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:
        request = _expect("ActionCreatePreparedStatementRequest", body)
        refuse_transaction(request)
        yield self._statements.create(rpc, request.query)

    def _close(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:  # noqa: ARG002  (one shape for all)
        request = _expect("ActionClosePreparedStatementRequest", body)
        self._statements.close(request.prepared_statement_handle)
        return ()

    def _cancel_flight_info(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:
        self._cancel(rpc, wire.parse("CancelFlightInfoRequest", body).info)
        yield wire.make("CancelFlightInfoResult", status=_CANCELLED).SerializeToString()

    def _cancel_query(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:
        self._cancel(rpc, wire.parse("FlightInfo", _expect("ActionCancelQueryRequest", body).info))
        yield wire.pack("ActionCancelQueryResult", result=_CANCELLED)

    def _cancel(self, rpc: Rpc, info: Any) -> None:
        if not info.endpoint:
            raise RequestMalformed("The FlightInfo has no endpoint.")
        ticket = self._statements.ticket(rpc, _handle(info.endpoint[0]), expired=True)
        self._registry.cancel(ticket.query_id, rpc.caller.name)

    def _renew(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:
        endpoint = wire.parse("RenewFlightEndpointRequest", body).endpoint
        endpoint.ticket.ticket, expires = self._statements.renew(rpc, _handle(endpoint))
        endpoint.expiration_time.seconds, endpoint.expiration_time.nanos = int(expires), 0
        yield endpoint.SerializeToString()

    def _set_options(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:
        options = wire.parse("SetSessionOptionsRequest", body).session_options
        caller = rpc.caller
        session, errors = changed(
            caller.session, options, self._statements.catalog, caller.principal, self._statements.defaults
        )
        if session != caller.session:
            # The session lives with the client: as a new token, and as a cookie for clients that keep those.
            caller = replace(caller, session=session)
            rpc.add_header("authorization", self._authenticator.token(caller))
            rpc.add_header("set-cookie", self._authenticator.cookie(caller))
        entries = [wire.make("SessionOptionError", key=key, value={"value": code}) for key, code in errors.items()]
        yield wire.make("SetSessionOptionsResult", errors=entries).SerializeToString()

    def _get_options(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:
        wire.parse("GetSessionOptionsRequest", body)
        yield wire.make("GetSessionOptionsResult", session_options=told(rpc.session)).SerializeToString()

    def _close_session(self, rpc: Rpc, body: bytes) -> Iterable[bytes]:
        wire.parse("CloseSessionRequest", body)
        if "cookie" in rpc.headers:
            rpc.add_header("set-cookie", self._authenticator.no_cookie())
        yield wire.make("CloseSessionResult", status=_CLOSED).SerializeToString()


def draining() -> Draining:
    """What new work is told while the gateway shuts down."""
    return Draining("The gateway is shutting down.", hint="Connect again in a moment.")


def _expect(name: str, body: bytes) -> Any:
    found, message = wire.unpack(body)
    if found != name:
        raise RequestMalformed(f"The action's body is no {name} message.")
    return message


def _handle(endpoint: Any) -> bytes:
    name, command = wire.unpack(endpoint.ticket.ticket)
    if name != "TicketStatementQuery":
        raise RequestMalformed("The ticket does not stand for a running query.")
    return bytes(command.statement_handle)
