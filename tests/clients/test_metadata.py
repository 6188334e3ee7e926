"""The metadata commands: exact schemas, filters, grants, and what ADBC makes of them."""

import adbc_driver_manager
import pyarrow as pa
import pytest

from gateway.flight import schemas, sqlinfo, typeinfo

PREFIX = b"ARROW:FLIGHT:SQL:"
ALL_TABLES = [
    ("artists", "catalog", "rates"),
    ("artists", "catalog", "songs"),
    ("artists", "catalog@0", "songs"),
    ("listeners", "profiles", "listeners"),
    ("play", "events", "plays"),
]


def tables(client, **fields):
    table = client.rows("CommandGetTables", **fields)
    columns = table.select(["catalog_name", "db_schema_name", "table_name"]).to_pydict().values()
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("depth", "schemas_", "tables_", "columns"),
    [
        ("catalogs", None, None, None),
        ("db_schemas", 4, None, None),
        ("tables", 4, 5, None),
        ("columns", 4, 5, 12),
        ("all", 4, 5, 12),
    ],
)
def test_m1_adbc_get_objects_at_every_depth(house, depth, schemas_, tables_, columns):
    with house.adbc() as connection:
        catalogs = connection.adbc_get_objects(depth=depth).read_all().to_pylist()
    assert [catalog["catalog_name"] for catalog in catalogs] == ["artists", "listeners", "play"]
    if schemas_ is None:
        return
    found = [schema for catalog in catalogs for schema in catalog["catalog_db_schemas"]]
    assert len(found) == schemas_
    if tables_ is None:
        return
    listed = [table for schema in found for table in schema["db_schema_tables"]]
    assert len(listed) == tables_
    assert {table["table_type"] for table in listed} == {"TABLE"}
    if columns is None:
        return
    seen = [column for table in listed for column in table["table_columns"]]
    assert len(seen) == columns
    known = set(typeinfo.type_info(None).column("type_name").to_pylist())
    assert {column["xdbc_type_name"] for column in seen} <= known


def test_m2_every_answer_has_the_reference_schema(house):
    client = house.raw()
    key = {"table": "songs"}
    cross = {"pk_table": "songs", "fk_table": "plays"}
    expected = {
        "CommandGetCatalogs": ({}, schemas.CATALOGS),
        "CommandGetDbSchemas": ({}, schemas.DB_SCHEMAS),
        "CommandGetTables": ({}, schemas.TABLES),
        "CommandGetTableTypes": ({}, schemas.TABLE_TYPES),
        "CommandGetPrimaryKeys": (key, schemas.PRIMARY_KEYS),
        "CommandGetExportedKeys": (key, schemas.FOREIGN_KEYS),
        "CommandGetImportedKeys": (key, schemas.FOREIGN_KEYS),
        "CommandGetCrossReference": (cross, schemas.FOREIGN_KEYS),
        "CommandGetXdbcTypeInfo": ({}, schemas.XDBC_TYPE_INFO),
        "CommandGetSqlInfo": ({}, schemas.SQL_INFO),
    }
    for command, (fields, schema) in expected.items():
        table = client.rows(command, **fields)
        assert table.schema.equals(schema, check_metadata=True), command
        assert not any(field.metadata for field in table.schema), command


@pytest.mark.parametrize("what", ["Catalogs", "DbSchemas", "Tables", "TableTypes"])
def test_m2_rows_are_sorted_and_never_twice(house, what):
    rows = [tuple(row.values()) for row in house.raw().rows(f"CommandGet{what}").to_pylist()]
    assert rows == sorted(set(rows))
    assert rows


def test_m2_reference_schemas_are_written_out_once_more_here():
    text, number = pa.utf8(), pa.int32()
    assert schemas.TABLES.names == ["catalog_name", "db_schema_name", "table_name", "table_type"]
    assert [field.nullable for field in schemas.TABLES_WITH_SCHEMA] == [True, True, False, False, False]
    assert schemas.PRIMARY_KEYS.types == [text, text, text, text, number, text]
    assert schemas.PRIMARY_KEYS.names[-2:] == ["key_sequence", "key_name"]
    assert len(schemas.FOREIGN_KEYS) == 13
    assert len(schemas.XDBC_TYPE_INFO) == 19
    assert str(schemas.SQL_INFO.field("value").type) == (
        "dense_union<string_value: string not null=0, bool_value: bool not null=1, bigint_value: int64 not null=2, "
        "int32_bitmask: int32 not null=3, string_list: list<item: string> not null=4, "
        "int32_to_int32_list_map: map<int32, list<item: int32>> not null=5>"
    )


