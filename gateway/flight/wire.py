"""The messages of Flight SQL and of core Flight's actions, built from one table in a private descriptor pool.

A private pool, because any other package in the process that brings the same message names would collide in the
default one. Messages are proto3; a field marked ``?`` tells absent from empty (``HasField``).
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from gateway.errors import RequestMalformed, Unsupported

_SQL = "arrow.flight.protocol.sql"
_CORE = "arrow.flight.protocol"
_OWN = "headgate"
_URL = f"type.googleapis.com/{_SQL}."

_KEYS = "catalog?=1 string, db_schema?=2 string, table=3 string"
# package → message → "name[?|*]=number type": `?` optional with presence, `*` repeated. Maps are written as the
# repeated key/value entries that they are on the wire.
_TABLE: dict[str, dict[str, str]] = {
    _SQL: {
        "CommandGetSqlInfo": "info*=1 uint32",
        "CommandGetXdbcTypeInfo": "data_type?=1 int32",
        "CommandGetCatalogs": "",
        "CommandGetDbSchemas": "catalog?=1 string, db_schema_filter_pattern?=2 string",
        "CommandGetTables": (
            "catalog?=1 string, db_schema_filter_pattern?=2 string, table_name_filter_pattern?=3 string, "
            "table_types*=4 string, include_schema=5 bool"
        ),
        "CommandGetTableTypes": "",
        "CommandGetPrimaryKeys": _KEYS,
        "CommandGetExportedKeys": _KEYS,
        "CommandGetImportedKeys": _KEYS,
        "CommandGetCrossReference": (
            "pk_catalog?=1 string, pk_db_schema?=2 string, pk_table=3 string, "
            "fk_catalog?=4 string, fk_db_schema?=5 string, fk_table=6 string"
        ),
        "CommandStatementQuery": "query=1 string, transaction_id?=2 bytes",
        "CommandStatementUpdate": "query=1 string, transaction_id?=2 bytes",
        "CommandStatementSubstraitPlan": "transaction_id?=2 bytes",
        "CommandStatementIngest": "table=2 string",
        "TicketStatementQuery": "statement_handle=1 bytes",
        "CommandPreparedStatementQuery": "prepared_statement_handle=1 bytes",
        "CommandPreparedStatementUpdate": "prepared_statement_handle=1 bytes",
        "ActionCreatePreparedStatementRequest": "query=1 string, transaction_id?=2 bytes",
        "ActionCreatePreparedStatementResult": (
            "prepared_statement_handle=1 bytes, dataset_schema=2 bytes, parameter_schema=3 bytes, is_update?=4 bool"
        ),
        "ActionClosePreparedStatementRequest": "prepared_statement_handle=1 bytes",
        "DoPutPreparedStatementResult": "prepared_statement_handle?=1 bytes",
        "ActionCancelQueryRequest": "info=1 bytes",
        "ActionCancelQueryResult": "result=1 int32",
    },
    _CORE: {
        "Ticket": "ticket=1 bytes",
        "Timestamp": "seconds=1 int64, nanos=2 int32",
        "FlightEndpoint": f"ticket=1 {_CORE}.Ticket, expiration_time=3 {_CORE}.Timestamp",
        "FlightInfo": f"endpoint*=3 {_CORE}.FlightEndpoint",
        "CancelFlightInfoRequest": f"info=1 {_CORE}.FlightInfo",
        "CancelFlightInfoResult": "status=1 int32",
        "RenewFlightEndpointRequest": f"endpoint=1 {_CORE}.FlightEndpoint",
        "Strings": "values*=1 string",
        "SessionOptionValue": (
            "string_value?=1 string, bool_value?=2 bool, int64_value?=3 sfixed64, double_value?=4 double, "
            f"string_list_value?=5 {_CORE}.Strings"
        ),
        "SessionOption": f"key=1 string, value=2 {_CORE}.SessionOptionValue",
        "SessionError": "value=1 int32",
        "SessionOptionError": f"key=1 string, value=2 {_CORE}.SessionError",
        "SetSessionOptionsRequest": f"session_options*=1 {_CORE}.SessionOption",
        "SetSessionOptionsResult": f"errors*=1 {_CORE}.SessionOptionError",
        "GetSessionOptionsRequest": "",
        "GetSessionOptionsResult": f"session_options*=1 {_CORE}.SessionOption",
        "CloseSessionRequest": "",
        "CloseSessionResult": "status=1 int32",
    },
    _OWN: {
        "Any": "type_url=1 string, value=2 bytes",
        # What tokens, cookies, prepared handles and tickets carry under their seal; see handles.py.
        "Sealed": (
            "expires=1 double, principal=2 string, pushdown=12 string, sql=4 string, parameters?=5 bytes, "
            "query_id=6 string, profile=7 string, timeout?=8 double, fingerprint=9 bytes, "
            "catalog=10 string, schema=11 string"
        ),
    },
}

_Field = descriptor_pb2.FieldDescriptorProto


def _add_field(message: descriptor_pb2.DescriptorProto, text: str) -> None:
    left, kind = text.split(" ")
    name, number = left.split("=")
    field = message.field.add(name=name.rstrip("?*"), number=int(number))
    field.label = _Field.LABEL_REPEATED if name.endswith("*") else _Field.LABEL_OPTIONAL
    if "." in kind:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{kind}"
    else:
        field.type = _Field.Type.Value(f"TYPE_{kind.upper()}")
    if name.endswith("?"):
        field.proto3_optional, field.oneof_index = True, len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{field.name}")


def _classes() -> dict[str, type[Message]]:
    pool = descriptor_pool.DescriptorPool()
    for package, messages in _TABLE.items():
        file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
        for name, fields in messages.items():
            message = file.message_type.add(name=name)
            for text in filter(None, fields.split(", ")):
                _add_field(message, text)
        pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for package, messages in _TABLE.items()
        for name in messages
    }


_CLASSES = _classes()


def make(name: str, **fields: Any) -> Any:
    """A message of the table, by its short name."""
    return _CLASSES[name](**fields)


def parse(name: str, data: bytes) -> Any:
    """Read a bare message; raises :class:`RequestMalformed`."""
    try:
        return _CLASSES[name].FromString(data)
    except DecodeError:
        raise RequestMalformed(f"The bytes are no {name} message.") from None


def pack(name: str, **fields: Any) -> bytes:
    """A Flight SQL message inside an ``Any``, as commands, tickets and action bodies travel."""
    return bytes(make("Any", type_url=_URL + name, value=make(name, **fields).SerializeToString()).SerializeToString())


def unpack(data: bytes) -> tuple[str, Any]:
    """Read an ``Any``: the short name and the message.

    Raises :class:`RequestMalformed` for bytes that are no ``Any``, :class:`Unsupported` for a type not in the table.
    """
    wrapped = parse("Any", data)
    url = wrapped.type_url
    if not url.startswith("type.googleapis.com/"):
        raise RequestMalformed("The bytes are not a Flight SQL command.", hint="Use a Flight SQL client.")
    name = url.removeprefix(_URL)
    if name not in _TABLE[_SQL]:
        raise Unsupported("This gateway does not know that Flight SQL command.")
    return name, parse(name, wrapped.value)
