"""pandas over ADBC: ``read_sql`` on a connection."""

import pytest

from tests.clients.probing import PROBES, small_gateway, told
from tests.conftest import present
from tests.services import clients

pytestmark = pytest.mark.client(f"pandas {clients.version('frames', 'pandas')}")


@pytest.fixture(scope="module")
def asked():
    python = present("clients").python("frames")
    with small_gateway() as gateway:
        return told([python, str(PROBES / "frames.py"), gateway.server.uri, "pandas"])


def test_q1_rows_and_types_become_a_frame(asked):
    assert asked["labels"] == {"id": [0, 1, 2], "name": ["L0", "L1", "L2"]}
    assert asked["types"] == {
        "tiny": "int8[pyarrow]",
        "big": "uint64[pyarrow]",
        "due": "decimal128(12, 4)[pyarrow]",
        "day": "date32[day][pyarrow]",
        "at": "timestamp[us][pyarrow]",
        "word": "string[pyarrow]",
        "list": "list<l: int32>[pyarrow]",
        "record": "struct<a: int32>[pyarrow]",
        "nothing": "string[pyarrow]",
    }
    seen = ["1", "2", "1.2500", "2026-02-28", "2026-02-28 01:02:03.000004", "ünï", "[1, 2]", "{'a': 1}", "<NA>"]
    assert asked["row"] == seen


def test_q12_an_empty_answer_and_a_long_one(asked):
    assert asked["empty"] == [0, 1]
    assert asked["long"] == [1_000_000, True]


def test_parameters_are_not_implemented_by_pandas_itself(asked):
    assert asked["bound"] == "'params' is not implemented for ADBC drivers"


def test_a2_a_login_lets_in_and_an_error_keeps_its_sentence(asked):
    assert "ADDRESS_UNKNOWN: No dataset answers to the address 'artists.catalog.lables'." in asked["refused"]
