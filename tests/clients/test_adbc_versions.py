"""The ADBC driver, the newest and an old one, asking the real service from a process of their own."""

import sys

import pytest

from tests.clients.checklist import ADBC
from tests.clients.conftest import eventually
from tests.clients.probing import PROBES, small_gateway, told
from tests.conftest import present

OLD = "ADBC 1.5.0"


@pytest.fixture(
    scope="module",
    params=[pytest.param("newest", marks=pytest.mark.client(ADBC)), pytest.param("1.5", marks=pytest.mark.client(OLD))],
)
def asked(request):
    python = sys.executable if request.param == "newest" else present("clients").python(f"adbc-{request.param}")
    with small_gateway() as gateway:
        answer = told([python, str(PROBES / "adbc.py"), gateway.server.uri])
        eventually(lambda: gateway.server.running == 0)
    return answer


def test_a2_a5_a_password_or_a_token_lets_in(asked):
    assert asked["vendor"] == "Headgate"
    assert asked["with token"] == [[1]]


def test_a3_a4_wrong_and_missing_credentials_get_one_sentence(asked):
    for case in ("wrong password", "no credentials"):
        status, text = asked[case]
        assert status == "UNAUTHENTICATED"
        assert "The credentials are missing or wrong." in text


def test_q1_rows_and_types_arrive(asked):
    assert asked["table"] == {"id": [0, 1], "name": ["L0", "L1"]}
    assert asked["types"] == ["int32", "string"]
    assert asked["no rows"] == []


def test_q2_parameters_are_bound_and_bound_again(asked):
    assert asked["bound"] == [[["L3"]], [["L4"]], []]
    assert asked["values"] == [True] * 11


def test_q6_q8_changes_are_refused(asked):
    for case in ("delete", "update"):
        status, text = asked[case]
        assert status == "INVALID_ARGUMENT"
        assert "SQL_NOT_ALLOWED: Only queries are answered here" in text
    status, text = asked["execute update"]
    assert status == "NOT_IMPLEMENTED"
    assert "UNSUPPORTED: Headgate is read-only" in text


def test_i1_ingest_is_refused(asked):
    assert asked["ingest"] == ["NOT_IMPLEMENTED"] * 4


def test_q12_a_long_answer_keeps_its_order(asked):
    assert asked["long"] == [1_000_000, True]


def test_q13_a_partition_is_read_by_another_process_and_by_nobody_else(asked):
    count, read = asked["partitions"]
    assert count == 1
    assert read["ann"] == list(range(12))
    assert read["bob"][0] == "UNAUTHORIZED"
    assert "PERMISSION_DENIED: This was issued to another user." in read["bob"][1]


def test_the_schema_is_told_without_running(asked):
    assert asked["schema"] == [["id", "int32"], ["founded", "timestamp[us]"]]


def test_q19_several_statements_and_none_are_refused(asked):
    # The driver itself sends no empty text.
    assert [status for status, _ in asked["no query"]] == ["INVALID_ARGUMENT", "INVALID_STATE", "INVALID_ARGUMENT"]
    comment, _, several = (text for _, text in asked["no query"])
    assert "SQL_SYNTAX: There is no query." in comment
    assert "SQL_" in several


def test_m1_m5_objects_and_table_schemas(asked):
    assert asked["tables"] == [
        "artists.catalog.artists/4",
        "artists.catalog.labels/4",
        "payments.royalties.rates/3",
        "play.events.plays/4",
    ]
    assert asked["depths"] == [3, 3, 3]
    assert asked["columns"] == ["label_id", "rate", "active"]
    assert asked["missing table"] == "NOT_FOUND"
    assert asked["table types"] == ["TABLE"]


def test_e1_errors_have_status_code_and_query_id(asked):
    for case, status, code in (
        ("unknown table", "NOT_FOUND", "ADDRESS_UNKNOWN"),
        ("late", "INVALID_ARGUMENT", "QUERY_FAILED"),
        ("delete", "INVALID_ARGUMENT", "SQL_NOT_ALLOWED"),
        ("wrong password", "UNAUTHENTICATED", "UNAUTHENTICATED"),
    ):
        seen, text = asked[case]
        assert seen == status
        assert f"{code}: " in text
        assert "(query " in text
        assert "Traceback" not in text


def test_c1_c2_an_endless_query_ends_by_cancelling_and_by_a_deadline(asked):
    assert asked["cancelled"] == ["CANCELLED"]
    assert asked["timeout"] == "TIMEOUT"


def test_s1_s2_a_session_has_options_of_its_own(asked):
    assert asked["in the session"] == [[3]]
    assert asked["in another"][0] == "NOT_FOUND"
    assert asked["option"] == "artists"
    status, text = asked["unknown option"]
    assert status == "INVALID_ARGUMENT"
    assert "colour" in text
