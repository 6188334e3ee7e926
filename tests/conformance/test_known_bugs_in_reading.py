"""Rows that others lost, doubled or bent on the way: by dividing tables, by types without a counterpart, by statistics.

The tracker that told of a bug stands beside its case; what others got wrong by pushing is in ``test_known_bugs.py``.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors import registry
from connectors.call import Call
from connectors.errors import StoreValueError
from connectors.files import PinnedFiles
from connectors.postgres import PostgresConnector
from connectors.postgres.asked import Asked
from connectors.postgres.ranges import Extent, pieces
from connectors.postgres.together import Together
from connectors.spi import NO_HINTS, Column, Fragment, Hints, Surroundings, Table
from connectors.testing import fragment
from gateway.catalog import Catalog, Dataset, Product
from tests.mesh import serving
from tests.services.numbers import made

ROWS = 210_000
DATABASE = "reading"
SETUP = (
    f"CREATE TABLE plain AS SELECT g AS id, 'word ' || g AS word FROM generate_series(1, {ROWS}) g",
    "CREATE TABLE moving AS SELECT * FROM plain",
    "CREATE VIEW seen AS SELECT id, word FROM plain",
    "CREATE TABLE parted (id integer, word text) PARTITION BY RANGE (id)",
    f"CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (1) TO ({ROWS // 2})",
    f"CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM ({ROWS // 2}) TO ({ROWS + 1})",
    "CREATE TABLE parted_rest PARTITION OF parted DEFAULT",
    "INSERT INTO parted SELECT * FROM plain",
    "INSERT INTO parted VALUES (NULL, 'without a key'), (NULL, NULL)",
    "CREATE TABLE odd (id integer, loose numeric, square integer[], n numeric(12,2), far timestamp, big bigint)",
    """INSERT INTO odd VALUES
        (1, 1.5, '{{1,2},{3,4}}', 'NaN', '294276-01-01', 9223372036854775807),
        (2, 2.00000000000000000001, '{1,2}', 1.10, '2024-02-29', 9223372036854775807),
        (3, 100000000000000000000000000000000000000000, NULL, NULL, NULL, -1)""",
    "CREATE TABLE keyed (id integer, word text COLLATE words, short char(5))",
    "INSERT INTO keyed VALUES (1, 'B', 'ab'), (2, 'a-b', 'ab '), (3, 'a', 'zz'), (4, 'Z', ''), (5, NULL, NULL)",
    "ANALYZE",
)


@pytest.fixture(scope="module")
def dsn(postgres_server: Any) -> str:
    created = str(postgres_server.createdb(DATABASE))
    postgres_server.execute(*SETUP, database=DATABASE)
    return created


@pytest.fixture
def store(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresConnector]:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    with closing(made(dsn)) as connector:
        yield connector


def asked(store: PostgresConnector, name: str, outputs: str) -> Fragment:
    table = Table(f"public.{name}", store.describe(Table(f"public.{name}", ()), Call(timeout=30)).columns)
    return fragment(f"SELECT {outputs} FROM t AS t", {"t": table})


def read(store: PostgresConnector, wanted: Fragment, hints: Hints = NO_HINTS) -> list[dict[str, Any]]:
    call = Call(timeout=60)
    tables = [table for _, table in wanted.tables]
    with store.snapshot(tables, call) as snapshot, closing(store.open(wanted, snapshot, hints, call)) as stream:
        return [row for batch in stream for row in batch.to_pylist()]


# duckdb-postgres 271, 101 and 58
@pytest.mark.postgres
@pytest.mark.parametrize("name", ["plain", "seen", "parted", "parted_low"])
def test_partitions_and_views_have_no_blocks_to_divide_by(store: PostgresConnector, name: str) -> None:
    numbers = [row["id"] for row in read(store, asked(store, name, "t.id, t.word"))]
    last = ROWS // 2 - 1 if name == "parted_low" else ROWS
    assert sorted(number for number in numbers if number is not None) == list(range(1, last + 1))


# duckdb-postgres 319 and 220
@pytest.mark.postgres
def test_a_huge_table_has_more_blocks_than_a_signed_number(store: PostgresConnector, postgres_server: Any) -> None:
    wanted = asked(store, "plain", "t.id")
    parts = pieces(Asked(wanted, store.render(wanted)), Extent(2**32 - 1, shared=True, packing=None), 4)
    assert "'(3221225471,0)'" in parts[-1]
    read_by_each = [postgres_server.rows(part, DATABASE) for part in parts]
    assert [len(rows) for rows in read_by_each] == [ROWS, 0, 0, 0]


# duckdb-postgres 163 and 381
@pytest.mark.postgres
def test_rows_that_move_while_they_are_read_are_not_lost_or_doubled(
    store: PostgresConnector, postgres_server: Any
) -> None:
    call, wanted = Call(timeout=60), asked(store, "moving", "t.id, t.word")
    tables = [table for _, table in wanted.tables]
    with store.snapshot(tables, call) as snapshot, closing(store.open(wanted, snapshot, NO_HINTS, call)) as stream:
        assert isinstance(stream, Together)
        batches = iter(stream)
        found = next(batches).to_pylist()
        postgres_server.execute("UPDATE moving SET word = 'moved ' || id WHERE id % 7 = 0", database=DATABASE)
        found += [row for batch in batches for row in batch.to_pylist()]
    assert sorted(row["id"] for row in found) == list(range(1, ROWS + 1))
    assert {row["word"].split()[0] for row in found} == {"word"}


# PeerDB 3983
@pytest.mark.postgres
def test_rows_without_a_partition_key_are_kept(store: PostgresConnector) -> None:
    found = read(store, asked(store, "parted", "t.id, t.word"))
    assert len(found) == ROWS + 2
    assert [row["word"] for row in found if row["id"] is None] == ["without a key", None]
    assert read(store, asked(store, "parted", "COUNT(*) AS n, COUNT(t.id) AS k")) == [{"n": ROWS + 2, "k": ROWS}]


# arrow-adbc 3621, duckdb 23971 and 563, duckdb-postgres 102 and 530
@pytest.mark.postgres
@pytest.mark.parametrize("column", ["square", "n", "far"])
def test_what_has_no_counterpart_is_an_error_and_no_other_value(store: PostgresConnector, column: str) -> None:
    with pytest.raises(StoreValueError):
        read(store, asked(store, "odd", f"t.id, t.{column}"))


# table-providers 719 and 720, spice 13349, WrenAI 2655
@pytest.mark.postgres
def test_a_number_without_a_scale_keeps_all_its_digits(store: PostgresConnector) -> None:
    found = [row["loose"] for row in read(store, asked(store, "odd", "t.id, t.loose"))]
    assert found == ["1.5", "2.00000000000000000001", "1" + "0" * 41]


# spice 13785
@pytest.mark.postgres
def test_a_sum_behind_an_average_has_more_digits_than_its_values(store: PostgresConnector) -> None:
    (row,) = read(store, asked(store, "odd", "SUM(t.big) AS s, COUNT(t.big) AS n"))
    assert (int(row["s"]), row["n"]) == (2 * 9223372036854775807 - 1, 3)


# pg_duckdb 1077, trino 8681 and 30686
@pytest.mark.postgres
@pytest.mark.parametrize(("column", "keys", "kept"), [("word", ["B", "a"], {1, 3}), ("short", ["ab", "zz"], {1, 2, 3})])
def test_keys_of_texts_are_no_range(store: PostgresConnector, column: str, keys: list[str], kept: set[int]) -> None:
    wanted = asked(store, "keyed", f"t.id, t.{column}")
    assert {row["id"] for row in read(store, wanted, Hints(keys={column: pa.array(keys, pa.utf8())}))} == kept
    assert read(store, wanted, Hints(keys={column: pa.array([], pa.utf8())})) == []


# duckdb 23921
def test_a_nan_of_any_sign_is_found_in_a_file(tmp_path: Path) -> None:
    bits = struct.pack("<3Q", 0xFFF8000000000001, 0x7FF8000000000000, 0x3FF0000000000000)
    held = pa.table({"x": pa.Array.from_buffers(pa.float64(), 3, [None, pa.py_buffer(bits)])})
    with duckdb.connect() as con:
        con.register("held", held)
        con.execute(f"COPY (SELECT x FROM held, range(2000)) TO '{tmp_path}/odd.parquet' (FORMAT parquet)")
        offsets = con.sql(f"SELECT bloom_filter_offset FROM parquet_metadata('{tmp_path}/odd.parquet')").fetchall()
    assert offsets[0][0] is not None
    files = PinnedFiles()
    store = registry.connect("parquet")("lake", {"url": str(tmp_path)}, Surroundings(files, tmp_path))
    dataset = Dataset("odd", "lake", Table("odd.parquet", (Column("x", "DOUBLE"),)))
    catalog = Catalog("files", (Product("lake", "files", 1, (dataset,)),))
    with closing(store), serving({"lake": store}, catalog, files) as mesh:
        for pushdown in (True, False):
            found = mesh.ask("SELECT count(*) AS n FROM lake.files.odd WHERE x = 'nan'", pushdown=pushdown)
            assert found.to_pylist() == [{"n": 4000}]
