"""How many rows make a batch."""

import pyarrow as pa
import pytest

from gateway.batching import batch_rows


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [
        ([pa.int64()], 65_536),
        ([pa.int64()] * 16, 14_336),
        ([pa.decimal128(38, 0)] * 16 + [pa.utf8()] * 4, 4_096),
        ([pa.list_(pa.utf8())] * 1_000, 2_048),
        ([pa.bool_()], 65_536),
        ([], 65_536),
    ],
)
def test_about_two_mebibytes(kinds: list[pa.DataType], rows: int) -> None:
    assert batch_rows(pa.schema([(f"c{number}", kind) for number, kind in enumerate(kinds)])) == rows
