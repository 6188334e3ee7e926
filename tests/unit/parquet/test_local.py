"""The Parquet connector over a folder and over fsspec's memory filesystem: names, snapshots, schemas, refusals."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.call import Call
from connectors.errors import (
    CallCancelled,
    ConnectorMisconfigured,
    StoreChanged,
    StoreDataCorrupt,
    StoreDenied,
    StoreSchemaMismatch,
    StoreUnavailable,
    TableUnknown,
)
from connectors.files import PinnedFiles
from connectors.parquet import Parquet, connect
from connectors.parquet.listing import File
from connectors.spi import Column, Connector, Description, Estimate, Fragment, Surroundings, Table
from connectors.testing.fragments import fragment

ID = Column("id", "BIGINT")
MONTHS = Table("plays/**/*.parquet", (ID, Column("month", "INTEGER")))


def store(url: str | Path, files: PinnedFiles | None = None, **options: object) -> Parquet:
    return connect("lake", {"url": str(url)} | options, Surroundings(files or PinnedFiles(), Path()))


def write(path: Path, **columns: pa.Array) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def numbers(*values: int) -> pa.Array:
    return pa.array(values, pa.int64())


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    for month in (1, 2):
        write(tmp_path / f"plays/month={month}/a.parquet", id=numbers(month * 10, month * 10 + 1))
    write(tmp_path / "plays/month=2/_temporary/half.parquet", id=numbers(99))
    (tmp_path / "plays/month=2/_SUCCESS").touch()
    return tmp_path


def paths(connector: Parquet, name: str) -> list[str]:
    with connector.snapshot([Table(name, (ID,))], Call()) as snapshot:
        return [file.path for file in snapshot.files[name]]


def test_it_is_a_connector(lake: Path) -> None:
    assert isinstance(store(lake), Connector)
    assert store(lake).capabilities.in_place
    assert not store(lake).capabilities.claims


@pytest.mark.parametrize(
    "name", ["plays", "plays/", "plays/**/*.parquet", "plays/*/*.parquet", "plays/month=[12]/?.parquet", "**/a.parquet"]
)
def test_folders_and_globs_name_the_same_files(lake: Path, name: str) -> None:
    assert paths(store(lake), name) == ["plays/month=1/a.parquet", "plays/month=2/a.parquet"]


@pytest.mark.parametrize("name", ["plays/month=1/a.parquet", "plays/month=1/*", "plays/month=[!2]/*", "*/month=1/*"])
def test_some_files(lake: Path, name: str) -> None:
    assert paths(store(lake), name) == ["plays/month=1/a.parquet"]


def test_file_urls_and_names_with_glob_characters(tmp_path: Path) -> None:
    write(tmp_path / "t/a*[1].parquet", id=numbers(1))
    assert paths(store(f"file://{tmp_path}"), "t") == ["t/a*[1].parquet"]


@pytest.mark.parametrize(
    "name", ["../x.parquet", "plays/../../x", "/etc", "", "a\\b", "file:/etc", "plays//x", "./plays"]
)
def test_names_that_lead_out_of_the_store_are_refused(lake: Path, name: str) -> None:
    with pytest.raises(TableUnknown) as raised:
        paths(store(lake / "plays"), name)
    assert "does not lead to files of the store" in raised.value.sentence


@pytest.mark.parametrize("name", ["nothing", "nothing/*.parquet", "plays/*.parquet", "plays/month=1/a.parquet/*"])
def test_no_files_is_an_unknown_table(lake: Path, name: str) -> None:
    with pytest.raises(TableUnknown) as raised:
        paths(store(lake), name)
    assert raised.value.store == "lake"
    assert str(lake) not in str(raised.value)


def test_describe_tells_columns_partitions_and_rows(lake: Path) -> None:
    undeclared = Table(MONTHS.name, ())
    assert store(lake).describe(MONTHS, Call()) == Description((ID, Column("month", "INTEGER")), rows=4)
    assert store(lake).describe(undeclared, Call()).columns == (ID, Column("month", "VARCHAR"))


def test_a_scan_is_what_duckdb_reads(lake: Path) -> None:
    files = PinnedFiles()
    connector = store(lake, files)
    con = duckdb.connect()
    con.register_filesystem(files.filesystem())
    with connector.snapshot([MONTHS], Call()) as snapshot:
        scan = connector.scan(MONTHS, snapshot)
        sql = "SELECT id, month FROM read_parquet(?, hive_partitioning=true, hive_types_autocast=false) ORDER BY id"
        assert con.execute(sql, [list(scan.urls)]).fetchall() == [(10, "1"), (11, "1"), (20, "2"), (21, "2")]
    assert (scan.columns, scan.hive, scan.rows) == (MONTHS.columns, ("month",), 4)


def test_the_version_changes_with_the_files_and_only_then(lake: Path) -> None:
    def version() -> str:
        with store(lake).snapshot([MONTHS], Call()) as snapshot:
            return snapshot.version

    first = version()
    assert version() == first
    write(lake / "plays/month=3/a.parquet", id=numbers(1))
    assert version() != first


def test_estimate_and_render(lake: Path) -> None:
    part = fragment("SELECT p.id FROM plays AS p", {"plays": MONTHS})
    size = sum(path.stat().st_size for path in lake.glob("plays/*/*.parquet"))
    found = store(lake).estimate(part)
    assert isinstance(found, Estimate)
    assert (found.rows, found.source) == (4, "footers")
    assert 0 < found.bytes <= size
    assert store(lake).render(part) == "parquet_scan plays/**/*.parquet"
    assert store(lake / "nowhere").estimate(part) is None
    assert isinstance(part, Fragment)


def overwrite(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[::-1])
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))


def replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("change", [overwrite, replace, truncate, Path.unlink])
@pytest.mark.parametrize("opened", [False, True])
def test_a_file_that_changes_under_a_snapshot_fails_its_reads(
    lake: Path, change: Callable[[Path], None], opened: bool
) -> None:
    connector = store(lake)
    with connector.snapshot([MONTHS], Call()) as snapshot:
        file = snapshot.files[MONTHS.name][1]
        if opened:
            assert file.read_at(0, 4) == b"PAR1"
        change(lake / file.path)
        for offset in (0, file.size - 8):
            with pytest.raises(StoreChanged):
                file.read_at(offset, 8)


def test_every_file_has_to_fit(lake: Path) -> None:
    write(lake / "plays/month=7/a.parquet", id=pa.array(["7"]))
    with pytest.raises(StoreSchemaMismatch) as raised:
        paths(store(lake), MONTHS.name)
    expected = "In the file 'plays/month=7/a.parquet' the column 'id' is VARCHAR; expected BIGINT."
    assert raised.value.sentence == expected


def test_a_missing_column_and_other_partition_keys_are_told(lake: Path) -> None:
    renamed = Table("plays", (ID, Column("global", "VARCHAR", source="name")))
    with (
        pytest.raises(StoreSchemaMismatch, match="has no column 'name'; expected VARCHAR"),
        store(lake).snapshot([renamed], Call()),
    ):
        pass
    write(lake / "plays/year=1/a.parquet", id=numbers(1))
    with (
        pytest.raises(StoreSchemaMismatch, match="has other partition keys than its siblings"),
        store(lake).snapshot([MONTHS], Call()),
    ):
        pass


@pytest.mark.parametrize("data", [b"", b"PAR1", b"id,name\n1,a\n" * 9, b"PAR1" + b"\xff" * 60 + b"\x10\0\0\0PAR1"])
def test_what_is_not_parquet_is_corrupt(lake: Path, data: bytes) -> None:
    (lake / "plays/month=1/b.parquet").write_bytes(data)
    with pytest.raises(StoreDataCorrupt) as raised:
        paths(store(lake), MONTHS.name)
    assert raised.value.sentence == "The file 'plays/month=1/b.parquet' is not a whole Parquet file."


def test_a_truncated_file_is_corrupt(lake: Path) -> None:
    truncate(lake / "plays/month=1/a.parquet")
    with pytest.raises(StoreDataCorrupt):
        paths(store(lake), MONTHS.name)


def test_footers_are_read_once_per_version(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = pq.read_metadata
    monkeypatch.setattr(pq, "read_metadata", lambda source: read.append(1) or original(source))
    connector = store(lake)
    for _ in range(3):
        connector.describe(MONTHS, Call())
    assert len(read) == 2


def test_a_footer_larger_than_one_read(tmp_path: Path) -> None:
    data = pa.table({f"column_{number}": numbers(1) for number in range(2_000)})
    pq.write_table(data, tmp_path / "wide.parquet")
    assert len(store(tmp_path).describe(Table("wide.parquet", ()), Call()).columns) == 2_000


def test_a_link_may_not_lead_out_of_the_store(lake: Path) -> None:
    outside = write(lake / "elsewhere/secret.parquet", id=numbers(1))
    (lake / "plays/month=1/link.parquet").symlink_to(outside)
    assert store(lake).describe(MONTHS, Call()).rows == 5
    with pytest.raises(StoreDenied) as raised:
        store(lake / "plays").describe(Table("month=1", ()), Call())
    assert str(lake) not in str(raised.value)


def test_one_file_under_two_tables_is_one_version(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [Table("plays", (ID,)), Table("plays/month=1", (ID,))]
    connector = store(lake)
    with connector.snapshot(both, Call()) as snapshot:
        urls = [connector.scan(table, snapshot).urls for table in both]
    assert urls[1] == urls[0][:1]
    listed = connector._list

    def and_then_replaced(table: Table, call: Call) -> tuple[File, ...]:
        found = listed(table, call)
        replace(lake / "plays/month=1/a.parquet")
        return found

    monkeypatch.setattr(connector, "_list", and_then_replaced)
    with pytest.raises(StoreChanged), connector.snapshot(both, Call()):
        pass


def test_other_fsspec_filesystems() -> None:
    memory = fsspec.filesystem("memory")
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": numbers(1, 2)}), sink)
    memory.pipe_file("/unit/plays/month=1/a.parquet", sink.getvalue())
    connector = store("memory://unit")
    assert connector.describe(MONTHS, Call()).rows == 2
    with connector.snapshot([MONTHS], Call()) as snapshot:
        file = snapshot.files[MONTHS.name][0]
        assert (file.path, file.read_at(0, 4)) == ("plays/month=1/a.parquet", b"PAR1")
        memory.pipe_file("/unit/plays/month=1/a.parquet", sink.getvalue())
        with pytest.raises(StoreChanged):
            file.read_at(0, 4)


@pytest.mark.parametrize(
    "options",
    [
        {"url": "s3://"},
        {"url": "nosuch://x"},
        {"url": "s3://b", "access_key": "k"},
        {"url": "s3://b", "endpoint": "http://127.0.0.1:1"},
        {"url": "x", "bucket": "y"},
        {},
    ],
)
def test_options_are_checked(options: dict[str, object]) -> None:
    with pytest.raises(ConnectorMisconfigured):
        connect("lake", options, Surroundings(PinnedFiles(), Path()))


def test_cancelled_calls_and_closed_stores_do_nothing(lake: Path) -> None:
    call = Call()
    call.cancel()
    connector = store(lake)
    with pytest.raises(CallCancelled):
        connector.describe(MONTHS, call)
    connector.close()
    with pytest.raises(StoreUnavailable):
        connector.describe(MONTHS, Call())
