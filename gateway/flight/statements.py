"""Statements between a client and the service: planned when asked about, planned again and run when fetched.

A ticket carries the SQL as the caller wrote it and what they bound, never the rewritten text: fetching authorises
anew, so a grant taken back meanwhile holds, and nothing in a ticket can widen what its bearer may read.
"""

import hashlib
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from connectors.call import Call
from gateway.catalog import Catalog
from gateway.errors import ParametersInvalid, PermissionDenied, TicketInvalid
from gateway.flight import params, wire
from gateway.flight.bindings import Bindings
from gateway.flight.execution import Conditions, Execution
from gateway.flight.handles import Keyring, Seal, Sealed
from gateway.flight.registry import Running
from gateway.flight.rpc import Rpc
from gateway.flight.session import Pushdown, Session
from gateway.flight.settings import FlightSettings
from gateway.flight.types import with_digits
from gateway.planner.plan import Plan
from gateway.service import Service


@dataclass(frozen=True, slots=True)
class Planned:
    """What GetFlightInfo answers: the schema, the ticket's bytes, when it expires (Unix time) and the query's id."""

    schema: pa.Schema
    ticket: bytes
    expires: float
    query_id: str


@dataclass(frozen=True, slots=True)
class Rows:
    """What DoGet streams: every batch has exactly this schema."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


class Statements:
    """Prepares, plans and runs statements for callers. Thread-safe; all errors are :class:`HeadgateError`."""

    def __init__(self, service: Service, settings: FlightSettings, keyring: Keyring, conditions: Conditions) -> None:
        self._service = service
        self._settings = settings
        self._keyring = keyring
        self._conditions = conditions
        self._bound = Bindings()

    @property
    def catalog(self) -> Catalog:
        """The catalog in force now."""
        return self._service.catalog

    @property
    def defaults(self) -> Session:
        """What holds for a session that has chosen nothing."""
        return Session(pushdown=Pushdown(self._settings.pushdown))

    def schema(self, rpc: Rpc, sql: str) -> pa.Schema:
        """The schema of a statement's answer, whatever its parameters."""
        return with_digits(self._prepare(rpc, sql, None).schema, rpc.session.profile)

    def plan(self, rpc: Rpc, sql: str, bound: bytes | None = None) -> Planned:
        """Plan a statement with what is bound to it, and seal a ticket for running it."""
        timeout = rpc.timeout(self._settings.query_timeout)
        values = params.values(bound) if bound is not None else []
        plan = self._prepare(rpc, sql, values)
        ticket = Sealed(
            expires=time.time() + self._settings.ticket_lifetime,
            principal=rpc.caller.name,
            sql=sql,
            parameters=bound,
            query_id=rpc.id,
            timeout=timeout,
            fingerprint=_fingerprint(plan.schema),
            **asdict(rpc.session),
        )
        handle = self._keyring.seal(Seal.TICKET, ticket)
        packed = wire.pack("TicketStatementQuery", statement_handle=handle)
        return Planned(with_digits(plan.schema, rpc.session.profile), packed, ticket.expires, rpc.id)

    def run(self, rpc: Rpc, blob: bytes) -> Rows:
        """Plan what a ticket carries once more, as its caller, and run it. The RPC takes over the query's id."""
        ticket = self.ticket(rpc, blob)
        rpc.id = ticket.query_id
        call = Call(id=ticket.query_id, timeout=ticket.timeout)
        execution = Execution(self._conditions, rpc, call)
        schema = execution.start(self._service, lambda: self._planned_again(rpc, ticket, call))
        return Rows(with_digits(schema, ticket.session.profile), execution.batches())

    def _planned_again(self, rpc: Rpc, ticket: Sealed, call: Call) -> Plan:
        values = params.values(ticket.parameters) if ticket.parameters is not None else []
        choices = ticket.session.options()
        who = rpc.caller.principal
        plan = self._service.prepare(ticket.sql, who, parameters=values, options=choices, call=call)
        if _fingerprint(plan.schema) != ticket.fingerprint:
            raise TicketInvalid("The answer's columns have changed since the query was planned.", hint="Run it again.")
        return plan

    def ticket(self, rpc: Rpc, blob: bytes, *, expired: bool = False) -> Sealed:
        """Open a ticket of this caller; raises :class:`TicketInvalid` or :class:`PermissionDenied`."""
        return self._own(rpc, Seal.TICKET, blob, expired=expired)

    def renew(self, rpc: Rpc, blob: bytes) -> tuple[bytes, float]:
        """A ticket's command with a new lifetime, and when that ends."""
        ticket = self.ticket(rpc, blob)
        expires = time.time() + self._settings.ticket_lifetime
        sealed = self._keyring.seal(Seal.TICKET, replace(ticket, expires=expires))
        return wire.pack("TicketStatementQuery", statement_handle=sealed), expires

    def create(self, rpc: Rpc, sql: str) -> bytes:
        """Prepare a statement: the packed result with its handle, and the schemas of its answer and parameters."""
        plan = self._prepare(rpc, sql, None)
        expected = params.parameter_schema(plan.parameters, rpc.session.profile)
        # A handle gives its bearer nothing that the SQL text would not, and drivers keep them for days: no expiry.
        handle = self._keyring.seal(Seal.PREPARED, Sealed(math.inf, rpc.caller.name, sql=sql))
        return wire.pack(
            "ActionCreatePreparedStatementResult",
            prepared_statement_handle=handle,
            dataset_schema=bytes(with_digits(plan.schema, rpc.session.profile).serialize()),
            parameter_schema=bytes(expected.serialize()),
            is_update=False,
        )

    def bind(self, rpc: Rpc, blob: bytes, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> bytes:
        """Bind a row to a prepared statement: a new handle that carries it. The old one remembers it for a while."""
        handle = self._own(rpc, Seal.PREPARED, blob)
        bound = params.read_bound(schema, batches)
        self._bound.put(blob, bound)
        return self._keyring.seal(Seal.PREPARED, replace(handle, parameters=bound))

    def plan_prepared(self, rpc: Rpc, blob: bytes) -> Planned:
        """Plan a prepared statement with what was bound to its handle."""
        handle = self._own(rpc, Seal.PREPARED, blob)
        bound = handle.parameters if handle.parameters is not None else self._bound.get(blob)
        try:
            return self.plan(rpc, handle.sql, bound)
        except ParametersInvalid as error:
            if bound is None and not error.hint:
                error.hint = "Bind the parameters first; old drivers must reach the same gateway for both."
            raise

    def schema_prepared(self, rpc: Rpc, blob: bytes) -> pa.Schema:
        """The schema of a prepared statement's answer."""
        return self.schema(rpc, self._own(rpc, Seal.PREPARED, blob).sql)

    def close(self, blob: bytes) -> None:
        """Forget what was bound to a handle. Any bytes will do: closing twice is not an error."""
        self._bound.drop(blob)

    def _prepare(self, rpc: Rpc, sql: str, values: list[Any] | None) -> Plan:
        """Plan a statement. What has to be asked for that is given up when the client leaves."""
        call = Call(id=rpc.id, timeout=rpc.timeout(self._settings.query_timeout))
        choices = rpc.session.options()
        with self._conditions.registry.watching(Running(call, rpc.caller.name, rpc.gone)):
            return self._service.prepare(sql, rpc.caller.principal, parameters=values, options=choices, call=call)

    def _own(self, rpc: Rpc, kind: Seal, blob: bytes, *, expired: bool = False) -> Sealed:
        content = self._keyring.open(kind, blob, expired=expired)
        if content.principal != rpc.caller.name:
            raise PermissionDenied("This was issued to another user.", hint="Run the query again as yourself.")
        return content


def _fingerprint(schema: pa.Schema) -> bytes:
    return hashlib.sha256(schema.serialize()).digest()[:16]
