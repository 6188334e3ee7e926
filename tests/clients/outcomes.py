"""What a test run found out about each client: gathered as it runs, kept in ``.cache/clients``, one file a client."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.clients.checklist import ADBC, CLIENTS, JDBC, ODBC, PYARROW

KEPT = Path(__file__).parents[2] / ".cache" / "clients"
_HEAD = re.compile(r"test_((?:[a-z]\d+_)+)")
_WORST_LAST = ("pass", "not run", "fail")
Found = dict[str, dict[str, str]]


class Outcomes:
    """A pytest plugin: the outcome of each row for each client, from the names and marks of the tests."""

    def __init__(self) -> None:
        self.found: Found = {}
        self.whole = False

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        item.user_properties += [("proves", pair) for pair in proved(item)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        outcome = {"passed": "pass", "skipped": "not run"}.get(report.outcome, "fail")
        for _, (client, row) in (entry for entry in report.user_properties if entry[0] == "proves"):
            rows = self.found.setdefault(client, {})
            rows[row] = max(rows.get(row, "pass"), outcome, key=_WORST_LAST.index)

    def pytest_sessionfinish(self) -> None:
        if self.found:
            keep(self.found, self.whole)


def proved(item: pytest.Item) -> list[tuple[str, str]]:
    """The pairs of client and row that a test speaks for."""
    match, marked = _HEAD.match(item.name), item.get_closest_marker("rows")
    named = match[1].upper().split("_") if match else marked.args if marked else ()
    rows = [row for row in named if row in CLIENTS]
    mark = item.get_closest_marker("client")
    return [(client, row) for row in rows for client in (mark.args if mark else _usual(row))]


def _usual(row: str) -> tuple[str, ...]:
    """Whose row it is; a test with pyarrow of what a driver needs says nothing yet about that driver."""
    if CLIENTS[row] in (JDBC, ODBC):
        return ()
    return (CLIENTS[row] if CLIENTS[row] in (ADBC, PYARROW) else PYARROW,)


def keep(found: Found, whole: bool) -> None:
    """Write what was found; what a part of the tests did not touch stays as it was."""
    KEPT.mkdir(parents=True, exist_ok=True)
    before = {} if whole else kept()
    if whole:
        for file in KEPT.glob("*.json"):
            file.unlink()
    for client, rows in found.items():
        record = {"client": client, "rows": before.get(client, {}) | rows}
        name = re.sub(r"[^a-z0-9.]+", "-", client.lower())
        (KEPT / f"{name}.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf-8")


def kept() -> Found:
    """What earlier runs found, client by client."""
    records: list[Any] = [json.loads(file.read_text("utf-8")) for file in sorted(KEPT.glob("*.json"))]
    return {record["client"]: record["rows"] for record in records}
