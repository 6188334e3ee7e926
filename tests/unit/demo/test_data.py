from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from gateway.demo.data import DemoData, make_data
from gateway.demo.events import MONTHS
from gateway.demo.kafka import as_json
from gateway.demo.mesh import CATALOG
from gateway.demo.world import TODAY

_TYPES = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
}


@pytest.fixture(scope="module")
def data() -> DemoData:
    return make_data(0.01)


def dataset(contract: str, name: str) -> dict[str, Any]:
    document = yaml.safe_load(Path(CATALOG, contract).read_text("utf-8"))
    return next(found for found in document["schema"] if found["name"] == name)


def columns(contract: str, name: str) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in dataset(contract, name)["properties"]}


def arrow(declared: str) -> pa.DataType:
    if declared.startswith("DECIMAL("):
        precision, scale = declared[8:-1].split(",")
        return pa.decimal128(int(precision), int(scale))
    return _TYPES.get(declared, pa.utf8())


CASES = [
    ("artists/catalog.yaml", "labels"),
    ("artists/catalog.yaml", "artists"),
    ("artists/catalog.yaml", "albums"),
    ("artists/catalog.yaml", "songs"),
    ("payments/royalties.yaml", "rates"),
    ("payments/royalties.yaml", "statements"),
    ("listeners/profiles.yaml", "listeners"),
    ("play/history.yaml", "daily_plays"),
    ("play/events.yaml", "plays"),
]


def rows_of(data: DemoData, name: str) -> pa.Table:
    if name in ("plays", "statements"):
        return getattr(data, name)
    return data.daily_plays[MONTHS[0]] if name == "daily_plays" else getattr(data.world, name)


@pytest.mark.parametrize(("contract", "name"), CASES)
def test_the_data_has_the_columns_of_the_contract(data: DemoData, contract: str, name: str) -> None:
    promised = columns(contract, name)
    promised.pop("month", None)  # it is the folder, not a column of the files
    rows = rows_of(data, name)
    assert rows.column_names == list(promised)
    for column, declared in promised.items():
        if declared["physicalType"] != "TIMESTAMP":  # a JSON text in the topic
            assert rows.schema.field(column).type == arrow(declared["physicalType"]), column


@pytest.mark.parametrize(("contract", "name"), CASES)
def test_what_the_contract_requires_is_there_and_unique_keys_are_unique(
    data: DemoData, contract: str, name: str
) -> None:
    rows = rows_of(data, name)
    for column, declared in columns(contract, name).items():
        if column == "month":
            continue
        if declared.get("required"):
            assert rows[column].null_count == 0, column
        if declared.get("unique"):
            assert pc.count_distinct(rows[column]).as_py() == rows.num_rows, column


def test_the_same_seed_gives_the_same_data(data: DemoData) -> None:
    again = make_data(0.01)
    assert again.plays.equals(data.plays)
    assert again.statements.equals(data.statements)
    assert again.world.songs.equals(data.world.songs)
    assert not make_data(0.01, seed=7).plays.equals(data.plays)


def test_the_scale_is_in_million_plays_and_they_end_with_yesterday(data: DemoData) -> None:
    assert data.plays.num_rows == 10_000
    last = pc.max(data.plays["played_at"]).as_py()
    assert (TODAY - last.date()).days == 1
    assert pc.all(pc.greater_equal(pc.pairwise_diff(pc.cast(data.plays["played_at"], pa.int64()).combine_chunks()), 0))


def test_statements_say_what_the_history_counts(data: DemoData) -> None:
    counted = sum(pc.sum(month["plays"]).as_py() for month in data.daily_plays.values())
    assert pc.sum(data.statements["plays"]).as_py() == counted == 12_000
    label = data.statements.slice(0, 1).to_pylist()[0]
    songs = set(
        data.world.songs.filter(pc.equal(data.world.songs["label_id"], label["label_id"]))["song_id"].to_pylist()
    )
    rates = {
        row["country"]: row["per_play"] for row in data.world.rates.to_pylist() if row["label_id"] == label["label_id"]
    }
    rows = [row for row in data.daily_plays[MONTHS[0]].to_pylist() if row["song_id"] in songs]
    owed = sum((row["plays"] * rates[row["country"]] for row in rows), Decimal(0))
    assert label["plays"] == sum(row["plays"] for row in rows)
    assert abs(label["amount"] - owed) <= Decimal("0.005")


def test_every_play_is_of_a_known_song_by_a_known_listener(data: DemoData) -> None:
    assert pc.max(data.plays["song_id"]).as_py() <= data.world.songs.num_rows
    assert pc.max(data.plays["listener_id"]).as_py() <= data.world.listeners.num_rows
    assert pc.min(data.plays["song_id"]).as_py() >= 1


def test_a_play_is_one_json_object_without_the_key_that_is_unknown() -> None:
    plays = pa.table(
        {
            "play_id": [1, 2],
            "listener_id": [7, 8],
            "song_id": [3, 4],
            "played_at": pa.array([1_790_000_000_500, 1_790_000_000_000], pa.timestamp("ms")),
            "device": ["phone", "car"],
            "ms_played": pa.array([1000, 0], pa.int32()),
            "shuffled": [True, None],
        }
    )
    assert as_json(plays).to_pylist() == [
        '{"play_id":1,"listener_id":7,"song_id":3,"played_at":"2026-09-21T14:13:20.500","device":"phone","ms_played":1000,"shuffled":true}',
        '{"play_id":2,"listener_id":8,"song_id":4,"played_at":"2026-09-21T14:13:20.000","device":"car","ms_played":0}',
    ]
