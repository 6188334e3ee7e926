import pytest
from google.protobuf import descriptor_pool

from gateway.errors import RequestMalformed, Unsupported
from gateway.flight import wire


def test_a_command_comes_back_as_it_was_packed():
    name, command = wire.unpack(wire.pack("CommandGetTables", catalog="", table_types=["TABLE"], include_schema=True))
    assert name == "CommandGetTables"
    assert command.HasField("catalog")
    assert not command.HasField("db_schema_filter_pattern")
    assert list(command.table_types) == ["TABLE"]
    assert command.include_schema


def test_the_bytes_are_those_of_the_protocol():
    assert wire.pack("CommandGetCatalogs") == b"\x0a@type.googleapis.com/arrow.flight.protocol.sql.CommandGetCatalogs"
    option = wire.make("SessionOptionValue", int64_value=1)
    assert option.SerializeToString() == b"\x19\x01" + b"\x00" * 7  # sfixed64, not a varint
    statement = wire.make("CommandStatementQuery", query="x", transaction_id=b"")
    assert statement.SerializeToString() == b"\x0a\x01x\x12\x00"  # present, though empty


def test_the_default_pool_is_left_alone():
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindFileByName("arrow.flight.protocol.sql.proto")


@pytest.mark.parametrize("data", [b"\x00", b"\xff" * 30, b"\x0a\x05abc", b"\x0a\x02\xff\xfe", b"", b"hello there"])
def test_what_is_no_any_is_malformed(data):
    with pytest.raises(RequestMalformed):
        wire.unpack(data)


def test_a_known_type_with_a_broken_body_is_malformed():
    url = "type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"
    data = wire.make("Any", type_url=url, value=b"\x0a\x7f").SerializeToString()
    with pytest.raises(RequestMalformed):
        wire.unpack(data)


def test_types_of_other_packages_are_not_commands():
    for name in ("arrow.flight.protocol.sql.Nope", "headgate.Sealed", "arrow.flight.protocol.sql.Sealed"):
        data = wire.make("Any", type_url=f"type.googleapis.com/{name}").SerializeToString()
        with pytest.raises(Unsupported):
            wire.unpack(data)


def test_deep_nesting_is_malformed_and_harmless():
    data = b"\x0b" * 10_000  # groups within groups
    with pytest.raises(RequestMalformed):
        wire.unpack(data)
