"""The Parquet connector over a real S3 server: right answers, and typed failures when the store or a file changes."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.call import Call
from connectors.errors import (
    StoreChanged,
    StoreDenied,
    StoreError,
    StoreSchemaMismatch,
    StoreTimeout,
    StoreUnavailable,
    TableUnknown,
)
from connectors.files import CACHE_SETTINGS, ROOT, PinnedFiles
from connectors.parquet import Parquet, connect
from connectors.spi import Column, Surroundings, Table
from tests.services import free_port, s3

pytestmark = pytest.mark.s3

COLUMNS = (Column("id", "BIGINT"), Column("name", "VARCHAR"), Column("month", "VARCHAR"))
PLAYS = Table("plays/**/*.parquet", COLUMNS)
CHECKSUM = "SELECT count(*), sum(hash(id, name, month)::HUGEINT) FROM read_parquet(?, hive_partitioning=true)"


def table(month: int, rows: int = 60_000) -> pa.Table:
    con = duckdb.connect()
    return con.sql(f"SELECT i AS id, md5((i * {month})::VARCHAR) AS name FROM range({rows}) t(i)").to_arrow_table()


def parquet(data: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(data, sink, row_group_size=5_000)
    return sink.getvalue()


class Lake:
    """A bucket of its own in the shared server."""

    def __init__(self, server: s3.Server) -> None:
        self.server = server
        self.bucket = f"lake-{uuid4().hex[:12]}"
        self.files = PinnedFiles()
        server.create_bucket(self.bucket)

    def put(self, key: str, data: bytes) -> None:
        self.server.put_object(f"{self.bucket}/base/{key}", data)

    def store(self, **options: object) -> Parquet:
        given: dict[str, object] = {
            "url": f"s3://{self.bucket}/base",
            "endpoint": self.server.endpoint,
            "access_key": self.server.access_key,
            "secret_key": self.server.secret_key,
            "allow_http": True,
        }
        return connect("lake", given | options, Surroundings(self.files, Path()))

    def duckdb(self, cache: bool = False) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(config={"threads": 8})
        con.register_filesystem(self.files.filesystem())
        for name, value in (CACHE_SETTINGS if cache else {"enable_external_file_cache": False}).items():
            con.execute(f"SET {name}={value}")
        con.execute(f"SET allowed_directories=['{ROOT}']")
        con.execute("SET enable_external_access=false")
        con.execute("SET lock_configuration=true")
        return con

    def broken(self, urls: tuple[str, ...], before: Callable[[], None]) -> StoreError:
        """What stands behind DuckDB's failure when ``before`` happens to files that are pinned."""
        before()
        with pytest.raises((duckdb.Error, OSError)) as raised:
            self.duckdb().execute(CHECKSUM, [list(urls)]).fetchall()
        failure = self.files.failure(str(raised.value))
        assert failure is not None
        assert failure.url in urls
        assert isinstance(failure.error, StoreError)
        assert failure.error.store == "lake"
        return failure.error


@pytest.fixture
def lake(s3_server: s3.Server) -> Lake:
    return Lake(s3_server)


@pytest.fixture
def filled(lake: Lake) -> Lake:
    for month in (1, 2, 3):
        lake.put(f"plays/month=2026-0{month}/data.parquet", parquet(table(month)))
    return lake


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[s3.Server]:
    """For tests that kill it."""
    with s3.running(tmp_path) as server:
        yield server


def test_full_table_checksums_are_those_of_local_files(filled: Lake, tmp_path: Path) -> None:
    for month in (1, 2, 3):
        (tmp_path / f"month=2026-0{month}").mkdir()
        pq.write_table(table(month), tmp_path / f"month=2026-0{month}" / "x.parquet")
    local = duckdb.connect().execute(CHECKSUM, [f"{tmp_path}/*/*.parquet"]).fetchone()
    store = filled.store()
    with store.snapshot([PLAYS], Call()) as snapshot:
        scan = store.scan(PLAYS, snapshot)
        found = [filled.duckdb().execute(CHECKSUM, [list(scan.urls)]).fetchone() for _ in range(4)]
    assert found == [local] * 4
    assert (len(scan.urls), scan.hive, scan.rows) == (3, ("month",), 180_000)


def test_the_cache_serves_the_next_snapshot(filled: Lake) -> None:
    store, con, urls = filled.store(), filled.duckdb(cache=True), []
    for _ in range(2):
        with store.snapshot([PLAYS], Call()) as snapshot:
            urls.append(store.scan(PLAYS, snapshot).urls)
            first = con.execute(CHECKSUM, [list(urls[-1])]).fetchone()
    assert urls[0] == urls[1]
    filled.put("plays/month=2026-02/data.parquet", parquet(table(7)))
    with store.snapshot([PLAYS], Call()) as snapshot:
        changed = store.scan(PLAYS, snapshot).urls
        assert con.execute(CHECKSUM, [list(changed)]).fetchone() != first
    assert [old == new for old, new in zip(urls[0], changed, strict=True)] == [True, False, True]


