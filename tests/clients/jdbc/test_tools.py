"""What DBeaver, Tableau and Power BI call, one call after the other, replayed through their drivers."""

from contextlib import closing

import pytest

from tests.clients.conftest import fetched
from tests.clients.jdbc.probe import JavaError

SONGS = '"artists"."catalog"."songs"'


def test_dbeaver_connects_browses_the_tree_previews_and_filters(house, driver):
    with driver.connected(house) as connection:
        metadata = connection.getMetaData()
        for asked in ("getSQLKeywords", "getNumericFunctions", "getStringFunctions", "getTimeDateFunctions"):
            assert isinstance(getattr(metadata, asked)(), str)
        quote, separator = metadata.getIdentifierQuoteString(), metadata.getCatalogSeparator()
        assert (quote, separator, metadata.supportsTransactions()) == ('"', ".", False)
        connection.setAutoCommit(True)
        assert [row[0] for row in driver.reading.rows(metadata.getCatalogs())] == ["artists", "listeners", "play"]
        schemas = driver.reading.records(metadata.getSchemas("artists", None))
        assert [row["TABLE_SCHEM"] for row in schemas] == ["catalog", "catalog@0"]
        tables = driver.reading.records(metadata.getTables("artists", "catalog", "%", None))
        assert [row["TABLE_NAME"] for row in tables] == ["rates", "songs"]
        columns = driver.reading.records(metadata.getColumns("artists", "catalog", "songs", "%"))
        assert [row["COLUMN_NAME"] for row in columns] == ["id", "title"]
        assert len(driver.reading.rows(metadata.getPrimaryKeys("artists", "catalog", "songs"))) == 1
        assert driver.reading.rows(metadata.getIndexInfo("artists", "catalog", "songs", False, True)) == []
        with closing(connection.createStatement()) as statement:
            statement.setMaxRows(3)
            statement.setFetchSize(200)
            preview = statement.executeQuery(f"SELECT x.* FROM {SONGS} x")
            told = driver.reading.columns(preview.getMetaData())
            assert [(column["getColumnLabel"], column["getColumnTypeName"]) for column in told] == [
                ("id", "INTEGER"),
                ("title", "VARCHAR"),
            ]
            assert len(driver.reading.rows(preview)) == 3
        assert driver.ask(connection, f"SELECT x.* FROM {SONGS} x WHERE id = 7") == [[7, "title 7"]]
        assert driver.ask(connection, f"SELECT count(*) FROM {SONGS} x") == [[10]]


def test_tableau_probes_what_it_may_and_lives_with_refusals(gateway, driver):
    labels = '"artists"."catalog"."labels"'
    token = gateway.raw().headers[0][1].decode().removeprefix("Bearer ")
    with driver.connected(gateway, "token", token) as connection:  # it has no field for tokens
        metadata = connection.getMetaData()
        told = driver.reading.everything(metadata)
        assert not [name for name, value in told.items() if str(value).startswith("raised")]
        found = driver.reading.records(metadata.getTables("artists", "catalog", r"labels", ["TABLE", "VIEW"]))
        assert [row["TABLE_NAME"] for row in found] == ["labels"]
        assert driver.ask(connection, "SELECT 1") == [[1]]
        for refused in (
            'CREATE LOCAL TEMPORARY TABLE "#Tableau_1_connect" (x INTEGER)',
            f'SELECT * INTO "#Tableau_2" FROM {labels}',
        ):
            with pytest.raises(JavaError, match="SQL_"):
                driver.ask(connection, refused)
        nothing = f'SELECT * FROM (SELECT * FROM {labels}) "Custom SQL" WHERE (0 = 1)'
        assert driver.ask(connection, nothing) == []
        domain = f'SELECT "labels"."name" AS "name" FROM {labels} "labels" GROUP BY 1 ORDER BY 1 ASC'
        assert driver.ask(connection, domain) == [[f"L{number}"] for number in range(5)]
        measure = (
            f'SELECT "labels"."name" AS "name", SUM(1) AS "sum:Number of Records:ok", '
            f'COUNT(DISTINCT "labels"."id") AS "ctd:id:ok" FROM {labels} "labels" '
            f"WHERE (\"labels\".\"name\" IN ('L0', 'L1')) GROUP BY 1"
        )
        assert sorted(driver.ask(connection, measure)) == [["L0", 3, 3], ["L1", 3, 3]]


def test_power_bi_reads_type_names_and_folds_its_steps(house):
    """Power BI's ADBC source needs xdbc_type_name, and turns the steps of a query into nested selects."""
    with house.adbc() as connection, connection.cursor() as cursor:
        listed = connection.adbc_get_objects(depth="all", catalog_filter="artists").read_all().to_pylist()
        (artists,) = [one for one in listed if one["catalog_name"] == "artists"]
        tables = {
            (schema["db_schema_name"], table["table_name"]): table
            for schema in artists["catalog_db_schemas"]
            for table in schema["db_schema_tables"]
        }
        columns = tables["catalog", "songs"]["table_columns"]
        assert [(column["column_name"], column["xdbc_type_name"]) for column in columns] == [
            ("id", "INTEGER"),
            ("title", "VARCHAR"),
        ]
        preview = f"select * from {SONGS} limit 3"
        assert len(fetched(cursor, preview)) == 3
        folded = (
            f'select "rows"."id" as "id", count(1) as "count" from (select "_"."id", "_"."title" from {SONGS} "_" '
            f'where "_"."id" < 3) "rows" group by "id" order by "id" limit 1001'
        )
        assert fetched(cursor, folded) == [(0, 1), (1, 1), (2, 1)]
