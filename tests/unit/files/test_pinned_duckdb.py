"""DuckDB over the pinned filesystem: right bytes under eight threads, nothing reachable that is not pinned."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import duckdb
import pytest

from connectors.errors import StoreChanged
from connectors.files import CACHE_SETTINGS, ROOT, PinnedFile, PinnedFiles, _PinnedFilesystem

CHECKSUM = "SELECT count(*), sum(hash(id, name, amount)::HUGEINT), bit_xor(hash(name)) FROM read_parquet(?)"
ROUNDS = 6


def locked(filesystem: object, threads: int = 8, cache: bool = False) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": threads})
    con.register_filesystem(filesystem)
    for setting, value in (CACHE_SETTINGS if cache else {"enable_external_file_cache": False}).items():
        con.execute(f"SET {setting}={value}")
    con.execute(f"SET allowed_directories=['{ROOT}']")
    con.execute("SET enable_external_access=false")
    con.execute("SET lock_configuration=true")
    return con


def slowly(path: Path) -> Callable[[int, int], bytes]:
    """Positional reads that let other threads run in between, as a network would."""

    def read_at(offset: int, length: int) -> bytes:
        with path.open("rb") as file:
            file.seek(offset)
            time.sleep(0)
            return file.read(length)

    return read_at


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pinned") / "month=2026-01" / "data.parquet"
    path.parent.mkdir()
    duckdb.sql(
        "SELECT i AS id, md5(i::VARCHAR) AS name, (i * 7 % 1000) / 8 AS amount FROM range(300_000) t(i)"
    ).write_parquet(str(path), row_group_size=10_000)
    return path


def pinned(path: Path, version: str = "1") -> PinnedFile:
    name = "/".join(path.parts[-2:])
    return PinnedFile("lake", name, version, path.stat().st_size, slowly(path))


class SharedPosition:
    """What must not be done: one position for all threads, and the GIL given up between seek and read."""

    def __init__(self, read_at: Callable[[int, int], bytes]) -> None:
        self.read_at = read_at
        self.at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset
        return offset

    def read(self, length: int) -> bytes:
        time.sleep(0.0002)
        data = self.read_at(self.at, length)
        self.at += len(data)
        return data

    def tell(self) -> int:
        return self.at

    def close(self) -> None:
        pass


class NaiveFilesystem(_PinnedFilesystem):
    def open(self, path: str, mode: str = "rb", **_: object) -> SharedPosition:
        return SharedPosition(self._files.file(path).read_at)


def answers(filesystem: object, urls: tuple[str, ...]) -> list[object]:
    con = locked(filesystem)
    found: list[object] = []
    for _ in range(ROUNDS):
        try:
            found.append(con.execute(CHECKSUM, [list(urls)]).fetchone())
        except Exception as problem:
            found.append(type(problem).__name__)
    return found


def checksum(parquet: Path) -> tuple[object, ...] | None:
    with duckdb.connect() as plain:
        return plain.execute(CHECKSUM, [str(parquet)]).fetchone()


def test_eight_threads_read_what_is_in_the_file(parquet: Path) -> None:
    expected = checksum(parquet)
    files = PinnedFiles()
    with files.pin([pinned(parquet)]) as urls:
        assert answers(files.filesystem(), urls) == [expected] * ROUNDS


def test_the_proof_is_sharp_because_a_shared_position_fails_it(parquet: Path) -> None:
    expected = checksum(parquet)
    files = PinnedFiles()
    with files.pin([pinned(parquet)]) as urls:
        assert answers(NaiveFilesystem(files), urls) != [expected] * ROUNDS


def test_hive_segments_survive_in_the_url(parquet: Path) -> None:
    files = PinnedFiles()
    with files.pin([pinned(parquet)]) as [url]:
        con = locked(files.filesystem())
        sql = "SELECT DISTINCT month FROM read_parquet(?, hive_partitioning=true, hive_types_autocast=false)"
        assert con.execute(sql, [[url]]).fetchall() == [("2026-01",)]


def test_the_cache_survives_snapshots_and_opens_nothing_that_is_not_pinned(parquet: Path) -> None:
    files, reads = PinnedFiles(), []
    plain = slowly(parquet)

    def counted(offset: int, length: int) -> bytes:
        reads.append(offset)
        return plain(offset, length)

    file = PinnedFile("lake", "a/data.parquet", "1", parquet.stat().st_size, counted)
    con = locked(files.filesystem(), cache=True)
    with files.pin([file]) as urls:
        first = con.execute(CHECKSUM, [list(urls)]).fetchone()
    cold = len(reads)
    with files.pin([file]) as again:
        assert again == urls
        assert con.execute(CHECKSUM, [list(urls)]).fetchone() == first
    assert cold > 0
    assert len(reads) == cold
    with pytest.raises((duckdb.Error, OSError)):
        con.execute(CHECKSUM, [list(urls)])


def test_names_with_glob_characters_are_names(parquet: Path) -> None:
    files = PinnedFiles()
    file = PinnedFile("lake", "a[1]*?/d b%20.parquet", "1", parquet.stat().st_size, slowly(parquet))
    with files.pin([file]) as [url]:
        assert locked(files.filesystem()).execute(CHECKSUM, [[url]]).fetchone()[0] == 300_000


@pytest.mark.parametrize(
    "target", ["/etc/hostname", "headgate://nothing/x.parquet", "headgate://*/*", "file:///etc/hostname"]
)
def test_nothing_else_can_be_opened(parquet: Path, target: str) -> None:
    files = PinnedFiles()
    with files.pin([pinned(parquet)]), pytest.raises((duckdb.Error, OSError)):
        locked(files.filesystem()).execute("SELECT * FROM read_parquet(?)", [[target]])


def test_nothing_can_be_written(parquet: Path) -> None:
    files = PinnedFiles()
    with files.pin([pinned(parquet)]) as [url], pytest.raises((duckdb.Error, OSError)):
        locked(files.filesystem()).execute(f"COPY (SELECT 1) TO '{url}' (FORMAT parquet)")


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("footer_only", [False, True])
def test_the_original_failure_is_found_behind_duckdbs_message(parquet: Path, footer_only: bool, cache: bool) -> None:
    files, plain, reads = PinnedFiles(), slowly(parquet), count()
    changed = StoreChanged("The file 'data.parquet' was replaced.")

    def read_at(offset: int, length: int) -> bytes:
        if next(reads) >= (0 if footer_only else 3):
            raise changed
        return plain(offset, length)

    file = PinnedFile("lake", "data.parquet", "1", parquet.stat().st_size, read_at)
    with files.pin([file]) as [url]:
        con = locked(files.filesystem(), cache=cache)
        with pytest.raises((duckdb.Error, OSError)) as raised:
            con.sql("SELECT id, name FROM read_parquet($1)", params=[[url]]).to_arrow_reader(1000).read_all()
        failure = files.failure(str(raised.value))
        assert failure is not None
        assert (failure.url, failure.error, failure.error.store) == (url, changed, "lake")
        assert files.failure("some other message") is None
