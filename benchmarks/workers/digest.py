"""A large answer as one short row: how many rows, and for each column its NULLs and a sum. Imports pyarrow alone."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


class Digest:
    """Adds up batches. Two answers of the same rows in any order have the same digest."""

    def __init__(self) -> None:
        self.rows = 0
        self.bytes = 0
        self._sums: list[float] = []
        self._nulls: list[int] = []

    def add(self, batch: Any) -> None:
        """Count a batch in."""
        self.rows += batch.num_rows
        self.bytes += batch.nbytes
        self._sums = self._sums or [0.0] * batch.num_columns
        self._nulls = self._nulls or [0] * batch.num_columns
        for number, column in enumerate(batch.columns):
            self._sums[number] += _sum(column)
            self._nulls[number] += column.null_count

    def row(self) -> tuple[Any, ...]:
        """The digest."""
        return (self.rows, *self._nulls, *self._sums)


def of(batches: Iterable[Any]) -> Digest:
    """The digest of all batches."""
    made = Digest()
    for batch in batches:
        made.add(batch)
    return made


def _sum(column: Any) -> float:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = pc.binary_length(column.cast(pa.large_string()))
    elif pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    elif pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return float(pc.sum(column).as_py() or 0)
