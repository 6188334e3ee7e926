"""A Flight server that streams batches and does nothing else: ``flight.py PORT FOLDER REPEAT``.

It answers every Flight SQL query with the Arrow file of the folder that the query names, ``REPEAT`` times over where
the query says ``many``; or with what DuckDB makes, each time anew, of the text in an SQL file of that name. It prepares
statements too, since drivers do: else it would be asked by fewer calls.
"""

import sys
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.flight as fl  # noqa: TID251  (a floor to measure against, no part of the gateway)

_DUCKDB = duckdb.connect()
_ROWS = 8_192  # of lineitem, 1.4 MB
_PREPARED = b"type.googleapis.com/arrow.flight.protocol.sql.ActionCreatePreparedStatementResult"


class Bare(fl.FlightServerBase):  # type: ignore[misc]
    """The server."""

    def __init__(self, place: str, folder: Path, times: int) -> None:
        super().__init__(place)
        self._place, self._folder, self._times = place, folder, times
        self._tables: dict[str, Any] = {}

    def get_flight_info(self, context: Any, descriptor: Any) -> Any:  # noqa: ARG002
        """One endpoint, whose ticket is the command: the query's words are somewhere in its bytes."""
        endpoint = fl.FlightEndpoint(descriptor.command, [self._place])
        return fl.FlightInfo(self._schema(descriptor.command), descriptor, [endpoint], -1, -1)

    def do_get(self, context: Any, ticket: Any) -> Any:  # noqa: ARG002
        """The table as a stream that Arrow serves without Python, or again and again where many are wanted."""
        if (text := self._text(ticket.ticket)) is not None:
            return fl.RecordBatchStream(_made(text))
        table = self._table(ticket.ticket)
        if b"many" not in ticket.ticket:
            return fl.RecordBatchStream(table)
        return fl.RecordBatchStream(pa.RecordBatchReader.from_batches(table.schema, self._many(table)))

    def do_action(self, context: Any, action: Any) -> list[bytes]:  # noqa: ARG002
        """Prepare and close statements; the handle is the request, for the query's words are in it."""
        if action.type != "CreatePreparedStatement":
            return []
        body = action.body.to_pybytes()
        schemas = self._schema(body).serialize().to_pybytes(), pa.schema([]).serialize().to_pybytes()
        made = b"".join(_field(number, data) for number, data in enumerate((body, *schemas), start=1))
        return [_field(1, _PREPARED) + _field(2, made)]

    def _schema(self, command: bytes) -> Any:
        text = self._text(command)
        return self._table(command).schema if text is None else _made(f"SELECT * FROM ({text}) LIMIT 0").schema

    def _text(self, command: bytes) -> str | None:
        found = (path for path in self._folder.glob("*.sql") if path.stem.encode() in command)
        return next((path.read_text("utf-8") for path in found), None)

    def _many(self, table: Any) -> Iterator[Any]:
        batches = table.to_batches()
        return chain.from_iterable(repeat(batches, self._times))

    def _table(self, command: bytes) -> Any:
        for path in self._folder.glob("*.arrow"):
            if path.stem.encode() in command and path.stem not in self._tables:
                self._tables[path.stem] = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        return next(table for name, table in self._tables.items() if name.encode() in command)


def _made(text: str) -> Any:
    return _DUCKDB.cursor().sql(text).to_arrow_reader(_ROWS)


def _field(number: int, data: bytes) -> bytes:
    """A field of a protobuf message whose value has a length."""
    length, left = b"", len(data)
    while left > 0x7F:
        length, left = length + bytes([left & 0x7F | 0x80]), left >> 7
    return bytes([number << 3 | 2]) + length + bytes([left]) + data


if __name__ == "__main__":
    Bare(f"grpc://127.0.0.1:{sys.argv[1]}", Path(sys.argv[2]), int(sys.argv[3])).serve()
