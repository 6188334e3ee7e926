"""The page about clients says of each row what the tests find, no more and no less."""

import pytest

from tests.clients import matrix
from tests.clients.checklist import ROWS
from tests.clients.conftest import OUTCOMES


def known(found):
    return {(client, row, told) for client, rows in found.items() for row, told in rows.items() if told != "not run"}


def test_the_page_names_every_row_once_and_in_order():
    assert matrix.rows() == [row for group in ROWS.values() for row in group]


def test_what_is_written_is_what_is_read(monkeypatch, tmp_path):
    found = {"A 1.0": {"A1": "pass", "Q2": "fail", "Q3": "not run"}, "JDBC 19": {"J1": "pass", "J5": "partly"}}
    page = tmp_path / "clients.md"
    page.write_text(f"{matrix._BEGIN}{matrix.render(found)}{matrix._END}", "utf-8")
    monkeypatch.setattr(matrix, "PAGE", page)
    assert known(matrix.committed()) == known(found)


@pytest.mark.last
def test_the_page_agrees_with_what_this_run_found(pytestconfig):
    outcomes = pytestconfig.stash[OUTCOMES]
    shown, here = known(matrix.committed()), known(outcomes.found)
    left_out = {(client, row) for client, rows in outcomes.found.items() for row in rows if rows[row] == "not run"}
    if outcomes.whole:
        stale = {entry for entry in shown - here if entry[:2] not in left_out}
    else:
        stale = {entry for entry in shown if any(entry[:2] == found[:2] and entry != found for found in here)}
    assert (here - shown, stale) == (set(), set()), "write it anew: python -m tests.clients.matrix"
