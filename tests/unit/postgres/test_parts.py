"""The parts of the Postgres connector that need no server."""

import threading
import time

import pyarrow as pa
import pytest
from adbc_driver_manager import OperationalError, ProgrammingError

from connectors.call import Call
from connectors.errors import (
    CallCancelled,
    ConnectorMisconfigured,
    HeadgateError,
    StoreDenied,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
    StoreValueError,
    TableUnknown,
)
from connectors.postgres.claims import CAPABILITIES
from connectors.postgres.errors import is_broken, translated
from connectors.postgres.options import read
from connectors.postgres.patience import within
from connectors.postgres.transport import to_schema
from connectors.render.native import duckdb_type, table_parts, typed
from connectors.spi import Fidelity
from connectors.types import Family


@pytest.mark.parametrize(
    ("native", "type_name"),
    [
        ("numeric(12,2)", "DECIMAL(12,2)"), ("numeric(3,5)", "DECIMAL(5,5)"), ("numeric(5,-2)", "DECIMAL(7,0)"),
        ("numeric", "VARCHAR"), ("numeric(50,2)", "VARCHAR"),
        ("timestamp(3) with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("time with time zone", "VARCHAR"), ("character varying(9)", "VARCHAR"), ("bigint[]", "BIGINT[]"),
        ("numeric(9,2)[]", "VARCHAR"), ("date[]", "VARCHAR"), ("public.uuid", "VARCHAR"), ("uuid", "UUID"),
        ("public.mood[]", "VARCHAR"), ("interval", "INTERVAL"), ("jsonb", "JSON"),
    ],
)  # fmt: skip
def test_native_types_have_one_counterpart(native: str, type_name: str) -> None:
    assert duckdb_type(native) == type_name


def test_physical_names() -> None:
    assert table_parts("songs") == ("public", "songs")
    assert table_parts("shop.songs") == ("shop", "songs")
    assert table_parts('shop."a.b ""c"""') == ("shop", 'a.b "c"')
    for wrong in ("", "a.b.c", "a.", '"a', 'a"b"', ".a"):
        with pytest.raises(ValueError):
            table_parts(wrong)


def test_constants_in_their_one_spelling() -> None:
    assert typed("\\x00a\\xFF", "BLOB") == "'\\x0061ff'::bytea"
    assert typed("2020-01-01 00:00:00+00", "TIMESTAMP WITH TIME ZONE") == "'2020-01-01 00:00:00+00'::timestamptz"
    for value, of in (("2020-01-01 00:00:00+02", "TIMESTAMP WITH TIME ZONE"), ("today", "DATE"), ("\\xG0", "BLOB"),
                      ("1e5", "DECIMAL(9,2)"), ("1", "INTERVAL"), ("{1}", "INTEGER[]")):  # fmt: skip
        with pytest.raises(ValueError):
            typed(value, of)


@pytest.mark.parametrize(
    ("state", "error", "broken"),
    [
        ("22012", StoreValueError, False), ("42P01", TableUnknown, False), ("42501", StoreDenied, False),
        ("28P01", StoreDenied, False), ("57014", StoreTimeout, False), ("57P01", StoreUnavailable, True),
        ("08006", StoreUnavailable, True), ("53300", StoreUnavailable, False), ("42883", StoreRejected, False),
        ("99999", StoreRejected, False),
    ],
)  # fmt: skip
def test_sqlstates_become_typed_errors(state: str, error: type[HeadgateError], broken: bool) -> None:
    problem = ProgrammingError("value 4711 of secret", status_code=1, sqlstate=state)
    told = translated(problem, "shop")
    assert type(told) is error
    assert told.store == "shop"
    assert "4711" not in str(told)
    assert is_broken(problem) is broken


def test_errors_without_a_state_are_about_the_connection() -> None:
    refused = 'failed: FATAL:  password authentication failed for user "u"'
    assert type(translated(OperationalError(refused, status_code=1), "s")) is StoreDenied
    assert type(translated(OperationalError("Connection refused", status_code=1), "s")) is StoreUnavailable
    full = "failed: FATAL:  sorry, too many clients already"
    assert type(translated(OperationalError(full, status_code=1), "s")) is StoreUnavailable


def test_options_make_a_uri_and_never_show_the_password() -> None:
    options = read("shop", {"host": "::1", "port": "6", "database": "a b", "user": "u@x", "password": "p:/?"})
    assert options.uri().startswith("postgresql://u%40x:p%3A%2F%3F@[::1]:6/a%20b?connect_timeout=5&")
    assert "p:/?" not in repr(options)
    given = read("shop", {"dsn": "postgresql://u:p@h/d?connect_timeout=9&sslmode=require"}).uri()
    assert "connect_timeout=9" in given
    assert "sslmode=require" in given
    local = read("shop", {"dsn": "postgresql:///shop?host=/run/a socket"}).uri()
    assert local.startswith("postgresql:///shop?")
    assert "host=%2Frun%2Fa%20socket" in local


@pytest.mark.parametrize(
    "given",
    [
        {}, {"dsn": "postgresql://h/d", "host": "h"}, {"host": "h"}, {"dsn": "mysql://canary"}, {"dsn": "canary"},
        {"dsn": "postgresql://h/d", "max_connections": 0}, {"dsn": "postgresql://h/d", "port": "canary"},
        {"dsn": "postgresql://h/d", "colour": "canary"}, {"dsn": 5},
    ],
)  # fmt: skip
def test_unusable_options_are_told_without_their_values(given: dict[str, object]) -> None:
    with pytest.raises(ConnectorMisconfigured, match="shop") as caught:
        read("shop", given)
    assert "canary" not in str(caught.value)


def test_floats_are_compared_but_never_summed_or_grouped() -> None:
    for operator in ("SUM", "MIN", "MAX", "GROUP BY"):
        assert CAPABILITIES.fidelity(operator, Family.DOUBLE) is Fidelity.NONE
        assert CAPABILITIES.fidelity(operator, Family.REAL) is Fidelity.NONE
    assert CAPABILITIES.fidelity("<", Family.DOUBLE) is Fidelity.EXACT
    assert CAPABILITIES.fidelity("=", Family.JSON) is Fidelity.NONE


def test_infinities_are_repaired_and_wrapped_values_refused() -> None:
    schema = pa.schema([("day", pa.date32()), ("at", pa.timestamp("us", tz="UTC"))])
    days = pa.array([-2147472692, -2147472691, 0, None], pa.int32()).view(pa.date32())
    moments = pa.array([-9222425352054775809, -9222425352054775808, 5, None], pa.int64())
    batch = pa.record_batch([days, moments.view(pa.timestamp("us"))], names=["a", "b"])
    with pytest.raises(HeadgateError):
        to_schema(batch, schema)
    batch = pa.record_batch([days, moments.view(pa.timestamp("us", tz="UTC"))], names=["a", "b"])
    found = to_schema(batch, schema)
    assert found.schema == schema
    assert found["day"].view(pa.int32()).to_pylist() == [2147483647, -2147483647, 0, None]
    assert found["at"].view(pa.int64()).to_pylist() == [2**63 - 1, -(2**63) + 1, 5, None]
    for lost in (-9222425352054775807, 2**63 - 1):
        wrapped = pa.array([lost], pa.int64()).view(pa.timestamp("us", tz="UTC"))
        with pytest.raises(StoreValueError, match="'at'"):
            to_schema(pa.record_batch([days[:1], wrapped], names=["a", "b"]), schema)


def test_work_that_hangs_is_given_up_and_disposed_of_when_it_ends() -> None:
    hang, disposed, interrupted = threading.Event(), threading.Event(), threading.Event()
    begin = time.monotonic()
    with pytest.raises(StoreTimeout):
        within(0.1, Call(), lambda: hang.wait(10), dispose=disposed.set, interrupt=interrupted.set)
    assert time.monotonic() - begin < 1
    assert interrupted.wait(1)
    assert not disposed.is_set()
    hang.set()
    assert disposed.wait(1)


def test_waiting_ends_with_the_call() -> None:
    call, hang = Call(timeout=30), threading.Event()
    threading.Timer(0.05, call.cancel).start()
    with pytest.raises(CallCancelled):
        within(10, call, lambda: hang.wait(10), dispose=lambda: None)
    hang.set()


def test_failed_work_is_disposed_of_once() -> None:
    disposed: list[int] = []
    with pytest.raises(ZeroDivisionError):
        within(5, Call(), lambda: 1 // 0, dispose=lambda: disposed.append(1))
    assert disposed == [1]
    assert within(5, Call(), lambda: 7, dispose=lambda: disposed.append(2)) == 7
    assert disposed == [1]