def test_an_object_replaced_with_one_of_the_same_size_is_a_change(filled: Lake) -> None:
    store = filled.store()
    other = parquet(table(2).set_column(0, "id", pa.array(range(1, 60_001))))
    with store.snapshot([PLAYS], Call()) as snapshot:
        urls = store.scan(PLAYS, snapshot).urls
        error = filled.broken(urls, lambda: filled.put("plays/month=2026-02/data.parquet", other))
    assert isinstance(error, StoreChanged)
    assert error.sentence == "The file 'plays/month=2026-02/data.parquet' was replaced while it was read."


def test_an_object_replaced_while_it_is_open_is_a_change(filled: Lake) -> None:
    store = filled.store()
    with store.snapshot([PLAYS], Call()) as snapshot:
        file = snapshot.files[PLAYS.name][0]
        assert file.read_at(0, 4) == b"PAR1"
        filled.put(file.path, parquet(table(9)))
        with pytest.raises(StoreChanged):
            file.read_at(0, 4)


def test_a_removed_object_is_a_change(filled: Lake) -> None:
    store = filled.store()
    key = "plays/month=2026-03/data.parquet"
    with store.snapshot([PLAYS], Call()) as snapshot:
        urls = store.scan(PLAYS, snapshot).urls
        error = filled.broken(urls, lambda: filled.server.delete_object(f"{filled.bucket}/base/{key}"))
    assert isinstance(error, StoreChanged)
    assert error.sentence == f"The file {key!r} was removed while it was read."


def test_file_seven_of_nine_differs(lake: Lake) -> None:
    for number in range(1, 10):
        kind = pa.string() if number == 7 else pa.int64()
        lake.put(f"nine/{number}.parquet", parquet(pa.table({"id": pa.array([1, 2]).cast(kind)})))
    nine = Table("nine/*.parquet", (Column("id", "BIGINT"),))
    with pytest.raises(StoreSchemaMismatch) as raised, lake.store().snapshot([nine], Call()):
        pass
    assert raised.value.sentence == "In the file 'nine/7.parquet' the column 'id' is VARCHAR; expected BIGINT."


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"secret_key": "wrong"}, StoreDenied),
        ({"access_key": "nobody"}, StoreDenied),
        ({"url": "s3://no-such-bucket/base"}, TableUnknown),
        ({"url": "s3://no-such-bucket"}, TableUnknown),
    ],
)
def test_refusals_are_typed(filled: Lake, options: dict[str, object], expected: type[StoreError]) -> None:
    with pytest.raises(expected) as raised:
        filled.store(**options).describe(PLAYS, Call())
    assert raised.value.store == "lake"
    assert all(word not in str(raised.value) for word in ("127.0.0.1", "wrong", "nobody", "headgate-secret"))


def test_no_objects_is_an_unknown_table(lake: Lake) -> None:
    with pytest.raises(TableUnknown):
        lake.store().describe(PLAYS, Call())


def test_a_refused_connection_is_told_within_five_seconds(filled: Lake) -> None:
    start = time.monotonic()
    with pytest.raises(StoreUnavailable):
        filled.store(endpoint=f"http://127.0.0.1:{free_port()}").describe(PLAYS, Call())
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("fault", "expected", "seconds"),
    [("kill", StoreUnavailable, 5), ("pause", StoreTimeout, 7)],  # silent: two attempts of two seconds, and a pause
)
def test_a_server_lost_between_listing_and_reading(
    own_server: s3.Server, fault: str, expected: type, seconds: float
) -> None:
    lake = Lake(own_server)
    lake.put("plays/month=2026-01/data.parquet", parquet(table(1)))
    store = lake.store()
    with store.snapshot([PLAYS], Call()) as snapshot:
        urls, start = store.scan(PLAYS, snapshot).urls, time.monotonic()
        error = lake.broken(urls, getattr(own_server, fault))
        took = time.monotonic() - start
    assert isinstance(error, expected)
    assert took < seconds


def test_a_server_killed_while_rows_are_read(own_server: s3.Server) -> None:
    lake = Lake(own_server)
    lake.put("plays/month=2026-01/data.parquet", parquet(table(1, rows=600_000)))
    store = lake.store()
    with store.snapshot([PLAYS], Call()) as snapshot, ThreadPoolExecutor(1) as pool:
        urls, con, rounds = list(store.scan(PLAYS, snapshot).urls), lake.duckdb(), threading.Event()

        def read_for_ever() -> None:
            while True:
                con.execute(CHECKSUM, [urls]).fetchall()
                rounds.set()

        running = pool.submit(read_for_ever)
        assert rounds.wait(10)
        own_server.kill()
        killed = time.monotonic()
        problem = running.exception(timeout=10)
        took = time.monotonic() - killed
        failure = lake.files.failure(str(problem))
    assert failure is not None
    assert isinstance(failure.error, (StoreUnavailable, StoreTimeout))
    assert took < 5


def test_a_restarted_server_is_read_again(own_server: s3.Server) -> None:
    lake = Lake(own_server)
    lake.put("plays/month=2026-01/data.parquet", parquet(table(1)))
    store = lake.store()
    assert store.describe(PLAYS, Call()).rows == 60_000
    own_server.restart()
    assert store.describe(PLAYS, Call()).rows == 60_000
