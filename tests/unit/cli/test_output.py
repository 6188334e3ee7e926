import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO, TextIOWrapper

import pyarrow as pa
import pytest

from gateway.cli.output import SHOWN_ROWS, plain, write, write_plan


class Rows:
    def __init__(self, table: pa.Table, size: int = 2) -> None:
        self.schema = table.schema
        self._table = table
        self._size = size
        self.read = 0
        self.closed = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._table.to_batches(max_chunksize=self._size):
            self.read += batch.num_rows
            yield batch

    def close(self) -> None:
        self.closed = True


TABLE = pa.table(
    {
        "id": [1, 2, 3],
        "due": pa.array([Decimal("1.50"), None, Decimal("-0.25")], pa.decimal128(9, 2)),
        "day": pa.array([date(2026, 3, 1), None, date(1999, 12, 31)]),
        "text": ["plain", 'with "quotes", and comma', None],
        "flag": [True, False, None],
    }
)


def test_csv_quotes_where_needed_and_leaves_null_empty(capsys: pytest.CaptureFixture[str]) -> None:
    rows = Rows(TABLE)
    write(rows, "csv")
    assert capsys.readouterr().out.splitlines() == [
        "id,due,day,text,flag",
        "1,1.50,2026-03-01,plain,true",
        '2,,,"with ""quotes"", and comma",false',
        "3,-0.25,1999-12-31,,",
    ]
    assert rows.closed


def test_json_is_one_object_per_line_and_loses_no_digit(capsys: pytest.CaptureFixture[str]) -> None:
    write(Rows(TABLE), "json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"id": 1, "due": "1.50", "day": "2026-03-01", "text": "plain", "flag": True}
    assert lines[1]["due"] is None
    assert len(lines) == 3


def test_arrow_is_an_ipc_stream_of_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    out = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(out))
    write(Rows(TABLE), "arrow")
    assert pa.ipc.open_stream(out.getvalue()).read_all().equals(TABLE)


def test_a_table_tells_null_from_text_and_how_many_rows(capsys: pytest.CaptureFixture[str]) -> None:
    write(Rows(TABLE), "table")
    shown = capsys.readouterr()
    assert "NULL" in shown.out
    assert "1.50" in shown.out
    assert shown.err.strip() == "3 rows"


def test_a_table_ends_early_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    rows = Rows(pa.table({"n": range(5_000)}), size=100)
    write(rows, "table")
    shown = capsys.readouterr()
    assert "499" in shown.out
    assert "500" not in shown.out
    assert shown.err.startswith(f"the first {SHOWN_ROWS} rows")
    assert rows.read == 600
    assert rows.closed


def test_a_plan_is_written_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    monkeypatch.setattr("sys.stdout", out)
    write_plan(Rows(pa.table({"plan": ["fragment f1", "    SELECT 1"]})))
    assert out.getvalue() == "fragment f1\n    SELECT 1\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (0.1, 0.1),
        (b"\x00\xff", "00ff"),
        ([Decimal("1.0"), None], ["1.0", None]),
        ({"a": date(2026, 1, 2)}, {"a": "2026-01-02"}),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
        (True, True),
    ],
)
def test_values_become_what_json_can_carry(value: object, expected: object) -> None:
    assert plain(value) == expected
