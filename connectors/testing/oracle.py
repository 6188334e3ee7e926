"""DuckDB alone over the same data: what every store is compared with."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from connectors.files import PinnedFiles
from connectors.spi import Column, Fragment, Scan, arrow_schema
from connectors.testing.fragments import quoted
from connectors.types import needs_cast

Rows = list[tuple[str | None, ...]]
"""Each value as DuckDB's text, so that NaN is itself, -0.0 is not 0.0, and every type can be compared."""

_AT_THE_BORDER = {"HUGEINT": "DECIMAL(38,0)", "UUID": "VARCHAR", "JSON": "VARCHAR"}


class DuckDBFailed(Exception):
    """DuckDB itself has no answer: then the store must have none either."""


class Oracle:
    """One DuckDB that holds what the store was given, under the store's names for its tables."""

    def __init__(self, files: PinnedFiles | None = None) -> None:
        self.con = duckdb.connect(config={"threads": 1})
        self.con.execute("SET TimeZone = 'UTC'")
        if files is not None:
            self.con.register_filesystem(files.filesystem())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.con.close()

    def build(self, columns: Sequence[Column], rows: Sequence[Sequence[str | None]]) -> pa.Table:
        """Rows of DuckDB's text for values, as an Arrow table of the columns' border types."""
        texts = [pa.array(column, pa.utf8()) for column in zip(*rows, strict=True)] or [pa.nulls(0, pa.utf8())] * len(
            columns
        )
        self.con.register("texts", pa.table(texts, names=[f"c{number}" for number in range(len(columns))]))
        casts = [
            _cast(f"CAST(c{number} AS {column.type})", _AT_THE_BORDER.get(column.type))
            for number, column in enumerate(columns)
        ]
        made = self.con.sql(f"SELECT {', '.join(casts)} FROM texts").to_arrow_table()
        self.con.unregister("texts")
        return made.rename_columns([column.name for column in columns]).cast(arrow_schema(columns))

    def add(self, name: str, columns: Sequence[Column], rows: pa.Table) -> None:
        """Hold a table, in its true types, under the store's name for it; replaces one of that name."""
        self.con.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS {self._select(rows, columns)}")

    def answer(self, fragment: Fragment) -> Rows:
        """DuckDB's rows for a fragment. Raises :class:`DuckDBFailed` when it has none."""
        try:
            return _texts(self.con.sql(fragment.text))
        except duckdb.Error as problem:
            raise DuckDBFailed(str(problem)) from problem

    def rows(self, table: pa.Table, columns: Sequence[Column]) -> Rows:
        """The rows of a stream as DuckDB reads them."""
        return _texts(self.con.sql(self._select(table, columns)))

    def scanned(self, scan: Scan, names: Sequence[str]) -> Rows:
        """The rows of an in-place relation as DuckDB reads them through the pinned filesystem."""
        columns = [column for name in names for column in scan.columns if column.name.lower() == name.lower()]
        if not scan.urls:
            return []
        casts = ", ".join(_cast(quoted(_in_files(column, scan)), column.type) for column in columns)
        urls = ", ".join("'" + url.replace("'", "''") + "'" for url in scan.urls)
        hive = "true, hive_types_autocast = false" if scan.hive else "false"
        source = f"read_parquet([{urls}], union_by_name = true, hive_partitioning = {hive})"
        return _texts(self.con.sql(f"SELECT {casts} FROM {source}"))

    def _select(self, rows: pa.Table, columns: Sequence[Column]) -> str:
        self.con.register("arrived", rows)
        casts = [_cast(quoted(column.name), column.type if needs_cast(column.type) else None) for column in columns]
        named = ", ".join(f"{cast} AS {quoted(column.name)}" for cast, column in zip(casts, columns, strict=True))
        return f"SELECT {named} FROM arrived"


def _in_files(column: Column, scan: Scan) -> str:
    return column.name if column.name in scan.hive else column.physical


def _cast(expression: str, to: str | None) -> str:
    return f"CAST({expression} AS {to})" if to else expression


def _texts(relation: duckdb.DuckDBPyRelation) -> Rows:
    texts = ", ".join(f"CAST(#{number} AS VARCHAR)" for number in range(1, len(relation.columns) + 1))
    return relation.project(texts).fetchall()
