"""What each Flight SQL command does in GetFlightInfo, GetSchema, DoGet and DoPut."""

import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from gateway.errors import RequestMalformed, Unsupported
from gateway.flight import metadata, sqlinfo, wire
from gateway.flight.execution import slices
from gateway.flight.rpc import Rpc
from gateway.flight.settings import FlightSettings
from gateway.flight.statements import Planned, Rows, Statements
from gateway.flight.tables import TableSchemas
from gateway.flight.view import View
from gateway.service import Service

_READ_ONLY = "Headgate is read-only: it answers queries and changes nothing."
_REFUSED = {
    "CommandStatementUpdate": _READ_ONLY,
    "CommandPreparedStatementUpdate": _READ_ONLY,
    "CommandStatementIngest": _READ_ONLY,
    "CommandStatementSubstraitPlan": "Headgate takes SQL, not Substrait plans.",
}


class Commands:
    """The commands over a service. Neutral of the transport; all errors are :class:`HeadgateError`."""

    def __init__(self, service: Service, settings: FlightSettings, statements: Statements) -> None:
        self._service = service
        self._settings = settings
        self._statements = statements
        self._schemas = TableSchemas()

    def plan(self, rpc: Rpc, data: bytes) -> Planned:
        """GetFlightInfo: nothing is run; the ticket stands for the answer."""
        name, command = wire.unpack(data)
        if metadata.is_metadata(name):
            # Clients do not look into tickets, and a metadata command needs no state: it is its own ticket.
            expires = time.time() + self._settings.ticket_lifetime
            return Planned(metadata.schema_of(name, command), data, expires, rpc.id)
        if name == "CommandStatementQuery":
            return self._statements.plan(rpc, _sql(command))
        if name == "CommandPreparedStatementQuery":
            return self._statements.plan_prepared(rpc, command.prepared_statement_handle)
        raise _unserved(name)

    def schema(self, rpc: Rpc, data: bytes) -> pa.Schema:
        """GetSchema: the schema that the answer to a command has."""
        name, command = wire.unpack(data)
        if metadata.is_metadata(name):
            return metadata.schema_of(name, command)
        if name == "CommandStatementQuery":
            return self._statements.schema(rpc, _sql(command))
        if name == "CommandPreparedStatementQuery":
            return self._statements.schema_prepared(rpc, command.prepared_statement_handle)
        raise _unserved(name)

    def fetch(self, rpc: Rpc, data: bytes) -> Rows:
        """DoGet: run what the ticket stands for."""
        name, command = wire.unpack(data)
        if metadata.is_metadata(name):
            if name == "CommandGetSqlInfo":
                batch = sqlinfo.sql_info(command.info, rpc.user_agent)
            else:
                batch = metadata.answer(name, command, self._view(rpc))
            return Rows(batch.schema, slices(batch))
        if name == "TicketStatementQuery":
            return self._statements.run(rpc, command.statement_handle)
        if name == "CommandPreparedStatementQuery":
            planned = self._statements.plan_prepared(rpc, command.prepared_statement_handle)
            return self.fetch(rpc, planned.ticket)
        raise _unserved(name)

    def bind(self, rpc: Rpc, data: bytes, schema: Any, batches: Iterator[pa.RecordBatch]) -> bytes:
        """DoPut: bind parameters to a prepared query; the result message with the new handle.

        ``schema`` is a function, because a client may send none with a command that is refused anyway.
        """
        name, command = wire.unpack(data)
        if name != "CommandPreparedStatementQuery":
            raise _unserved(name)
        handle = self._statements.bind(rpc, command.prepared_statement_handle, schema(), batches)
        return bytes(wire.make("DoPutPreparedStatementResult", prepared_statement_handle=handle).SerializeToString())

    def _view(self, rpc: Rpc) -> View:
        return View(self._service.catalog, rpc.caller.principal, rpc.session.profile, self._schemas)


def _sql(command: Any) -> str:
    refuse_transaction(command)
    return str(command.query)


def refuse_transaction(command: Any) -> None:
    """A statement inside a transaction cannot be, since none was ever begun here."""
    if command.transaction_id:
        raise Unsupported("Headgate has no transactions: every query reads one snapshot of each store.")


def _unserved(name: str) -> Exception:
    if name in _REFUSED:
        return Unsupported(_REFUSED[name])
    return RequestMalformed(f"{name} has no place in this call.", hint="Use a Flight SQL client.")
