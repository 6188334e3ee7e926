"""The transport: pyarrow's Flight server around the commands and the actions. Nothing is decided here."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.flight as fl

from connectors.errors import CallCancelled
from gateway.errors import RequestMalformed, RequestTooLarge, Unsupported
from gateway.flight.actions import DESCRIPTIONS, Actions
from gateway.flight.commands import Commands
from gateway.flight.errors import translated
from gateway.flight.middleware import KEY
from gateway.flight.rpc import Rpc
from gateway.flight.statements import Planned

_QUERY_ID = "x-headgate-query-id"
_MOST_BYTES = 8 << 20  # a statement, its parameters and the schema of ten thousand columns fit many times
_MOST_BATCHES = 1_000


class Server(fl.FlightServerBase):  # type: ignore[misc]
    """Listens from the moment it is made. Every handler lets only translated errors out."""

    def __init__(self, commands: Commands, actions: Actions, **transport: Any) -> None:
        self._commands = commands
        self._actions = actions
        super().__init__(**transport)

    def get_flight_info(self, context: Any, descriptor: Any) -> Any:
        """Plan a command."""
        rpc = _rpc(context)
        with translated(rpc):
            planned = self._commands.plan(rpc, _command(descriptor))
            rpc.add_header(_QUERY_ID, planned.query_id)
            return _info(descriptor, planned)

    def get_schema(self, context: Any, descriptor: Any) -> Any:
        """Tell the schema of a command's answer."""
        rpc = _rpc(context)
        with translated(rpc):
            return fl.SchemaResult(self._commands.schema(rpc, _command(descriptor)))

    def do_get(self, context: Any, ticket: Any) -> Any:
        """Run what a ticket stands for and stream it."""
        rpc = _rpc(context)
        with translated(rpc):
            rows = self._commands.fetch(rpc, _bounded(ticket.ticket))
            rpc.add_header(_QUERY_ID, rpc.id)
            return fl.GeneratorStream(rows.schema, _translated(rpc, rows.batches))

    def do_put(self, context: Any, descriptor: Any, reader: Any, writer: Any) -> None:
        """Bind parameters to a prepared query."""
        rpc = _rpc(context)
        with translated(rpc):
            result = self._commands.bind(rpc, _command(descriptor), lambda: _schema(reader), _received(reader))
            _reply(writer, result)

    def do_action(self, context: Any, action: Any) -> list[bytes]:
        """Do an action."""
        rpc = _rpc(context)
        with translated(rpc):
            return self._actions.run(rpc, action.type, _bounded(action.body).to_pybytes())

    def list_actions(self, context: Any) -> list[tuple[str, str]]:
        """List the actions that are served."""
        with translated(_rpc(context)):
            return list(DESCRIPTIONS)

    def list_flights(self, context: Any, criteria: bytes) -> Any:  # noqa: ARG002  (pyarrow's interface)
        """Refuse: datasets are listed by the metadata commands."""
        with translated(_rpc(context)):
            raise Unsupported("Headgate lists no flights.", hint="Ask for the tables instead.")

    def do_exchange(self, context: Any, descriptor: Any, reader: Any, writer: Any) -> None:  # noqa: ARG002
        """Refuse: Flight SQL has no use for it."""
        with translated(_rpc(context)):
            raise Unsupported("Headgate exchanges no data.", hint="Use a Flight SQL client.")


def _rpc(context: Any) -> Rpc:
    middleware = context.get_middleware(KEY)
    rpc: Rpc = middleware.rpc
    rpc.gone = context.is_cancelled
    rpc.add_header = context.add_header
    with translated(rpc):
        middleware.identify(context.peer_identity())
    return rpc


def _command(descriptor: Any) -> bytes:
    if descriptor.descriptor_type != fl.DescriptorType.CMD:
        raise RequestMalformed("A path is no Flight SQL command.", hint="Use a Flight SQL client.")
    return bytes(_bounded(descriptor.command))


def _bounded(message: Any) -> Any:
    """A message nobody has looked into yet, if it is of a size worth looking into."""
    if len(message) > _MOST_BYTES:
        raise RequestTooLarge(f"The request is larger than {_MOST_BYTES:,} bytes.")
    return message


def _info(descriptor: Any, planned: Planned) -> Any:
    expires = pa.scalar(int(planned.expires), pa.timestamp("s", tz="UTC"))
    # No locations: clients would open a new connection, and behind a proxy would not even reach it.
    endpoint = fl.FlightEndpoint(planned.ticket, [], expires)
    metadata = planned.query_id.encode()
    return fl.FlightInfo(planned.schema, descriptor, [endpoint], ordered=True, app_metadata=metadata)


def _schema(reader: Any) -> pa.Schema:
    try:
        return reader.schema
    except (pa.ArrowException, fl.FlightError, OSError):
        raise RequestMalformed("The bound parameters are not a readable Arrow stream.") from None


def _received(reader: Any) -> Iterator[pa.RecordBatch]:
    for _ in range(_MOST_BATCHES):
        try:
            chunk = reader.read_chunk()
        except StopIteration:
            return
        if chunk.data is not None:
            yield chunk.data
    raise RequestTooLarge(f"The request has more than {_MOST_BATCHES:,} batches.")


def _reply(writer: Any, result: bytes) -> None:
    try:
        writer.write(pa.py_buffer(result))
    except (OSError, fl.FlightError):
        raise CallCancelled("The client went away.") from None


def _translated(rpc: Rpc, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    with translated(rpc):
        yield from batches