def test_m4_include_schema_adds_the_fifth_column(house):
    client = house.raw()
    assert client.rows("CommandGetTables").num_columns == 4
    table = client.rows("CommandGetTables", include_schema=True, table_name_filter_pattern="rates")
    assert table.num_columns == 5
    shown = pa.ipc.read_schema(pa.py_buffer(table["table_schema"][0].as_py()))
    # for a client of the common profile the unsigned and the interval column are given as other types
    assert shown.types == [pa.int16(), pa.decimal128(18, 3), pa.utf8()]
    assert [field.metadata[PREFIX + b"TYPE_NAME"] for field in shown] == [b"SMALLINT", b"DECIMAL", b"VARCHAR"]
    due = shown.field("due").metadata
    assert (due[PREFIX + b"PRECISION"], due[PREFIX + b"SCALE"]) == (b"18", b"3")
    assert due[PREFIX + b"CATALOG_NAME"] == b"artists"
    assert shown.field("tiny").metadata[PREFIX + b"REMARKS"] == b"what identifies the row"


def test_m4_what_get_tables_announces_is_what_a_query_gives(house):
    client = house.raw()
    for row in client.rows("CommandGetTables", include_schema=True).to_pylist():
        if row["db_schema_name"] == "catalog@0":
            continue
        shown = pa.ipc.read_schema(pa.py_buffer(row["table_schema"]))
        address = ".".join((row["catalog_name"], row["db_schema_name"], row["table_name"]))
        assert client.query(f"SELECT * FROM {address} LIMIT 1").schema.types == shown.types


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ALL_TABLES),
        ({"catalog": ""}, []),
        ({"catalog": "artists"}, ALL_TABLES[:3]),
        ({"catalog": "ARTISTS"}, ALL_TABLES[:3]),
        ({"catalog": "%"}, ALL_TABLES),
        ({"catalog": "a%"}, ALL_TABLES[:3]),
        ({"db_schema_filter_pattern": ""}, []),
        ({"db_schema_filter_pattern": "catalog"}, ALL_TABLES[:2]),
        ({"db_schema_filter_pattern": "catalog%"}, ALL_TABLES[:3]),
        ({"table_name_filter_pattern": "s_ngs"}, ALL_TABLES[1:3]),
        ({"table_name_filter_pattern": "s\\_ngs"}, []),
        ({"table_name_filter_pattern": "p.*"}, []),
        ({"table_types": ["TABLE"]}, ALL_TABLES),
        ({"table_types": ["VIEW"]}, []),
    ],
)
def test_m3_filters(house, fields, expected):
    assert tables(house.raw(), **fields) == expected


def test_m5_adbc_get_table_schema(house):
    with house.adbc() as connection:
        schema = connection.adbc_get_table_schema("plays", catalog_filter="play", db_schema_filter="events")
        assert schema.names == ["id", "song", "seconds"]
        assert schema.types == [pa.int64(), pa.utf8(), pa.decimal128(21, 1)]
        assert [field.nullable for field in schema] == [False, False, True]
        # The driver sends the name as a pattern and takes only what has exactly that name.
        with pytest.raises(adbc_driver_manager.Error) as caught:
            connection.adbc_get_table_schema("p_ays")
        assert caught.value.status_code == adbc_driver_manager.AdbcStatusCode.NOT_FOUND


def test_m10_a_principal_sees_what_is_granted_and_no_error(house):
    assert tables(house.raw("bob")) == ALL_TABLES[:3]
    assert tables(house.raw("zoe")) == []
    assert house.raw("zoe").rows("CommandGetCatalogs").num_rows == 0
    assert house.raw("bob").rows("CommandGetPrimaryKeys", table="plays").num_rows == 0


