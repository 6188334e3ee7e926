"""Every type of DuckDB on its way to a client, in each profile: what Arrow type arrives, and which value."""

from collections import Counter
from datetime import UTC, date, datetime, time
from decimal import Decimal

import adbc_driver_manager
import pyarrow as pa
import pytest

from connectors.spi import Column, Table
from connectors.types import is_supported
from gateway.catalog import Dataset, Place, Product
from gateway.flight import tables, typeinfo
from gateway.flight.life import serving
from gateway.flight.settings import FlightSettings
from tests.clients.checklist import ADBC, rows_of_type
from tests.clients.conftest import KEY, USERS, House, fetched
from tests.clients.duck import DuckService

UUID = "00000000-0000-0000-0000-00000000000a"
LARGEST = 170141183460469231731687303715884105727
MOOD = "ENUM('low', 'high')"
TEXTS = pa.list_(pa.utf8())
INTERVAL = pa.month_day_nano_interval()

READABLE = [
    *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.utf8(), pa.binary()),
    *(pa.date32(), pa.time64("us"), pa.timestamp("us"), pa.timestamp("us", tz="UTC")),
    *(pa.decimal128(38, 0), pa.decimal128(20, 0), pa.decimal128(18, 3)),
]

# id, expression, type in `common`, type in `full`, value in `common`, value in `full` where it is another
TYPES = [
    ("enum", f"'high'::{MOOD}", pa.utf8(), None, "high"),
    ("enum_in_list", f"['low'::{MOOD}]", TEXTS, None, ["low"]),
    ("enum_in_array", f"['low', 'high']::{MOOD}[2]", pa.list_(pa.utf8(), 2), None, ["low", "high"]),
    ("enum_in_struct", f"{{'m': 'low'::{MOOD}}}", pa.struct([("m", pa.utf8())]), None, {"m": "low"}),
    ("enum_in_map", f"MAP {{'k': 'low'::{MOOD}}}", pa.map_(pa.utf8(), pa.utf8()), None, [("k", "low")]),
    ("hugeint", f"{10**38 - 1}::HUGEINT", pa.decimal128(38, 0), None, Decimal(10**38 - 1)),
    ("sum", "(SELECT SUM(i) FROM range(4) t(i))", pa.decimal128(38, 0), None, Decimal(6)),
    ("uhugeint", f"{2**128 - 1}::UHUGEINT", pa.utf8(), None, str(2**128 - 1)),
    ("uhugeint_in_list", f"[{2**128 - 1}::UHUGEINT]", TEXTS, None, [str(2**128 - 1)]),
    ("utinyint", "255::UTINYINT", pa.int16(), pa.uint8(), 255),
    ("usmallint", "65535::USMALLINT", pa.int32(), pa.uint16(), 65535),
    ("uinteger", "4294967295::UINTEGER", pa.int64(), pa.uint32(), 2**32 - 1),
    ("ubigint", "18446744073709551615::UBIGINT", pa.decimal128(20, 0), pa.uint64(), 2**64 - 1),
    ("unsigned_in_list", "[255::UTINYINT, NULL]", pa.list_(pa.int16()), pa.list_(pa.uint8()), [255, None]),
    ("timetz", "TIMETZ '01:02:03+02'", pa.utf8(), None, "01:02:03+02"),
    ("timestamptz", "TIMESTAMPTZ '2026-07-01 12:00:00+02'", "tz", None, datetime(2026, 7, 1, 10, tzinfo=UTC)),
    ("timestamp", "TIMESTAMP '2026-07-01 12:00:00.000001'", "us", None, datetime(2026, 7, 1, 12, 0, 0, 1)),
    ("timestamp_s", "TIMESTAMP_S '2026-07-01 12:00:00'", "s", None, datetime(2026, 7, 1, 12)),
    ("timestamp_ms", "TIMESTAMP_MS '2026-07-01 12:00:00.001'", "ms", None, datetime(2026, 7, 1, 12, 0, 0, 1000)),
    ("timestamp_ns", "TIMESTAMP_NS '1970-01-01 00:00:00.000001'", "ns", None, datetime(1970, 1, 1, 0, 0, 0, 1)),
    ("interval", "INTERVAL '14 months 3 seconds'", pa.utf8(), INTERVAL, "1 year 2 months 00:00:03", (14, 0, 3 * 10**9)),
    ("uuid", f"'{UUID}'::UUID", pa.utf8(), None, UUID),
    ("bit", "'101'::BIT", pa.utf8(), None, "101"),
    ("bignum", f"{10**50}::BIGNUM", pa.utf8(), None, str(10**50)),
    ("variant", "{'a': [1, NULL]}::VARIANT", pa.utf8(), None, '{"a":[1,null]}'),
    ("union_text", "'x'::UNION(n INTEGER, s VARCHAR)", pa.utf8(), None, "x"),
    ("union_number", "5::UNION(n INTEGER, s VARCHAR)", pa.utf8(), None, "5"),
    ("json", """'{"a": 1}'::JSON""", pa.utf8(), None, '{"a": 1}'),
    ("list", "[1, NULL]", pa.list_(pa.int32()), None, [1, None]),
    ("struct", "{'a': 1, 'b c': 'x'}", pa.struct([("a", pa.int32()), ("b c", pa.utf8())]), None, {"a": 1, "b c": "x"}),
    ("map", "MAP {'a': 1}", pa.map_(pa.utf8(), pa.int32()), None, [("a", 1)]),
    ("array", "[1, 2, 3]::INTEGER[3]", pa.list_(pa.int32(), 3), None, [1, 2, 3]),
    ("null", "NULL", pa.utf8(), None, None),
    ("null_in_list", "[NULL]", TEXTS, None, [None]),
    ("null_in_struct", "{'a': NULL}", pa.struct([("a", pa.utf8())]), None, {"a": None}),
    ("varchar", "'ünï'", pa.utf8(), None, "ünï"),
    ("blob", r"'\x00\xff'::BLOB", pa.binary(), None, b"\x00\xff"),
    ("boolean", "false", pa.bool_(), None, False),
    ("bigint", "(-9223372036854775808)::BIGINT", pa.int64(), None, -(2**63)),
    ("decimal", "-0.01::DECIMAL(38,2)", pa.decimal128(38, 2), None, Decimal("-0.01")),
    ("float", "1.5::FLOAT", pa.float32(), None, 1.5),
    ("double", "'-infinity'::DOUBLE", pa.float64(), None, float("-inf")),
    ("date", "DATE '9999-12-31'", pa.date32(), None, date(9999, 12, 31)),
    ("time", "TIME '23:59:59.999999'", pa.time64("us"), None, time(23, 59, 59, 999999)),
]
# These the gateway's SQL cannot write; its columns cannot have them either. They arrive right all the same.
UNWRITTEN = ("enum", "uhugeint", "timetz", "bit", "bignum", "variant", "union")


