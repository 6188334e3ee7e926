"""The types told by footers are those DuckDB gives the columns; what does not cross the border is marked."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.parquet.columns import OTHER, columns
from connectors.types import is_supported

DUCKDB = """
    SELECT 1::TINYINT a, 1::SMALLINT b, 1::INTEGER c, 1::BIGINT d, 1::UTINYINT e, 1::USMALLINT f, 1::UINTEGER g,
    1::UBIGINT h, 1.5::DECIMAL(4,1) i, 1.5::DECIMAL(15,1) j, 1.5::DECIMAL(38,3) k, true l, 1::FLOAT m, 1::DOUBLE n,
    'x' o, 'x'::BLOB p, DATE '2020-01-01' q, TIME '10:00' r, TIMESTAMP '2020-01-01' s,
    TIMESTAMPTZ '2020-01-01 00:00:00+00' t, '2020-01-01'::TIMESTAMP_NS u, '2020-01-01'::TIMESTAMP_MS v,
    INTERVAL 1 DAY w, uuid() x, '{}'::JSON y, [1, 2] z, [['a']] aa, {'a': 1, 'b': [1]} ab, MAP {'a': 1} ac,
    [uuid()] ad, 1 ae
"""
ARROW = {
    "large_string": pa.array(["a"], pa.large_string()),
    "string_view": pa.array(["a"], pa.string_view()),
    "dictionary": pa.array(["a"]).dictionary_encode(),
    "fixed": pa.array([b"ab"], pa.binary(2)),
    "float16": pa.array([1.0], pa.float16()),
    "time_ms": pa.array([1], pa.time32("ms")),
    "time_ns": pa.array([1], pa.time64("ns")),
    "seconds": pa.array([1], pa.timestamp("s")),
    "zoned_ns": pa.array([1], pa.timestamp("ns", "UTC")),
    "zoned": pa.array([1], pa.timestamp("ms", "Europe/Berlin")),
    "duration": pa.array([1], pa.duration("us")),
    "large_list": pa.array([[1]], pa.large_list(pa.int64())),
    "fixed_list": pa.array([[1, 2]], pa.list_(pa.int64(), 2)),
    "struct": pa.array([{"a": 1, "b": {"c": "d"}}]),
    "wide_decimal": pa.array([1], pa.decimal128(20, 2)).cast(pa.decimal256(40, 2)),
    "last": pa.array([1], pa.int8()),
}


@pytest.mark.parametrize("origin", ["duckdb", "arrow", "int96"])
def test_types_are_those_of_duckdb(tmp_path: Path, origin: str) -> None:
    path = str(tmp_path / "types.parquet")
    if origin == "duckdb":
        with duckdb.connect() as con:
            con.sql(DUCKDB).write_parquet(path)
    elif origin == "arrow":
        pq.write_table(pa.table(ARROW), path)
    else:
        pq.write_table(
            pa.table({"x": ARROW["zoned_ns"].cast(pa.timestamp("ns"))}), path, use_deprecated_int96_timestamps=True
        )
    found = {name: kind for name, (kind, _) in columns(pq.read_metadata(path)).items()}
    with duckdb.connect() as con:
        told = {row[0]: row[1] for row in con.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()}
    refused = {"wide_decimal"}  # DuckDB reads it as DOUBLE, which would lose digits without a word
    expected = {name: kind if is_supported(kind) and name not in refused else OTHER for name, kind in told.items()}
    assert found == expected