def test_m9_primary_keys_come_in_the_order_of_the_key(house):
    client = house.raw()
    rows = client.rows("CommandGetPrimaryKeys", catalog="play", db_schema="events", table="plays").to_pylist()
    assert [(row["column_name"], row["key_sequence"], row["key_name"]) for row in rows] == [
        ("song", 1, "plays_key"),
        ("id", 2, "plays_key"),
    ]
    assert client.rows("CommandGetPrimaryKeys", table="listeners").num_rows == 0


SONGS, OLD_SONGS = ("artists", "catalog", "songs"), ("artists", "catalog@0", "songs")
PLAYS, LISTENERS = ("play", "events", "plays"), ("listeners", "profiles", "listeners")
TO_SONGS = [(*SONGS, "id", *PLAYS, "id", 1, "plays_id_fkey", "songs_key", 3, 3)]
TO_OLD_SONGS = [(*OLD_SONGS, "title", *LISTENERS, "id", 1, "listeners_id_fkey", None, 3, 3)]
TO_PLAYS = [
    (*PLAYS, "song", *LISTENERS, "email", 1, "listeners_email_id_fkey", "plays_key", 3, 3),
    (*PLAYS, "id", *LISTENERS, "id", 2, "listeners_email_id_fkey", "plays_key", 3, 3),
]


def of(place, prefix=""):
    return {f"{prefix}catalog": place[0], f"{prefix}db_schema": place[1], f"{prefix}table": place[2]}


@pytest.mark.parametrize(
    ("command", "fields", "expected"),
    [
        ("CommandGetExportedKeys", of(SONGS), TO_SONGS),
        ("CommandGetExportedKeys", of(OLD_SONGS), TO_OLD_SONGS),
        ("CommandGetExportedKeys", {"table": "SONGS"}, TO_OLD_SONGS + TO_SONGS),
        ("CommandGetExportedKeys", of(PLAYS), TO_PLAYS),
        ("CommandGetExportedKeys", of(LISTENERS), []),
        ("CommandGetExportedKeys", {"table": "songs", "catalog": ""}, []),
        ("CommandGetImportedKeys", of(PLAYS), TO_SONGS),
        ("CommandGetImportedKeys", of(LISTENERS), TO_OLD_SONGS + TO_PLAYS),
        ("CommandGetImportedKeys", {"table": "rates"}, []),  # what it refers to does not exist
        ("CommandGetImportedKeys", {"table": ""}, []),
        ("CommandGetCrossReference", of(SONGS, "pk_") | of(PLAYS, "fk_"), TO_SONGS),
        ("CommandGetCrossReference", of(PLAYS, "pk_") | of(SONGS, "fk_"), []),
        ("CommandGetCrossReference", {"pk_table": "plays", "fk_table": "listeners"}, TO_PLAYS),
    ],
)
def test_m9_keys_follow_the_contracts(house, command, fields, expected):
    table = house.raw().rows(command, **fields)
    assert [tuple(row.values()) for row in table.to_pylist()] == expected


def test_m9_a_reference_shows_only_where_both_ends_are_granted(house):
    bob = house.raw("bob")
    assert bob.rows("CommandGetExportedKeys", table="songs").num_rows == 0
    assert bob.rows("CommandGetImportedKeys", table="plays").num_rows == 0


def test_m7_sql_info_answers_every_code_that_old_drivers_need(house):
    client = house.raw()
    rows = dict(zip(*client.rows("CommandGetSqlInfo").to_pydict().values(), strict=True))
    assert set(rows) == {*range(6), 8, 9, 10, 11, 100, 101, *range(500, 577)}
    assert rows[0] == "Headgate"
    assert rows[1][0].isdigit()
    assert [rows[code] for code in (3, 4, 5, 8, 10, 504, 513)] == [True, True, False, 0, False, '"', "\\"]
    bigint = [code for code, (slot, _) in sqlinfo.CODES.items() if slot == 2]
    assert {503, 505, 507, 562} <= set(bigint)
    subset = client.rows("CommandGetSqlInfo", info=[8, 0, 99_999])
    assert subset["info_name"].to_pylist() == [0, 8]


