import re

import pyarrow as pa
import pytest

from connectors.spi import Column, Table
from gateway.catalog import Catalog, Dataset, Place, Product
from gateway.flight.patterns import pattern
from gateway.flight.sqlinfo import CODES, sql_info
from gateway.flight.tables import TableSchemas, table_schema


@pytest.mark.parametrize(
    ("like", "matches", "misses"),
    [
        ("", [""], ["a"]),
        ("%", ["", "a", "a\nb"], []),
        ("a_c", ["abc", "a_c", "AbC"], ["ac", "abbc"]),
        (r"a\_c", ["a_c"], ["abc"]),
        (r"100\%", ["100%"], ["1000"]),
        (r"a\\b", [r"a\b"], ["ab"]),
        ("a.c", ["a.c"], ["abc"]),
        ("x" + chr(92), ["x" + chr(92)], ["x"]),
        ("(a|b)*", ["(a|b)*"], ["a"]),
        ("product@1", ["product@1"], ["product"]),
    ],
)
def test_patterns_are_sqls_like(like, matches, misses):
    wanted = pattern(like)
    assert all(wanted(name) for name in matches)
    assert not any(wanted(name) for name in misses)


def test_a_pattern_of_many_wildcards_stays_quick():
    assert not pattern("%" * 60 + "z")("a" * 60)
    assert not pattern("%a" * 12 + "z")("a" * 40)


def test_sql_info_slots():
    assert re.match(r"\d+\.\d+\.\d+", CODES[1][1])
    slots = {slot: {code for code, (of, _) in CODES.items() if of == slot} for slot in range(6)}
    assert {503, 505, 507, 562} <= slots[2]
    assert slots[4] == {508, 509, 510, 511, 512}
    assert slots[5] == {517}
    assert sql_info([517, 508])["value"].to_pylist()[1] == []
    assert sql_info([123456]).num_rows == 0


def test_old_jdbc_drivers_are_told_no_code_that_they_fail_on():
    def codes(wanted, user_agent=""):
        return sql_info(wanted, user_agent)["info_name"].to_pylist()

    assert codes([]) == sorted(CODES)
    assert codes([], "grpc-java-netty/1.63.0") == sorted(set(CODES) - {10, 11})
    assert codes([10, 11], "grpc-java-netty/1.63.0") == [10, 11]


def mesh(kind: str, *, note: str = "", required: tuple[str, ...] = ()) -> tuple[Catalog, Place]:
    table = Table("facts", (Column("n", kind),))
    dataset = Dataset("facts", "shop", table, notes=(("n", note),), required=required)
    product = Product("play", "events", 1, (dataset,))
    return Catalog("same", (product,)), Place(product, dataset)


def shown(serialized: bytes) -> pa.Field:
    return pa.ipc.read_schema(pa.py_buffer(serialized)).field("n")


def test_a_column_is_told_with_its_place_its_type_and_its_note():
    told = shown(table_schema(mesh("DECIMAL(9,2)", note="Euros.", required=("n",))[1], "full"))
    assert (told.type, told.nullable) == (pa.decimal128(9, 2), False)
    assert {key.decode().removeprefix("ARROW:FLIGHT:SQL:"): value.decode() for key, value in told.metadata.items()} == {
        "TYPE_NAME": "DECIMAL", "PRECISION": "9", "SCALE": "2", "REMARKS": "Euros.", "CATALOG_NAME": "play",
        "DB_SCHEMA_NAME": "events", "TABLE_NAME": "facts", "IS_AUTO_INCREMENT": "0", "IS_CASE_SENSITIVE": "0",
        "IS_READ_ONLY": "1", "IS_SEARCHABLE": "1",
    }  # fmt: skip


def test_schemas_are_kept_for_one_catalog_and_each_profile():
    schemas, (old, then), (new, now) = TableSchemas(), mesh("UBIGINT"), mesh("DATE")
    first = schemas.of(old, then, "full")
    assert schemas.of(old, then, "full") is first
    assert shown(first).type == pa.uint64()
    assert shown(schemas.of(old, then, "common")).type == pa.decimal128(20, 0)
    assert shown(schemas.of(new, now, "full")).type == pa.date32()
    assert shown(schemas.of(old, then, "full")).type == pa.uint64()
