import pyarrow as pa
import pytest

from gateway.flight.typeinfo import listed_name, precision_and_scale
from gateway.flight.types import present, presented_arrow, profile_for, with_digits


@pytest.mark.parametrize(
    ("name", "common", "full"),
    [
        ("INTEGER", "INTEGER", "INTEGER"),
        ("UTINYINT", "SMALLINT", "UTINYINT"),
        ("UBIGINT", "DECIMAL(20,0)", "UBIGINT"),
        ("UHUGEINT", "VARCHAR", "VARCHAR"),
        ("HUGEINT", "DECIMAL(38,0)", "DECIMAL(38,0)"),
        ("TIME WITH TIME ZONE", "VARCHAR", "VARCHAR"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("INTERVAL", "VARCHAR", "INTERVAL"),
        ("DECIMAL(18,3)", "DECIMAL(18,3)", "DECIMAL(18,3)"),
        ("ENUM('a', 'b(', 'c[]')", "VARCHAR", "VARCHAR"),
        ("ENUM('a')[]", "VARCHAR[]", "VARCHAR[]"),
        ("UNION(a INTEGER, b VARCHAR)", "VARCHAR", "VARCHAR"),
        ("VARIANT", "JSON", "JSON"),
        ('"NULL"', "VARCHAR", "VARCHAR"),
        ("UINTEGER[][3]", "BIGINT[][3]", "UINTEGER[][3]"),
        (
            "STRUCT(a UTINYINT, \"b, (c)\" ENUM('x', 'y'), d MAP(VARCHAR, BIT[]))",
            'STRUCT(a SMALLINT, "b, (c)" VARCHAR, d MAP(VARCHAR, VARCHAR[]))',
            'STRUCT(a UTINYINT, "b, (c)" VARCHAR, d MAP(VARCHAR, VARCHAR[]))',
        ),
        ('STRUCT("say ""x"" " TIMESTAMP WITH TIME ZONE)',) * 3,
    ],
)
def test_profiles(name, common, full):
    assert present("common")(name) == common
    assert present("full")(name) == full


def test_presenting_twice_changes_nothing_more():
    for name in ("UBIGINT", "ENUM('a')[]", "STRUCT(a UTINYINT)", "INTERVAL"):
        once = present("common")(name)
        assert present("common")(once) == once


def test_the_profile_follows_header_then_session_then_user_agent():
    assert profile_for("", "", "JDBC Flight SQL Driver 19.0.0") == "common"
    assert profile_for("", "", "ADBC Flight SQL Driver v1.13") == "full"
    assert profile_for("common", "", "ADBC Flight SQL Driver v1.13") == "common"
    assert profile_for("", "common", "ADBC Flight SQL Driver v1.13") == "common"
    assert profile_for("full", "common", "grpc-c++/1.7") == "full"
    assert profile_for("", "full", "grpc-c++/1.7") == "full"
    assert profile_for("nonsense", "", "grpc-c++/1.7") == "common"


def test_arrow_types_of_columns_and_parameters():
    assert presented_arrow("UTINYINT", "common") == pa.int16()
    assert presented_arrow("UTINYINT", "full") == pa.uint8()
    assert presented_arrow("STRUCT(a INTEGER)", "full") == pa.utf8()  # no Arrow form is known: text


def test_decimals_tell_their_digits_to_clients_that_look_for_them_in_metadata():
    schema = pa.schema([pa.field("a", pa.int32()), pa.field("b", pa.decimal128(18, 4), nullable=False)])
    told = with_digits(schema, "common")
    assert told.field("b").metadata == {b"ARROW:FLIGHT:SQL:PRECISION": b"18", b"ARROW:FLIGHT:SQL:SCALE": b"4"}
    assert told == schema
    assert told.field("a").metadata is None
    assert with_digits(schema, "full").field("b").metadata is None


def test_names_in_the_type_list():
    assert listed_name("DECIMAL(18,3)") == "DECIMAL"
    assert listed_name("INTEGER[]") == "LIST"
    assert listed_name("STRUCT(a INTEGER)") == "STRUCT"
    assert listed_name("GEOMETRY") == "VARCHAR"
    assert precision_and_scale("DECIMAL(18,3)") == (18, 3)
    assert precision_and_scale("DOUBLE") == (53, None)
    assert precision_and_scale("BIGINT") == (19, 0)
    assert precision_and_scale("MAP(INTEGER, INTEGER)") == (None, None)