# Each slot and its codes, as clients cast them. 503, 505, 507 and 562 are bigint, whatever the protocol's comments say.
SLOTS = {
    "string_value": [0, 1, 2, 504, 513, 514, 529, 530, 531],
    "bool_value": [
        *(3, 4, 5, 9, 10, 11, 500, 501, 502, 506, 515, 516, 518, 519, 520, 521, 523, 524, 527, 532, 536, 537),
        *(539, 556, 563, 565, 566, *range(572, 577)),
    ],
    "bigint_value": [503, 505, 507, *range(541, 556), *range(557, 563)],
    "int32_bitmask": [8, 100, 101, 522, 525, 526, 528, 533, 534, 535, 538, 540, 564, 567, 568, 569, 570, 571],
    "string_list": [508, 509, 510, 511, 512],
    "int32_to_int32_list_map": [517],
}


def test_m7_every_code_is_in_the_slot_that_clients_cast_to(house):
    table = house.raw().rows("CommandGetSqlInfo").combine_chunks()
    names = [field.name for field in schemas.SQL_INFO_SLOTS]
    found = {name: [] for name in names}
    for code, kind in zip(table["info_name"].to_pylist(), table["value"].chunk(0).type_codes.to_pylist(), strict=True):
        found[names[kind]].append(code)
    assert found == SLOTS
    assert table["info_name"].to_pylist() == sorted(table["info_name"].to_pylist())


CALLS = {
    "ATAN2": "ATAN2(1, 2)",
    "MOD": "MOD(-5, 3)",
    "PI": "PI()",
    "POWER": "POWER(2, 3)",
    "ROUND": "ROUND(2.555, 2)",
    "LEFT": "LEFT('abc', 2)",
    "REPEAT": "REPEAT('ab', 2)",
    "REPLACE": "REPLACE('abc', 'b', 'x')",
    "RIGHT": "RIGHT('abc', 2)",
    "SUBSTRING": "SUBSTRING('abc', 2, 2)",
    "COALESCE": "COALESCE(NULL, 1)",
    "IFNULL": "IFNULL(NULL, 1)",
    "CURRENT_DATE": "CURRENT_DATE",
    "EXTRACT": "EXTRACT(YEAR FROM TIMESTAMP '2026-02-03 04:05:06')",
}


def test_m7_every_function_that_is_announced_can_be_used(gateway):
    client = gateway.raw()
    told = dict(zip(*client.rows("CommandGetSqlInfo", info=[509, 510, 511, 512]).to_pydict().values(), strict=True))
    plain = {509: "(0.5)", 510: "(' aB ')", 511: "(NULL)", 512: "(TIMESTAMP '2026-02-03 04:05:06')"}
    calls = [CALLS.get(name, name + plain[code]) for code, names in told.items() for name in names]
    assert len(calls) == 21 + 11 + 2 + 9
    row = client.query("SELECT " + ", ".join(f"{call} AS c{at}" for at, call in enumerate(calls))).to_pylist()[0]
    values = dict(zip([name for names in told.values() for name in names], row.values(), strict=True))
    assert None not in values.values()
    expected = {"MOD": -2, "LCASE": " ab ", "LENGTH": 4, "LTRIM": "aB ", "DAYOFYEAR": 34, "QUARTER": 1, "HOUR": 4}
    assert {name: values[name] for name in expected} == expected


def test_m7_adbc_reads_the_driver_info(house):
    with house.adbc() as connection:
        info = connection.adbc_get_info()
        assert (info["vendor_name"], info["vendor_arrow_version"]) == ("Headgate", pa.__version__)
        assert connection.adbc_get_table_types() == ["TABLE"]


def test_m8_xdbc_type_info_is_sorted_and_filtered(house):
    client = house.raw()
    rows = client.rows("CommandGetXdbcTypeInfo").to_pylist()
    order = [(row["data_type"], row["type_name"]) for row in rows]
    assert order == sorted(order)
    assert len(order) == len(set(order)) == 25
    decimals = client.rows("CommandGetXdbcTypeInfo", data_type=3).to_pylist()
    assert [row["type_name"] for row in decimals] == ["DECIMAL", "HUGEINT"]
    assert decimals[0]["create_params"] == ["precision", "scale"]
    assert client.rows("CommandGetXdbcTypeInfo", data_type=0).num_rows == 3
