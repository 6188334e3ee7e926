"""A Go client on arrow-go with its defaults, which is what Grafana's plugin is: no message above 4 MiB."""

import pytest

from tests.clients.probing import small_gateway, told
from tests.conftest import present
from tests.services import go

FOUR_MEBIBYTES = 4 << 20
pytestmark = pytest.mark.client(f"Go, arrow-go {go.arrow_version()}")


@pytest.fixture(scope="module")
def asked():
    client = present("go").binary()
    with small_gateway() as gateway:
        answer = told([str(client), gateway.server.uri.partition("//")[2]])
        assert gateway.server.running == 0
    return answer


def test_a2_a5_a_password_or_a_token_lets_in(asked):
    assert asked["health"] == [{"1": 1}]
    assert asked["with token"] == [{"two": 2}]


def test_a3_a4_wrong_and_missing_credentials_are_refused(asked):
    for case in ("wrong password", "no token"):
        status, text = asked[case]
        assert status == "Unauthenticated"
        assert "The credentials are missing or wrong." in text


def test_g1_q1_a_series_has_times_and_values(asked):
    series = asked["series"]
    assert series[0] == {"time": "2026-11-01T00:00:00", "value": "2558"}
    assert [point["time"] for point in series] == sorted(point["time"] for point in series)
    assert len(series) == 19


def test_g1_q11_more_than_four_mebibytes_arrive_in_smaller_messages(asked):
    for case, rows in (("long", 400_000), ("wide", 5_000)):
        weight = asked[case]
        assert (weight["rows"], weight["as announced"]) == (rows, True)
        assert weight["bytes"] > FOUR_MEBIBYTES
        assert weight["largest"] <= FOUR_MEBIBYTES // 2


def test_a_single_row_that_is_larger_is_an_error_of_the_client_and_says_so(asked):
    status, text = asked["single"]
    assert status == "ResourceExhausted"
    assert "received message larger than max" in text


def test_parameters_are_bound_and_bound_again(asked):
    assert asked["bound"] == [[{"name": "L3"}], [{"name": "L4"}]]


def test_m2_m4_m7_m8_listings(asked):
    listings = asked["listings"]
    assert [row["catalog_name"] for row in listings["catalogs"]] == ["artists", "payments", "play"]
    assert [row["db_schema_name"] for row in listings["schemas"]] == ["catalog", "royalties", "events"]
    assert [row["table_name"] for row in listings["tables"]] == ["artists", "labels", "rates", "plays"]
    assert all("table_schema" in row for row in listings["columns"])
    assert [row["pk_table_name"] for row in listings["exported"]] == []
    assert listings["imported"] == listings["crossed"] == []
    assert [row["type_name"] for row in listings["decimals"]] == ["DECIMAL", "HUGEINT"]
    assert [row["info_name"] for row in listings["some"]] == [0, 8]
    assert listings["kinds"] == [{"table_type": "TABLE"}]
    assert {"DECIMAL", "VARCHAR", "TIMESTAMP"} <= {row["type_name"] for row in listings["types"]}
    info = {row["info_name"]: row["value"] for row in listings["info"]}
    assert info[0] == [0, "Headgate"]
    assert info[3] == [1, True]


def test_e1_errors_have_status_code_and_query_id(asked):
    for case, status, code in (
        ("unknown", "NotFound", "ADDRESS_UNKNOWN"),
        ("late", "InvalidArgument", "QUERY_FAILED"),
        ("delete", "InvalidArgument", "SQL_NOT_ALLOWED"),
    ):
        seen, text = asked[case]
        assert seen == status
        assert f"{code}: " in text
        assert "(query " in text
