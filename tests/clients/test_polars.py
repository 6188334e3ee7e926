"""polars over ADBC: ``read_database_uri`` as a guest, ``read_database`` with a login."""

import pytest

from gateway.policy import Principal
from tests.clients.probing import PROBES, small_gateway, told
from tests.conftest import present
from tests.services import clients

pytestmark = pytest.mark.client(f"polars {clients.version('frames', 'polars')}")


@pytest.fixture(scope="module")
def asked():
    python = present("clients").python("frames")
    with small_gateway(anonymous=Principal("guest", ("artists.*", "play.*"))) as gateway:
        return told([python, str(PROBES / "frames.py"), gateway.server.uri, "polars"])


def test_q1_rows_and_types_become_a_frame(asked):
    assert asked["labels"] == {"id": [0, 1, 2], "name": ["L0", "L1", "L2"]}
    assert asked["types"] == {
        "tiny": "Int8",
        "big": "UInt64",
        "due": "Decimal(precision=12, scale=4)",
        "day": "Date",
        "at": "Datetime(time_unit='us', time_zone=None)",
        "word": "String",
        "list": "List(Int32)",
        "record": "Struct({'a': Int32})",
        "nothing": "String",
    }
    seen = ["1", "2", "1.2500", "2026-02-28", "2026-02-28 01:02:03.000004", "ünï", "[1, 2]", "{'a': 1}", "None"]
    assert asked["row"] == seen


def test_parameters_are_execute_options(asked):
    assert asked["bound"] == {"id": [7]}


def test_q12_an_empty_answer_and_a_long_one(asked):
    assert asked["empty"] == [0, 1]
    assert asked["long"] == [1_000_000, True]


def test_a2_an_address_takes_no_login_and_a_connection_does(asked):
    assert "ADDRESS_UNKNOWN" in asked["as guest"]
    assert asked["as ann"] == {"n": [40]}


def test_an_error_keeps_its_sentence(asked):
    assert "ADDRESS_UNKNOWN: No dataset answers to the address 'artists.catalog.lables'." in asked["refused"]
