"""Segments hold every type exactly, for the one who appends to them and for DuckDB, which scans them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise

import duckdb
import pyarrow as pa
import pytest

from connectors.kafka import segments
from connectors.kafka.columns import segment_schema
from connectors.spi import Column

HIGH, LOW = datetime(9999, 12, 31, 23, 59, 59, 999_999), datetime(1, 1, 1)


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        ("BOOLEAN", [True, False]),
        ("TINYINT", [-128, 127]),
        ("SMALLINT", [-32768, 32767]),
        ("INTEGER", [-(2**31), 2**31 - 1]),
        ("BIGINT", [-(2**63), 2**63 - 1]),
        ("UTINYINT", [0, 255]),
        ("UINTEGER", [0, 2**32 - 1]),
        ("UBIGINT", [0, 2**64 - 1]),
        ("HUGEINT", [Decimal(-(10**38) + 1), Decimal(10**38 - 1)]),
        ("DECIMAL(4,1)", [Decimal("-999.9"), Decimal("999.9")]),
        ("DECIMAL(9,2)", [Decimal("-9999999.99"), Decimal("0.01")]),
        ("DECIMAL(18,18)", [Decimal("-0.999999999999999999"), Decimal("0.000000000000000001")]),
        ("DECIMAL(38,10)", [Decimal("-1234567890123456789012345678.0123456789"), Decimal("0.0000000001")]),
        ("FLOAT", [-1.5, 3.0]),
        ("DOUBLE", [-0.1, 5e-324]),
        ("VARCHAR", ["", "h\u00e9\U0001f600"]),
        ("DATE", [date(1, 1, 1), date(9999, 12, 31)]),
        ("TIME", [time(0), time(23, 59, 59, 999_999)]),
        ("TIMESTAMP", [LOW, HIGH]),
        ("TIMESTAMP WITH TIME ZONE", [LOW.replace(tzinfo=UTC), HIGH.replace(tzinfo=UTC)]),
        ("BIGINT[]", [[], [1, None, -(2**63)]]),
    ],
)
def test_values_survive(tmp_path, type_name, values):
    schema = segment_schema((Column("a", type_name),))
    rows = [None, *values, None, *values]
    wanted = pa.table([rows, *[[None] * len(rows)] * 4], schema=schema)
    segment = segments.write(tmp_path, wanted, 0, 0, len(rows))
    assert segments.read(tmp_path, segment).equals(wanted)
    scanned = duckdb.sql(f"SELECT a FROM '{tmp_path / segment.file}'").to_arrow_table().column("a")
    assert scanned.cast(schema.field("a").type).to_pylist() == rows


def test_an_appended_segment_takes_in_small_ones_before_it(tmp_path):
    schema = segment_schema((Column("a", "BIGINT"),))

    def rows(start, end):
        return pa.table([list(range(start, end)), *[[None] * (end - start)] * 4], schema=schema)

    held = ()
    for start in range(0, 1000, 10):
        held = segments.append(tmp_path, held, rows(start, start + 10), 0, start, start + 10)
        assert len(held) <= 7
    assert [(held[0].start, held[-1].end), sum(part.rows for part in held)] == [(0, 1000), 1000]
    assert all(before.end == after.start for before, after in pairwise(held))
    together = pa.concat_tables([segments.read(tmp_path, part) for part in held])
    assert together.column("a").to_pylist() == list(range(1000))
