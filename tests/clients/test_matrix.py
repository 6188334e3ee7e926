"""The page about clients says of each row what the tests find, no more and no less."""

from tests.clients import matrix
from tests.clients.checklist import ROWS


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
