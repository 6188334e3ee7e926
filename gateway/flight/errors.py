"""Errors as Flight statuses. Nothing but the sentence, the code and an id reaches a client.

pyarrow knows ten statuses, and three of them only through plain Python exceptions, to which Arrow's C++ side adds
the formatted traceback. :func:`hide_tracebacks` keeps that away from clients.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow.flight as fl

from connectors.errors import CallCancelled, DeadlineExceeded, HeadgateError, Kind, StoreTimeout, TableUnknown
from gateway.errors import AddressUnknown, Internal, PermissionDenied, Unauthenticated, Unsupported
from gateway.flight.registry import QueryUnknown
from gateway.flight.rpc import Rpc

LOG = logging.getLogger("headgate.flight")
_LIMIT = 1_500  # bytes; clients over C++ lose the whole error when the trailers, which repeat it, grow past 8 KiB


class InvalidArgument(ValueError):
    """Reaches the client as INVALID_ARGUMENT."""


class NotFound(KeyError):
    """Reaches the client as NOT_FOUND."""

    def __str__(self) -> str:
        return str(self.args[0])


class Unimplemented(NotImplementedError):
    """Reaches the client as UNIMPLEMENTED."""


_STATUS: tuple[tuple[type[HeadgateError], Callable[[str], Exception]], ...] = (
    (Unauthenticated, fl.FlightUnauthenticatedError),
    (PermissionDenied, fl.FlightUnauthorizedError),
    (CallCancelled, fl.FlightCancelledError),
    (DeadlineExceeded, fl.FlightTimedOutError),
    (StoreTimeout, fl.FlightTimedOutError),
    (AddressUnknown, NotFound),
    (TableUnknown, NotFound),
    (QueryUnknown, NotFound),
    (Unsupported, Unimplemented),
)


def translate(error: HeadgateError, query_id: str) -> Exception:
    """The exception by which pyarrow gives a client the status, sentence, code and query id of an error."""
    text = clipped(str(error), f" (query {query_id})")
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status(text)
    if error.kind is Kind.USER:
        return InvalidArgument(text)
    return fl.FlightUnavailableError(text) if error.retryable else fl.FlightInternalError(text)  # type: ignore[no-any-return]


def clipped(text: str, tail: str = "") -> str:
    """A message of at most 1,500 bytes of UTF-8 that always keeps its tail."""
    room = _LIMIT - len(tail.encode())
    data = text.encode("utf-8", "replace")
    return (data.decode() if len(data) <= room else data[: room - 3].decode("utf-8", "ignore") + "…") + tail


@contextmanager
def translated(rpc: Rpc) -> Iterator[None]:
    """Let nothing but translated errors out. What nobody foresaw is logged whole and shown as an id.

    The id is read when it is needed: fetching a ticket gives the RPC the id of its query.
    """
    try:
        yield
    except HeadgateError as error:
        rpc.outcome = error.code
        if error.kind is Kind.INTERNAL:
            LOG.error("query %s: internal error", rpc.id, exc_info=error)
        raise translate(error, rpc.id) from None
    except (Exception, KeyboardInterrupt):  # Arrow makes the latter of some cancellations, in any thread
        rpc.outcome = Internal.code
        LOG.exception("query %s: internal error", rpc.id)
        raise internal(rpc.id) from None


def internal(query_id: str) -> Exception:
    """What a client sees of a fault in the gateway."""
    return fl.FlightInternalError(  # type: ignore[no-any-return]
        f"INTERNAL: The gateway met an error of its own. Hint: Give the operator this id. (query {query_id})"
    )


def hide_tracebacks() -> None:
    """Make Arrow's C++ side find no traceback to add to a message. Idempotent, for the whole process.

    It asks ``traceback.format_exception`` from a thread of gRPC that runs no Python code at that moment, which
    tells that caller from every other.
    """
    if getattr(traceback.format_exception, "hides", False):
        return
    original: Callable[..., list[str]] = traceback.format_exception

    def format_exception(*args: Any, **kwargs: Any) -> list[str]:
        try:
            sys._getframe(1)  # noqa: SLF001
        except ValueError:
            return []
        return original(*args, **kwargs)

    format_exception.hides = True  # type: ignore[attr-defined]
    traceback.format_exception = format_exception
