"""DatabaseMetaData of the real driver: every method, and the listings by which tools draw their trees."""

SONGS = {"TABLE_CAT": "artists", "TABLE_SCHEM": "catalog", "TABLE_NAME": "songs", "TABLE_TYPE": "TABLE"}
COLUMN = ("COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "NUM_PREC_RADIX", "REMARKS")
RATES = [
    ("tiny", 5, "SMALLINT", 5, 0, 10, "what identifies the row"),
    ("due", 3, "DECIMAL", 18, 3, 10, None),
    ("term", 12, "VARCHAR", 2**31 - 1, None, None, None),
]


def shown(records, *names):
    return [tuple(record[name] for name in names) for record in records]


def addresses(driver, metadata, *patterns):
    records = driver.reading.records(metadata.getTables(*patterns, None))
    return [".".join(row) for row in shown(records, "TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME")]


def test_j2_every_method_without_arguments_answers(house, driver):
    with driver.connected(house) as connection:
        told = driver.reading.everything(connection.getMetaData())
    assert {name: value for name, value in told.items() if str(value).startswith("raised")} == {}
    assert len(told) > 140
    expected = {
        "getDatabaseProductName": "Headgate",
        "getDriverVersion": driver.version,
        "isReadOnly": True,
        "getCatalogTerm": "catalog",
        "getSchemaTerm": "schema",
        "getCatalogSeparator": ".",
        "isCatalogAtStart": True,
        "getIdentifierQuoteString": '"',
        "getSearchStringEscape": "\\",
        "supportsTransactions": False,
        "supportsGroupBy": True,
        "supportsFullOuterJoins": True,
        "supportsUnionAll": True,
        "supportsSchemasInDataManipulation": True,
        "supportsCatalogsInDataManipulation": True,
        "nullsAreSortedAtEnd": True,
        "getMaxColumnNameLength": 0,
        "getTableTypes": [["TABLE"]],
        "getCatalogs": [["artists"], ["listeners"], ["play"]],
    }
    assert {name: told[name] for name in expected} == expected
    assert "QUALIFY" in told["getSQLKeywords"].split(", ")


def test_j3_catalogs_schemas_and_tables_by_every_kind_of_pattern(house, driver):
    with driver.connected(house) as connection:
        metadata = connection.getMetaData()
        everything = addresses(driver, metadata, None, None, None)
        assert everything == [
            "artists.catalog.rates",
            "artists.catalog.songs",
            "artists.catalog@0.songs",
            "listeners.profiles.listeners",
            "play.events.plays",
        ]
        assert addresses(driver, metadata, None, "%", "%") == everything
        assert addresses(driver, metadata, "artists", "catalog", "songs") == ["artists.catalog.songs"]
        assert addresses(driver, metadata, "artists", "cata%", "so_gs") == everything[1:3]
        assert addresses(driver, metadata, "artists", None, r"so\_gs") == []
        assert addresses(driver, metadata, "", None, None) == []
        schemas = driver.reading.records(metadata.getSchemas(None, "%fil%"))
        assert shown(schemas, "TABLE_CATALOG", "TABLE_SCHEM") == [("listeners", "profiles")]
        assert driver.reading.rows(metadata.getTables(None, None, None, ["VIEW"])) == []
        table = driver.reading.records(metadata.getTables("artists", "catalog", "songs", ["TABLE", "VIEW"]))
        assert [{name: row[name] for name in SONGS} for row in table] == [SONGS]


def test_j3_columns_tell_type_size_digits_nullability_and_remarks(house, driver):
    with driver.connected(house) as connection:
        metadata = connection.getMetaData()
        rates = driver.reading.records(metadata.getColumns("artists", "catalog", "rates", None))
        # Drivers before 18 know no remarks.
        expected = RATES if driver.major >= 18 else [(*row[:-1], None) for row in RATES]
        assert shown(rates, *COLUMN) == expected
        assert shown(rates, "NULLABLE", "IS_NULLABLE", "IS_AUTOINCREMENT", "ORDINAL_POSITION") == [
            (1, "YES", "NO", number) for number in (1, 2, 3)
        ]
        assert len(driver.reading.rows(metadata.getColumns(None, "%", "%", "%"))) == 12
        songs = driver.reading.records(metadata.getColumns("artists", "catalog", "songs", "i_"))
        assert shown(songs, "COLUMN_NAME", "NULLABLE", "IS_NULLABLE") == [("id", 0, "NO")]
        assert driver.reading.rows(metadata.getColumns("artists", "catalog", r"so\_gs", None)) == []


def test_j3_keys(house, driver):
    plays, songs = ("play", "events", "plays"), ("artists", "catalog", "songs")
    parent = [("artists", "songs", "id", "play", "plays", "id", 1)]

    def keys(listing):
        names = ("PKTABLE_CAT", "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_CAT", "FKTABLE_NAME", "FKCOLUMN_NAME")
        return shown(driver.reading.records(listing), *names, "KEY_SEQ")

    with driver.connected(house) as connection:
        metadata = connection.getMetaData()
        primary = driver.reading.records(metadata.getPrimaryKeys(*plays))
        assert shown(primary, "COLUMN_NAME", "KEY_SEQ", "PK_NAME") == [("song", 1, "plays_key"), ("id", 2, "plays_key")]
        assert driver.reading.rows(metadata.getPrimaryKeys("listeners", "profiles", "listeners")) == []
        assert keys(metadata.getImportedKeys(*plays)) == parent
        assert keys(metadata.getExportedKeys(*songs)) == parent
        assert keys(metadata.getCrossReference(*songs, *plays)) == parent
        assert keys(metadata.getCrossReference(*plays, *songs)) == []


def test_j3_what_there_is_none_of_is_an_empty_listing(house, driver):
    arguments = {
        3: ("getFunctions", "getProcedures", "getTablePrivileges", "getVersionColumns", "getSuperTypes"),
        4: ("getUDTs", "getAttributes", "getPseudoColumns", "getColumnPrivileges", "getProcedureColumns"),
    }
    with driver.connected(house) as connection:
        metadata = connection.getMetaData()
        for count, methods in arguments.items():
            for method in methods:
                assert driver.reading.rows(getattr(metadata, method)(*[None] * count)) == [], method
        assert driver.reading.rows(metadata.getIndexInfo("play", "events", "plays", False, True)) == []
