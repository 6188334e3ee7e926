"""Good messages to start from, and the handles that were honestly given out: whatever else opens is a forgery."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa

from gateway.flight import wire

Act = Callable[[str, bytes], list[bytes]]
Ticket = Callable[[str], bytes]
SQL = (
    "SELECT id, name FROM artists.catalog.labels WHERE id < 3 ORDER BY id",
    "SELECT COUNT(*) AS n FROM artists.catalog.artists",
    "EXPLAIN SELECT 1 AS one",
)
ASKING = "SELECT name FROM artists.catalog.labels WHERE id = ? AND name <> ?"
METADATA = (
    wire.pack("CommandGetCatalogs"),
    wire.pack("CommandGetDbSchemas", catalog="artists", db_schema_filter_pattern="c%"),
    wire.pack("CommandGetTables", catalog="%", table_name_filter_pattern="l_bel\\s%", table_types=["TABLE"]),
    wire.pack("CommandGetTables", include_schema=True),
    wire.pack("CommandGetTableTypes"),
    wire.pack("CommandGetPrimaryKeys", catalog="artists", db_schema="catalog", table="labels"),
    wire.pack("CommandGetCrossReference", pk_table="labels", fk_table="artists"),
    wire.pack("CommandGetXdbcTypeInfo", data_type=3),
    wire.pack("CommandGetSqlInfo", info=[0, 8, 500, 2**32 - 1]),
)
REFUSED = (
    wire.pack("CommandStatementUpdate", query="DELETE FROM artists.catalog.labels"),
    wire.pack("CommandStatementIngest", table="labels"),
    wire.pack("CommandStatementSubstraitPlan"),
)


@dataclass
class Corpus:
    """Messages by what they are for: commands, tickets, actions (name and body)."""

    commands: list[bytes] = field(default_factory=list)
    tickets: list[bytes] = field(default_factory=list)
    actions: list[tuple[str, bytes]] = field(default_factory=list)
    prepared: list[bytes] = field(default_factory=list)
    issued: set[bytes] = field(default_factory=set)


def collected(act: Act, ticket: Ticket) -> Corpus:
    """Ask a gateway for handles and tickets of a caller, and build all messages around them."""
    corpus = Corpus()
    for sql in (*SQL, ASKING):
        made = act("CreatePreparedStatement", wire.pack("ActionCreatePreparedStatementRequest", query=sql))[0]
        corpus.prepared.append(bytes(wire.unpack(made)[1].prepared_statement_handle))
    corpus.tickets = [ticket(sql) for sql in SQL]
    corpus.issued = {*corpus.prepared, *(wire.unpack(one)[1].statement_handle for one in corpus.tickets)}
    queries = [wire.pack("CommandStatementQuery", query=sql) for sql in (*SQL, ASKING)]
    handles = [wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=one) for one in corpus.prepared]
    corpus.commands = [*queries, *handles, *METADATA, *REFUSED]
    corpus.tickets += [*METADATA[:4], *handles[:2]]
    corpus.actions = [*_about(corpus.tickets[:3]), *_of_sessions(), *_of_statements(corpus.prepared)]
    return corpus


def _about(tickets: list[bytes]) -> list[tuple[str, bytes]]:
    made = []
    for one in tickets:
        endpoint = {"ticket": {"ticket": one}, "expiration_time": {"seconds": 2**33}}
        info = wire.make("FlightInfo", endpoint=[endpoint])
        made += [
            ("CancelFlightInfo", wire.make("CancelFlightInfoRequest", info=info).SerializeToString()),
            ("CancelQuery", wire.pack("ActionCancelQueryRequest", info=info.SerializeToString())),
            ("RenewFlightEndpoint", wire.make("RenewFlightEndpointRequest", endpoint=endpoint).SerializeToString()),
        ]
    return made


def _of_sessions() -> list[tuple[str, bytes]]:
    values = {"pushdown": {"bool_value": True}, "catalog": {"string_value": "artists"}, "x": {"int64_value": 2**62}}
    values["y"] = {"string_list_value": {"values": ["a", "b"]}}
    options = [wire.make("SessionOption", key=key, value=value) for key, value in values.items()]
    setting = wire.make("SetSessionOptionsRequest", session_options=options).SerializeToString()
    return [("SetSessionOptions", setting), ("GetSessionOptions", b""), ("CloseSession", b"")]


def _of_statements(prepared: list[bytes]) -> list[tuple[str, bytes]]:
    create = [("CreatePreparedStatement", wire.pack("ActionCreatePreparedStatementRequest", query=sql)) for sql in SQL]
    closing = wire.pack("ActionClosePreparedStatementRequest", prepared_statement_handle=prepared[0])
    return [*create, ("ClosePreparedStatement", closing), ("BeginTransaction", b"")]


def batches() -> list[pa.RecordBatch]:
    """Rows of parameters with every type that can be bound, and some that cannot."""
    plain = {
        "n": pa.array([7]),
        "t": pa.array(["ann"]),
        "v": pa.array(["longer than twelve bytes"], pa.string_view()),
        "l": pa.array(["x"], pa.large_utf8()),
        "b": pa.array([b"\x00\xff"]),
        "w": pa.array([b"abc"], pa.binary(3)),
        "d": pa.array([Decimal("1.25")], pa.decimal128(12, 4)),
        "at": pa.array([datetime(2026, 2, 28, tzinfo=UTC)], pa.timestamp("us", tz="Europe/Paris")),
        "day": pa.array([date(2026, 2, 28)]),
        "hour": pa.array([time(1, 2, 3)], pa.time64("us")),
        "null": pa.nulls(1),
    }
    union = pa.UnionArray.from_dense(pa.array([0], pa.int8()), pa.array([0], pa.int32()), [plain["n"], plain["t"]])
    nested = {"list": pa.array([[1, 2]]), "word": pa.array(["a"]).dictionary_encode()}
    return [
        pa.record_batch({"1": plain["n"], "2": plain["t"]}),
        pa.record_batch(plain),
        pa.record_batch({"1": union, "2": union}),
        pa.record_batch(nested),
    ]


def stream_of(batch: pa.RecordBatch) -> bytes:
    """The rows as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())
