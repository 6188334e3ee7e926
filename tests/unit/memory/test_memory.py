from pathlib import Path

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import ConnectorMisconfigured, StoreRejected, TableUnknown
from connectors.files import PinnedFiles
from connectors.memory import CAPABILITIES, Memory, connect
from connectors.spi import NO_HINTS, Column, Connector, Hints, Surroundings, Table
from connectors.testing import fragment

SONGS = Table(
    "songs",
    (Column("id", "BIGINT"), Column("title", "VARCHAR", source="song_title"), Column("out", "DATE")),
    key=("id",),
)
DATA = pa.table(
    {
        "id": pa.array([1, 2, 3, None], pa.int64()),
        "song_title": ["a", "B", None, "ä"],
        "out": pa.array([0, None, 10957, 2**31 - 1], pa.int32()).cast(pa.date32()),
    }
)


def store() -> Memory:
    return Memory("shelf", {"songs": DATA}, keys={"songs": ("id",)})


def ask(memory: Memory, sql: str, hints: Hints = NO_HINTS) -> list[tuple[object, ...]]:
    made = fragment(sql, {"songs": SONGS})
    call = Call(timeout=10)
    with memory.snapshot([SONGS], call) as snapshot:
        batches = list(memory.open(made, snapshot, hints, call))
    assert all(batch.schema == made.schema for batch in batches)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


def test_it_is_a_connector():
    assert isinstance(store(), Connector)
    assert store().capabilities is CAPABILITIES


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("s.id > 1", [2, 3]),
        ("NOT s.id > 1", [1]),
        ("s.id = 1.5 OR s.id IS NULL", [None]),
        ("s.id IN (1, 3) AND s.title IS NOT NULL", [1]),
        ("s.id NOT IN (1, 3)", [2]),
        ("s.title < 'b'", [1, 2]),
        ("s.title BETWEEN 'A' AND 'a'", [1, 2]),
        ("s.out > CAST('1999-12-31' AS DATE)", [3, None]),
        ("s.out >= CAST('2000-01-01 00:00:00.000001' AS TIMESTAMP)", [None]),
        ("s.id <> 2 AND (s.title IS NULL OR s.title = 'a')", [1, 3]),
    ],
)
def test_filters_mean_what_they_mean_in_duckdb(where, ids):
    assert ask(store(), f"SELECT s.id FROM songs AS s WHERE {where}") == [(number,) for number in ids]


def test_outputs_come_in_the_order_and_under_the_names_asked_for():
    assert ask(store(), "SELECT s.title AS name, s.id FROM songs AS s WHERE s.id = 2") == [("B", 2)]


def test_batches_are_no_larger_than_wished():
    made = fragment("SELECT s.id FROM songs AS s", {"songs": SONGS})
    memory, call = store(), Call()
    with memory.snapshot([SONGS], call) as snapshot:
        batches = list(memory.open(made, snapshot, Hints(batch_rows=3), call))
    assert [batch.num_rows for batch in batches] == [3, 1]


def test_what_is_not_claimed_is_refused_and_not_guessed():
    with pytest.raises(StoreRejected):
        ask(store(), "SELECT s.id FROM songs AS s WHERE s.title LIKE 'a%'")


def test_equal_data_has_an_equal_version_and_changed_data_another():
    memory, call = store(), Call()
    with memory.snapshot([SONGS], call) as one, memory.snapshot([SONGS], call) as same:
        assert one.version == same.version
        memory.replace("songs", DATA.slice(0, 1))
        with memory.snapshot([SONGS], call) as later:
            assert later.version != one.version


def test_describe_tells_types_key_and_rows():
    described = store().describe(Table("songs", ()), Call())
    assert [(column.name, column.type) for column in described.columns] == [
        ("id", "BIGINT"),
        ("song_title", "VARCHAR"),
        ("out", "DATE"),
    ]
    assert (described.key, described.rows) == (("id",), 4)


def test_a_field_may_name_a_type_that_arrow_lacks():
    field = pa.field("who", pa.utf8(), metadata={"duckdb": "UUID"})
    memory = Memory("m", {"t": pa.table([pa.array([None], pa.utf8())], schema=pa.schema([field]))})
    assert memory.describe(Table("t", ()), Call()).columns == (Column("who", "UUID"),)


def test_a_folder_of_arrow_files_is_a_store(tmp_path):
    with pa.ipc.new_file(tmp_path / "songs.arrow", DATA.schema) as sink:
        sink.write_table(DATA)
    (tmp_path / "README").write_text("not a table")
    memory = connect("shelf", {"path": str(tmp_path)}, surroundings(tmp_path))
    assert ask(memory, "SELECT s.id FROM songs AS s WHERE s.id < 3") == [(1,), (2,)]
    with pytest.raises(TableUnknown):
        memory.describe(Table("albums", ()), Call())


def test_a_folder_that_cannot_be_read_is_told_without_its_path(tmp_path):
    (tmp_path / "songs.arrow").write_bytes(b"nonsense")
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConnectorMisconfigured) as caught:
            connect("shelf", {"path": str(path)}, surroundings(tmp_path))
        assert str(tmp_path) not in str(caught.value)
    with pytest.raises(ConnectorMisconfigured, match="did you mean 'path'"):
        connect("shelf", {"paht": "x"}, surroundings(tmp_path))


def surroundings(state: Path) -> Surroundings:
    return Surroundings(PinnedFiles(), state)
