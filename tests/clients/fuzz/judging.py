"""What a message would open if it were accepted: its sealed handle, its token."""

import base64
from collections.abc import Iterator

from connectors.errors import HeadgateError
from gateway.flight import wire


def handles(data: bytes) -> Iterator[bytes]:
    """The sealed handle that a command, a ticket or an action's ticket holds, if it holds one."""
    try:
        name, command = wire.unpack(data)
    except HeadgateError:
        return
    for part in ("statement_handle", "prepared_statement_handle"):
        # Closing is a courtesy: it succeeds whatever it is given.
        if hasattr(command, part) and name != "ActionClosePreparedStatementRequest":
            yield bytes(getattr(command, part))


def inside(name: str, body: bytes) -> bytes:
    """The ticket that an action is about."""
    try:
        if name == "RenewFlightEndpoint":
            return bytes(wire.parse("RenewFlightEndpointRequest", body).endpoint.ticket.ticket)
        if name == "CancelFlightInfo":
            return bytes(wire.parse("CancelFlightInfoRequest", body).info.endpoint[0].ticket.ticket)
        found, request = wire.unpack(body) if name == "CancelQuery" else ("", None)
        if found == "ActionCancelQueryRequest":
            return bytes(wire.parse("FlightInfo", request.info).endpoint[0].ticket.ticket)
    except (HeadgateError, IndexError):
        pass
    return b""


def decoded(text: str) -> bytes | None:
    kind, _, value = text.partition(" ")
    plain = value.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return kind.lower().encode() + base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError:
        return None
