"""Runs under any version of the ADBC driver: asks a gateway everything a driver can, and prints what came as JSON."""

import json
import subprocess
import sys

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
from adbc_driver_flightsql import dbapi

LABELS = "artists.catalog.labels"


def connect(uri, user="ann", password="s3cret", **options):
    return dbapi.connect(uri, db_kwargs={"username": user, "password": password} | options, autocommit=True)


def failure(act):
    """The status and text of the error that an action ends with."""
    try:
        act()
    except adbc_driver_manager.Error as error:
        return [error.status_code.name, str(error)]
    return ["OK", ""]


def rows(connection, sql, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def logins(uri):
    flight = fl.FlightClient(uri)
    _, value = flight.authenticate_basic_token("ann", "s3cret")
    flight.close()
    token = {"adbc.flight.sql.authorization_header": value.decode()}
    with dbapi.connect(uri, db_kwargs=token, autocommit=True) as connection:
        with_token = rows(connection, "SELECT 1")
    return {
        "with token": with_token,
        "wrong password": failure(lambda: connect(uri, password="wrong")),
        "no credentials": failure(lambda: rows(dbapi.connect(uri, autocommit=True), "SELECT 1")),
    }


def queries(connection):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, name FROM {LABELS} WHERE id < 2 ORDER BY id")
        table = cursor.fetch_arrow_table()
        cursor.execute("SELECT i FROM range(400000) t(i) ORDER BY i")
        long = cursor.fetch_arrow_table()["i"].to_pylist()
        schema = cursor.adbc_execute_schema(f"SELECT id, founded FROM {LABELS}")
    by_id = f"SELECT name FROM {LABELS} WHERE id = ?"
    return {
        "table": table.to_pydict(),
        "types": [str(field.type) for field in table.schema],
        "long": [len(long), long == sorted(long)],
        "schema": [[field.name, str(field.type)] for field in schema],
        "bound": [rows(connection, by_id, (value,)) for value in (3, 4, None)],
        "values": [rows(connection, "SELECT ? AS v", (value,))[0][0] for value in (True, 2**62, 1.5, "ünï")],
        "no rows": rows(connection, f"SELECT id FROM {LABELS} WHERE id = 99"),
    }


def metadata(connection):
    catalogs = connection.adbc_get_objects(depth="all").read_all().to_pylist()
    tables = [
        f"{catalog['catalog_name']}.{schema['db_schema_name']}.{table['table_name']}/{len(table['table_columns'])}"
        for catalog in catalogs
        for schema in catalog["catalog_db_schemas"]
        for table in schema["db_schema_tables"]
    ]
    found = connection.adbc_get_table_schema("rates", catalog_filter="payments", db_schema_filter="royalties")
    return {
        "tables": tables,
        "columns": found.names,
        "missing table": failure(lambda: connection.adbc_get_table_schema("r_tes"))[0],
        "table types": connection.adbc_get_table_types(),
        "vendor": connection.adbc_get_info()["vendor_name"],
    }


def partitions(uri, connection):
    with connection.cursor() as cursor:
        parts, _ = cursor.adbc_execute_partitions(f"SELECT id FROM {LABELS} ORDER BY id")
    command = [sys.executable, __file__, uri, "read"]
    read = subprocess.run(command, input=parts[0].hex(), capture_output=True, text=True, check=True, timeout=30)
    return [len(parts), json.loads(read.stdout)]


def read_partition(uri, user, partition):
    with connect(uri, user) as connection, connection.cursor() as cursor:
        cursor.adbc_read_partition(partition)
        return cursor.fetch_arrow_table()["id"].to_pylist()


def refusals(connection):
    def run(sql):
        return lambda: rows(connection, sql)

    with connection.cursor() as cursor:
        return {
            "delete": failure(run(f"DELETE FROM {LABELS}")),
            "update": failure(lambda: cursor.executemany(f"DELETE FROM {LABELS} WHERE id = ?", [(1,)])),
            "ingest": failure(lambda: cursor.adbc_ingest("mine", pa.table({"a": [1]})))[0],
            "unknown table": failure(run("SELECT * FROM artists.catalog.lables")),
            "late": failure(run(f"SELECT CAST(name AS INTEGER) FROM {LABELS}")),
            "nothing": failure(run("-- nothing")),
        }


def main(uri):
    with connect(uri) as connection:
        told = queries(connection) | metadata(connection) | refusals(connection) | logins(uri)
        print(json.dumps(told | {"partitions": partitions(uri, connection)}))


if sys.argv[2:] == ["read"]:
    whole = bytes.fromhex(sys.stdin.read())
    print(
        json.dumps(
            {
                "ann": read_partition(sys.argv[1], "ann", whole),
                "bob": failure(lambda: read_partition(sys.argv[1], "bob", whole)),
            }
        )
    )
else:
    main(sys.argv[1])
