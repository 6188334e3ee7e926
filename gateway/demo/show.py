"""How the tour looks: questions, short plans, rows."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

_NATIVE_WIDTH = 160


@contextmanager
def progress(console: Console, what: str) -> Iterator[None]:
    """Show that something is going on, and afterwards that it is done."""
    with console.status(what):
        yield
    console.print(Text.assemble(("✓ ", "green"), what))


def heading(console: Console, text: str) -> None:
    """The line above the whole tour."""
    console.print(Rule(Text(text, style="bold"), style="dim"))


def question(console: Console, number: int, title: str, sql: str, parameters: Sequence[Any]) -> None:
    """A question's number, reason and text."""
    console.print()
    console.print(Text.assemble((f"{number}. ", "bold cyan"), (title, "bold")))
    if sql:
        console.print(Syntax(sql, "sql", theme="ansi_dark", background_color="default", word_wrap=True))
    if parameters:
        console.print(Text(f"parameters: {', '.join(str(value) for value in parameters)}", style="dim"))


def plan(console: Console, explained: str) -> None:
    """What ran where, and what it moved, out of EXPLAIN ANALYZE (FORMAT JSON)."""
    document = json.loads(explained)
    for leaf in document["fragments"]:
        moved = f"{_rows(leaf['rows'])}, {_size(leaf['bytes'])} moved"
        _leaf(console, leaf, "computes", moved)
        console.print(Text(f"    {_short(leaf['text'])}", style="dim"))
    for leaf in document["scans"]:
        _leaf(console, leaf, "is read in place", f"{_rows(leaf['rows'])}, {_size(leaf['bytes'])} on file")
    residual = document["residual"]
    told = _rows(residual["rows"])
    console.print(Text.assemble(("  → ", "cyan"), ("DuckDB", "bold"), " does the rest: ", (told, "cyan")))


def rows(console: Console, answer: pa.Table, seconds: float) -> None:
    """The rows of an answer."""
    table = Table(header_style="bold")
    for field in answer.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        table.add_column(field.name, justify="right" if number else "left")
    for row in zip(*(column.to_pylist() for column in answer.columns), strict=True):
        table.add_row(*(Text("NULL", style="dim") if value is None else Text(_cell(value)) for value in row))
    console.print(table)
    note(console, f"{_rows(answer.num_rows)} in {seconds * 1000:.0f} ms, over the wire and back")


def datasets(console: Console, objects: Sequence[Any]) -> None:
    """The tree of what ADBC lists: domain, product, datasets with their number of columns."""
    table = Table(header_style="bold")
    for name in ("domain", "product", "dataset", "columns"):
        table.add_column(name, justify="right" if name == "columns" else "left")
    for domain in objects:
        for product in domain["catalog_db_schemas"] or ():
            for dataset in product["db_schema_tables"] or ():
                names = (domain["catalog_name"], product["db_schema_name"], dataset["table_name"])
                table.add_row(*names, str(len(dataset["table_columns"] or ())))
    console.print(table)


def lines(console: Console, texts: Sequence[str]) -> None:
    """The lines of an EXPLAIN."""
    for text in texts:
        console.print(Text(f"  {text}", style="dim" if text.startswith(" ") else ""))


def failure(console: Console, code: str, sentence: str, hint: str) -> None:
    """An error as every client gets it."""
    console.print(Text.assemble((f"  {code}", "bold red"), (f": {sentence}", "red")))
    console.print(Text.assemble(("  Hint: ", "bold"), hint))


def note(console: Console, text: str) -> None:
    """A remark below an answer."""
    console.print(Text(f"  {text}", style="dim"))


def closing(console: Console, seconds: float) -> None:
    """The last words: how long it took, and what to do next."""
    console.print()
    console.print(Rule(style="dim"))
    console.print(Text(f"Done in {seconds:.1f} s; everything is stopped.", style="green"))
    console.print("`make serve` keeps the mesh up for your own client. README.md says where to read on.")


def _leaf(console: Console, leaf: dict[str, Any], does: str, figures: str) -> None:
    datasets = ", ".join(leaf["datasets"])
    parts = (
        ("  → ", "cyan"),
        (leaf["store"], "bold"),
        f" {does} {datasets}: " if does == "computes" else f": {datasets} {does}: ",
    )
    console.print(Text.assemble(*parts, (figures, "cyan")))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _NATIVE_WIDTH else f"{line[: _NATIVE_WIDTH - 1]}…"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) and value >= 10_000 else str(value)