def arrow(kind):
    if kind == "tz":
        return pa.timestamp("us", tz="UTC")
    return pa.timestamp(kind) if isinstance(kind, str) else kind


def cases(*, writable=False):
    for name, expression, common, full, value, *other in TYPES:
        if not writable or not name.startswith(UNWRITTEN):
            expected = {"common": (common, value), "full": (full or common, *(other or [value]))}
            for profile in ("common", "full"):
                rows = pytest.mark.rows(*rows_of_type(name))
                yield pytest.param(expression, profile, *expected[profile], id=f"{name}-{profile}", marks=rows)


@pytest.fixture(scope="module")
def duck():
    """A server over plain DuckDB, which lets every type through."""
    service = DuckService()
    with serving(service, FlightSettings(users=USERS, keys=(KEY,))) as server:
        house = House(service, server)
        yield house
        house.close()
    service.close()


@pytest.mark.parametrize(("expression", "profile", "kind", "value"), list(cases()))
def test_t_every_type_arrives_as_its_profile_says(duck, expression, profile, kind, value):
    table = duck.raw().query(f"SELECT {expression} AS v", x_headgate_type_profile=profile)
    table.validate(full=True)
    assert table.schema.field("v").type == arrow(kind)
    assert table["v"].to_pylist() == [value]


@pytest.mark.parametrize(("expression", "profile", "kind", "value"), list(cases(writable=True)))
def test_t_the_real_gateway_gives_the_same(gateway, expression, profile, kind, value):
    table = gateway.raw().query(f"SELECT {expression} AS v", x_headgate_type_profile=profile)
    table.validate(full=True)
    assert table.schema.field("v").type == arrow(kind)
    assert table["v"].to_pylist() == [value]


@pytest.mark.client(ADBC)
@pytest.mark.rows(*{row: None for name, *_ in TYPES for row in rows_of_type(name)})
def test_t_every_announced_column_of_every_type_at_once_through_adbc(duck):
    columns = ", ".join(f"{expression} AS {name}" for name, expression, *_ in TYPES)
    with duck.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}")
        table = cursor.fetch_arrow_table()
    table.validate(full=True)
    assert table.schema.types == [arrow(full or common) for _, _, common, full, *_ in TYPES]
    assert table.to_pylist() == [{name: other[0] if other else value for name, _, _, _, value, *other in TYPES}]


