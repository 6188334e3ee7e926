"""A small Flight SQL client for the command line: queries with parameters, and the list of datasets."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import pyarrow as pa
import pyarrow.flight as fl

from connectors.errors import HeadgateError, Kind
from gateway.flight.wire import make, pack, unpack

# Client libraries put their own status before the gateway's code: "NOT_FOUND: [FlightSQL] ADDRESS_UNKNOWN: …".
_MESSAGE = re.compile(r"([A-Z][A-Z_]{3,}): (?!\[)(.*?)(?: Hint: (.*?))? \(query \w+\)", re.DOTALL)
_LOGIN_SECONDS = 10.0
_SCHEMES = {"grpc": "grpc", "grpc+tcp": "grpc", "grpc+tls": "grpc+tls", "grpcs": "grpc+tls"}


class RemoteFailure(Exception):
    """What a gateway answered instead of rows, or that there was none to answer."""

    def __init__(self, code: str, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.hint = hint

    @property
    def kind(self) -> Kind:
        """The kind that goes with the code; RESOURCE when no gateway answered."""
        if self.code == "UNREACHABLE":
            return Kind.RESOURCE
        return _kinds(HeadgateError).get(self.code, Kind.INTERNAL)


class RemoteRows:
    """A query's answer as it comes over the wire."""

    def __init__(self, reader: Any) -> None:
        self.schema: pa.Schema = reader.schema
        self._reader = reader

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        with _told():
            for chunk in self._reader:
                yield chunk.data

    def close(self) -> None:
        """Tell the gateway that no more is wanted."""
        self._reader.cancel()


class Client:
    """A connection to the gateway at ``url`` (``grpc://host:port`` or ``grpc+tls://host:port``).

    Without a user the gateway sees an anonymous caller. ``pushdown`` is on, off or verify. ``ca`` are PEM bytes of
    the authorities to trust under TLS, by default those of the system. Everything raises :class:`RemoteFailure`.
    """

    def __init__(self, url: str, *, user: str = "", password: str = "", pushdown: str = "on", ca: bytes = b"") -> None:
        scheme, _, place = url.partition("://")
        if scheme not in _SCHEMES or not place:
            raise RemoteFailure(
                "REQUEST_INVALID", "The address of a gateway is grpc://host:port or grpc+tls://host:port."
            )
        with _told():
            self._client = fl.FlightClient(f"{_SCHEMES[scheme]}://{place}", **({"tls_root_certs": ca} if ca else {}))
            self._headers = [] if pushdown == "on" else [(b"x-headgate-pushdown", pushdown.encode())]
            if user:
                limit = fl.FlightCallOptions(timeout=_LOGIN_SECONDS)
                self._headers.append(self._client.authenticate_basic_token(user, password, limit))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> RemoteRows:
        """Run one statement; ``parameters`` stand for its ``?`` or ``$1`` …"""
        with _told():
            command = self._bound(sql, parameters) if parameters else pack("CommandStatementQuery", query=sql)
            return self._fetch(command)

    def tables(self) -> list[Mapping[str, Any]]:
        """The datasets one may read, by the columns of Flight SQL; ``table_schema`` is an Arrow schema."""
        with _told():
            answer = self._fetch(pack("CommandGetTables", include_schema=True))
            rows = [row for batch in answer for row in batch.to_pylist()]
        return [{**row, "table_schema": pa.ipc.read_schema(pa.py_buffer(row["table_schema"]))} for row in rows]

    def _bound(self, sql: str, parameters: Sequence[Any]) -> bytes:
        """Prepare a statement and bind one row to it; the command that runs it."""
        request = fl.Action("CreatePreparedStatement", pack("ActionCreatePreparedStatementRequest", query=sql))
        (result,) = self._client.do_action(request, self._options)
        handle = unpack(result.body.to_pybytes())[1].prepared_statement_handle
        row = pa.RecordBatch.from_pylist([{f"${at}": value for at, value in enumerate(parameters, start=1)}])
        descriptor = fl.FlightDescriptor.for_command(
            pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
        )
        writer, reader = self._client.do_put(descriptor, row.schema, self._options)
        with writer:
            writer.write_batch(row)
            writer.done_writing()
            answer = reader.read()
        bound = make("DoPutPreparedStatementResult")
        bound.ParseFromString(answer.to_pybytes())
        return pack("CommandPreparedStatementQuery", prepared_statement_handle=bound.prepared_statement_handle)

    def _fetch(self, command: bytes) -> RemoteRows:
        info = self._client.get_flight_info(fl.FlightDescriptor.for_command(command), self._options)
        return RemoteRows(self._client.do_get(info.endpoints[0].ticket, self._options))

    @property
    def _options(self) -> Any:
        return fl.FlightCallOptions(headers=self._headers)


def _kinds(root: type[HeadgateError]) -> dict[str, Kind]:
    found = {root.code: root.kind}
    for child in root.__subclasses__():
        found |= _kinds(child)
    return found


def read_failure(message: str) -> RemoteFailure | None:
    """What the gateway said, out of the text of whatever exception a client library made of it."""
    said = _MESSAGE.search(message)
    return RemoteFailure(said[1], said[2], said[3] or "") if said else None


@contextmanager
def _told() -> Iterator[None]:
    """Turn what pyarrow raises back into what the gateway said."""
    try:
        yield
    except (pa.ArrowException, fl.FlightError) as problem:
        if failure := read_failure(str(problem)):
            raise failure from problem
        raise RemoteFailure(
            "UNREACHABLE", "No gateway answers at that address.", "Is it running, and is TLS on both sides or neither?"
        ) from problem
