"""SQLAlchemy through flightsql-dbapi, as Superset asks: reflection, the SQL lab, a chart, parameters."""

import pytest

from tests.clients.probing import PROBES, small_gateway, told
from tests.conftest import present
from tests.services import clients

DRIVER = clients.version("superset", "flightsql-dbapi")
pytestmark = pytest.mark.client(f"SQLAlchemy {clients.version('superset', 'sqlalchemy')}, flightsql-dbapi {DRIVER}")


@pytest.fixture(scope="module")
def asked():
    python = present("clients").python("superset")
    with small_gateway() as gateway:
        answer = told([python, str(PROBES / "superset.py"), gateway.server.uri])
        assert gateway.server.running == 0
    return answer


def test_m11_schemas_tables_and_columns_are_reflected(asked):
    assert asked["schemas"] == ["catalog", "royalties", "events"]
    assert asked["tables"] == ["artists", "labels"]
    assert asked["has"] == [True, False]
    assert [column[:2] for column in asked["columns"]] == [
        ["id", "INTEGER"],
        ["name", "TEXT"],
        ["country", "TEXT"],
        ["founded", "TIMESTAMP"],
    ]
    assert [column[2] for column in asked["columns"]] == [True] * 4
    assert asked["views"] == []


def test_q1_m11_text_and_built_selects_are_answered(asked):
    assert asked["rows"] == [[0, "L0"], [1, "L1"], [2, "L2"]]
    assert asked["chart"] == [["DE", 4], ["de", 3], [None, 2]]


def test_q3_parameters_though_the_new_handle_is_ignored(asked):
    assert asked["bound"] == [[["L3"]], [["L4"]]]


def test_q6_refusals_keep_their_sentences(asked):
    assert "ADDRESS_UNKNOWN: No dataset answers to the address 'artists.catalog.lables'." in asked["refused"]
    assert "SQL_NOT_ALLOWED: Only queries are answered here" in asked["changed"]
