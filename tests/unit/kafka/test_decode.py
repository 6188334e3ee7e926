"""JSON records into columns: exact values, and exactly one culprit when something does not fit."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest

from connectors.errors import StoreDataCorrupt
from connectors.kafka import raw
from connectors.kafka.decode import Decoder
from connectors.spi import Column


@dataclass
class Sent:
    """A record as a broker would hand it over."""

    body: bytes | None
    at: int = 0
    keyed: bytes | None = None
    kind: int = 1

    def error(self):
        return None

    def partition(self):
        return 3

    def offset(self):
        return self.at

    def timestamp(self):
        return self.kind, 1_700_000_000_123

    def key(self):
        return self.keyed

    def value(self):
        return self.body


def decode(columns, *bodies):
    return decode_sent(columns, [Sent(body, at) for at, body in enumerate(bodies, start=100)])


def decode_sent(columns, sent):
    return Decoder("plays", columns).decode(pa.Table.from_batches([raw.taken(3, sent)]))


def value(type_name, text):
    return decode((Column("a", type_name),), b'{"a":' + text.encode() + b"}").column("a").to_pylist()[0]


@pytest.mark.parametrize(
    ("type_name", "text", "expected"),
    [
        ("BOOLEAN", "true", True),
        ("TINYINT", "-128", -128),
        ("BIGINT", "9223372036854775807", 9223372036854775807),
        ("UBIGINT", "18446744073709551615", 18446744073709551615),
        ("HUGEINT", "99999999999999999999999999999999999999", Decimal(99999999999999999999999999999999999999)),
        ("DOUBLE", "0.1", 0.1),
        ("DOUBLE", "1", 1.0),
        ("DOUBLE", "2.2250738585072014e-308", 2.2250738585072014e-308),
        ("VARCHAR", r'"h\u00e9\n\ud83d\ude00"', "hé\n😀"),
        ("VARCHAR", '""', ""),
        ("VARCHAR", "null", None),
        ("DECIMAL(18,2)", "1234567890123456.78", Decimal("1234567890123456.78")),
        ("DECIMAL(38,20)", "0.12345678901234567890", Decimal("0.12345678901234567890")),
        ("DECIMAL(10,2)", '"-0.50"', Decimal("-0.50")),
        ("DECIMAL(10,2)", "1e2", Decimal("100.00")),
        ("DATE", '"2024-02-29"', date(2024, 2, 29)),
        ("TIME", '"23:59:59.123456"', time(23, 59, 59, 123456)),
        ("TIMESTAMP", '"2024-02-29T12:30:00.5"', datetime(2024, 2, 29, 12, 30, 0, 500_000)),
        ("TIMESTAMP WITH TIME ZONE", '"2024-02-29T12:30:00+02:00"', datetime(2024, 2, 29, 10, 30, tzinfo=UTC)),
        ("TIMESTAMP WITH TIME ZONE", '"2024-02-29T12:30:00Z"', datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
        ("UUID", '"0b2f5d9c-6a3e-4f0a-9b1c-2d3e4f5a6b7c"', "0b2f5d9c-6a3e-4f0a-9b1c-2d3e4f5a6b7c"),
        ("BIGINT[]", "[1,null,3]", [1, None, 3]),
    ],
)
def test_values_are_exact(type_name, text, expected):
    assert value(type_name, text) == expected


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("BIGINT", '"1"'),
        ("BIGINT", "1.0"),
        ("BIGINT", "1.5"),
        ("BIGINT", "true"),
        ("TINYINT", "128"),
        ("DOUBLE", '"1"'),
        ("DOUBLE", "Infinity"),
        ("DOUBLE", "NaN"),
        ("FLOAT", "1e39"),
        ("VARCHAR", "1"),
        ("VARCHAR", '{"b":1}'),
        ("BOOLEAN", "1"),
        ("DECIMAL(10,2)", "1.255"),
        ("DECIMAL(4,2)", "100"),
        ("DATE", '"2023-02-29"'),
        ("DATE", "19000"),
        ("TIMESTAMP", "1700000000"),
        ("TIMESTAMP", '"2024-01-01T00:00:00.123456789"'),
        ("UUID", '"not one"'),
    ],
)
def test_what_does_not_fit_is_refused_and_not_repeated(type_name, text):
    with pytest.raises(StoreDataCorrupt) as caught:
        value(type_name, text)
    assert caught.value.sentence == (
        f"The record in the topic 'plays', partition 3, offset 100, has no {type_name} in the column 'a'."
    ) or caught.value.sentence.endswith(("has no finite number in the column 'a'.", "has no UUID in the column 'a'."))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"null", "is not a JSON object"),
        (b"5", "is not a JSON object"),
        (b"", "is not a JSON object"),
        (b"[{}]", "is not a JSON object"),
        (b"\xef\xbb\xbf{}", "is not a JSON object"),
        (b'{"a":"x"', "is not a JSON object"),
        (b'{"a":"x"}{"a":"y"}', "is not one JSON object"),
        (b'{"a":"x"}null{}', "is not one JSON object"),
        (b'{"a":"x",}', "is not valid JSON"),
        (b'{"a":"x\ny"}', "is not valid JSON"),
        (b'{"a":"x","a":"y"}', "has no VARCHAR in the column 'a'"),
        (b'{"a":"\xff"}', "has no VARCHAR in the column 'a'"),
    ],
)
def test_one_bad_record_among_many_is_named_by_its_offset(body, why):
    good = [b'{"a":"ok"}'] * 700
    with pytest.raises(StoreDataCorrupt, match="partition 3, offset 441, ") as caught:
        decode((Column("a", "VARCHAR"),), *good[:341], body, *good[341:])
    assert caught.value.sentence.endswith(f"{why}.")


def test_records_that_only_look_whole_together_are_still_refused():
    # Together these are two objects, but neither record is one.
    with pytest.raises(StoreDataCorrupt, match="offset 100, is not a JSON object"):
        decode((Column("a", "VARCHAR"),), b'{"a":"x"', b',"b":{}}{}')
    with pytest.raises(StoreDataCorrupt, match="offset 100"):
        decode((Column("a", "VARCHAR"),), b'{"a":"x"}{}', b"")


def test_missing_keys_are_null_unless_required():
    assert decode((Column("a", "BIGINT"), Column("b", "VARCHAR")), b'{"b":"x"}').column("a").to_pylist() == [None]
    with pytest.raises(StoreDataCorrupt, match="offset 101, lacks the required column 'a'"):
        decode((Column("a", "BIGINT", nullable=False),), b'{"a":1}', b'{"a":null}')


def test_keys_map_to_columns_by_their_source_and_others_are_ignored():
    table = decode((Column("Song", "VARCHAR", source="song_id"),), b' {"song_id" :\n"s1", "x":{"y":[1,{}]}, "x":2}\r\n')
    assert table.column("song_id").to_pylist() == ["s1"]


def test_blanks_around_records_are_no_part_of_them():
    table = decode((Column("a", "VARCHAR"),), b'\r\n {"a":" x "}\t', b'{"a":"y"}')
    assert table.column("a").to_pylist() == [" x ", "y"]
    with pytest.raises(StoreDataCorrupt, match="offset 101, has no VARCHAR in the column 'a'"):
        decode((Column("a", "VARCHAR"),), b' {"a":"x"} ', b' {"a":"\xff"}\n')
    with pytest.raises(StoreDataCorrupt, match="offset 100, is not a JSON object"):
        decode((Column("a", "VARCHAR"),), b'\xff{"a":"x"}', b' {"a":"y"}')


def test_tombstones_are_left_out_and_offsets_stay():
    table = decode((Column("a", "BIGINT"),), b'{"a":1}', None, b'{"a":3}')
    assert table.select(["a", "_offset"]).to_pydict() == {"a": [1, 3], "_offset": [100, 102]}


def test_the_four_extra_columns():
    sent = [Sent(b'{"a":1}', 7, b"k\xc3\xa9"), Sent(b'{"a":2}', 9, b"\xff\x00"), Sent(b'{"a":3}', 11, None, kind=0)]
    table = decode_sent((Column("a", "BIGINT"),), sent)
    at = datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
    assert table.drop_columns(["a"]).to_pydict() == {
        "_partition": [3, 3, 3],
        "_offset": [7, 9, 11],
        "_timestamp": [at, at, None],
        "_key": ["ké", "\\xff00", None],
    }


def test_deeply_nested_records_do_not_end_the_process():
    deep = b'{"b":' + b"[" * 400_000 + b"]" * 400_000 + b',"a":"x"}'
    assert decode((Column("a", "VARCHAR"),), deep).column("a").to_pylist() == ["x"]
