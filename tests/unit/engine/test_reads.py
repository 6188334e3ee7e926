"""EXPLAIN ANALYZE tells what DuckDB reads of files in place: which columns, under which filters, how many files."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import registry
from connectors.files import PinnedFiles
from connectors.spi import Column, Surroundings, Table
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

PLAYS = Table(
    "plays",
    (*(Column(column.name, column.type) for column in TABLES["plays"].columns), Column("year", "INTEGER")),
)


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Mesh]:
    made = rows()
    for year in (2024, 2025, 2026):
        (tmp_path / f"plays/year={year}").mkdir(parents=True)
        pq.write_table(made["plays"], tmp_path / f"plays/year={year}/part.parquet")
    files = PinnedFiles()
    lake = registry.connect("parquet")("lake", {"url": str(tmp_path)}, Surroundings(files, tmp_path))
    rest = DuckStore("rest", {name: made[name] for name in ("artists", "labels", "rates")})
    placed = {"catalog": "rest", "royalties": "rest", "events": "lake"}
    with running_mesh({"lake": lake, "rest": rest}, placed, {**TABLES, "plays": PLAYS}, files) as running:
        yield running
    lake.close()


SQL = "select count(device), sum(count) from play.events.plays where year = 2025 and count > 3 and device = 'tv'"


def test_analyze_tells_columns_filters_and_files(mesh: Mesh) -> None:
    told = mesh.ask(f"explain analyze {SQL}").column(0).to_pylist()
    [line] = [line for line in told if line.startswith("    reads in place: ")]
    assert "columns " in line
    assert "count > 3" in line
    assert "device = 'tv'" in line
    assert line.endswith(" · 1/3 files")


def test_json_tells_the_same(mesh: Mesh) -> None:
    [text] = mesh.ask(f"explain (analyze, format json) {SQL}").column(0).to_pylist()
    [read] = json.loads(text)["residual"]["reads"]
    assert read.endswith(" · 1/3 files")


def test_what_is_only_planned_reads_nothing(mesh: Mesh) -> None:
    assert not [line for line in mesh.ask(f"explain {SQL}").column(0).to_pylist() if "reads in place" in line]
    assert isinstance(mesh.ask(SQL), pa.Table)