@pytest.mark.parametrize("number", [LARGEST, 10**38, -LARGEST, -(10**38)])
@pytest.mark.parametrize("shape", ["{}::HUGEINT", "[{}::HUGEINT]", "{{'a': {}::HUGEINT}}"])
def test_t2_a_hugeint_of_39_digits_is_an_error_and_never_another_number(gateway, number, shape):
    with pytest.raises(adbc_driver_manager.Error, match="QUERY_FAILED"):
        gateway.ask(f"SELECT {shape.format(f'({number})')} AS v")
    assert gateway.ask(f"SELECT ({number})::HUGEINT::VARCHAR AS v") == [(str(number),)]


def test_t8_an_infinite_date_keeps_its_order_and_arrives_as_the_largest_number(gateway):
    sql = "SELECT d FROM (VALUES (DATE '2026-01-01'), ('infinity'::DATE), ('-infinity'::DATE)) AS v(d) ORDER BY d"
    days = gateway.raw().query(sql)["d"].cast(pa.int32()).to_pylist()
    assert days == [-(2**31) + 1, 20454, 2**31 - 1]


def test_t6_moments_are_told_in_utc(gateway):
    sql = "SELECT TIMESTAMPTZ '2026-07-01 12:00:00+02' AS at, (TIMESTAMPTZ '2026-07-01 12:00:00+02')::VARCHAR AS told"
    table = gateway.raw().query(sql)
    assert table.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert table["told"].to_pylist() == ["2026-07-01 10:00:00+00"]


def test_t_columns_of_the_same_name_are_all_there(gateway):
    table = gateway.raw().query("SELECT 1 AS a, 'x' AS a, NULL AS a")
    assert table.column_names == ["a", "a", "a"]
    assert table.schema.types == [pa.int32(), pa.utf8(), pa.utf8()]


def test_m6_every_type_that_a_column_can_have_is_in_the_type_list():
    listed = typeinfo.type_info(None).column("type_name").to_pylist()
    assert max(Counter(listed).values()) == 1
    plain = [name for name in listed if is_supported(name)]
    assert len(plain) == 21
    for name in plain:
        assert typeinfo.listed_name(name) == name
        assert typeinfo.listed_name(f"{name}[]") == "LIST"


def test_m6_a_table_of_every_type_is_announced_in_types_that_every_client_knows(duck):
    listed = typeinfo.type_info(None).column("type_name").to_pylist()
    names = [*(name for name in listed if is_supported(name)), "DECIMAL(18,3)", "UBIGINT[]", "VARCHAR[][]"]
    columns = tuple(Column(f"c{at}", name) for at, name in enumerate(names))
    dataset = Dataset("all", "memory", Table("all", columns), required=("c0",))
    place = Place(Product("d", "p", 1, (dataset,)), dataset)
    common = {"common": [*READABLE, pa.list_(pa.decimal128(20, 0)), pa.list_(TEXTS)]}
    unsigned = [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.list_(pa.uint64()), pa.list_(TEXTS), INTERVAL]
    allowed = common | {"full": [*READABLE, *unsigned]}
    for profile, types in allowed.items():
        shown = pa.ipc.read_schema(pa.py_buffer(tables.table_schema(place, profile)))
        assert [field for field in shown if field.type not in types] == []
        assert [field.nullable for field in shown] == [False] + [True] * (len(names) - 1)
        types_told = [field.metadata[b"ARROW:FLIGHT:SQL:TYPE_NAME"].decode() for field in shown]
        assert set(types_told) <= set(listed)
        # What a query over such columns gives is what was announced.
        nulls = ", ".join(f"CAST(NULL AS {name}) AS c{at}" for at, name in enumerate(names))
        answer = duck.raw().query(f"SELECT {nulls}", x_headgate_type_profile=profile)
        assert answer.schema.types == shown.types


def test_t_bound_values_come_back_as_what_they_were(gateway):
    values = (True, 2**63 - 1, -1.25, "ünï", b"\x00", date(2026, 1, 2), datetime(2026, 1, 2, 3), Decimal("1.50"), None)
    with gateway.adbc() as connection, connection.cursor() as cursor:
        rows = fetched(cursor, f"SELECT {', '.join('?' for _ in values)}", values)
    assert rows == [values]
