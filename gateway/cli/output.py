"""Rows on standard output: for people, for spreadsheets, for scripts, for programs."""

import csv
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from gateway.service import Answer

SHOWN_ROWS = 500
"""A table for people ends after this many rows; the other formats are whole."""


def write(answer: "Answer", format: str) -> None:  # noqa: A002
    """Write all rows as ``table``, ``csv``, ``json`` (one object per line) or ``arrow`` (an IPC stream)."""
    try:
        {"table": _table, "csv": _csv, "json": _json, "arrow": _arrow}[format](answer)
    finally:
        answer.close()


def write_plan(answer: "Answer") -> None:
    """Write the lines of an EXPLAIN as they stand."""
    for batch in answer:
        for line in batch.column(0).to_pylist():
            sys.stdout.write(f"{line}\n")


def plain(value: Any) -> Any:
    """A value as JSON can carry it: decimals and times as text, bytes as hex, so that nothing loses a digit."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value.isoformat() if isinstance(value, (date, datetime, time)) else str(value)


def rows_of(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch as Python values; names need not be unique."""
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _table(answer: "Answer") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_edge=False, header_style="bold", row_styles=["", "dim"])
    for field in answer.schema:
        table.add_column(field.name, justify="right" if _is_number(field.type) else "left", overflow="fold")
    count = 0
    for batch in answer:
        for row in rows_of(batch.slice(0, SHOWN_ROWS - count)):
            table.add_row(*(_cell(value) for value in row))
        count += batch.num_rows
        if count > SHOWN_ROWS:
            break
    console = Console()
    console.print(table)
    more = f"the first {SHOWN_ROWS} rows; --format csv, json or arrow give all" if count > SHOWN_ROWS else ""
    Console(stderr=True).print(more or f"{count} row{'' if count == 1 else 's'}", style="dim")


def _cell(value: Any) -> Any:
    from rich.text import Text

    return Text("NULL", style="dim italic") if value is None else Text(str(plain(value)))


def _csv(answer: "Answer") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.schema.names)
    for batch in answer:
        for row in rows_of(batch):
            writer.writerow([_csv_cell(plain(value)) for value in row])


def _csv_cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict, bool)) else value


def _json(answer: "Answer") -> None:
    names = answer.schema.names
    for batch in answer:
        for row in rows_of(batch):
            values = {name: plain(value) for name, value in zip(names, row, strict=True)}
            sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")


def _arrow(answer: "Answer") -> None:
    with pa.ipc.new_stream(sys.stdout.buffer, answer.schema) as stream:
        for batch in answer:
            stream.write_batch(batch)
    sys.stdout.buffer.flush()


def _is_number(of: pa.DataType) -> bool:
    return bool(pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_decimal(of))
