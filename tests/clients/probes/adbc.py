"""Runs under any version of the ADBC driver: asks a gateway everything a driver can, and prints what came as JSON."""

import datetime
import json
import subprocess
import sys
import threading
from decimal import Decimal

import adbc_driver_manager
import pyarrow as pa
import pyarrow.flight as fl
from adbc_driver_flightsql import dbapi

LABELS = "artists.catalog.labels"
LONG = f"""
    SELECT a.artist_id * 1000 + b.artist_id AS n FROM play.events.plays a, play.events.plays b, {LABELS} ORDER BY n
    LIMIT 1000000
"""
ENDLESS = f"""
    SELECT COUNT(*) FROM {", ".join(f"play.events.plays AS {name}" for name in "pqrs")}
    WHERE (p.artist_id + q.artist_id * r.artist_id + s.artist_id) % 7 = 3
"""
VALUES = (
    True,
    -(2**63),
    2**63 - 1,
    1.25,
    "ünï",
    b"\x00\xff",
    datetime.date(2026, 2, 28),
    datetime.datetime(2026, 2, 28, 1, 2, 3, 4),
    datetime.datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=datetime.UTC),
    Decimal("123456789.0123"),
    None,
)


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
        cursor.execute(LONG)
        long = cursor.fetch_arrow_table()["n"].to_pylist()
        schema = cursor.adbc_execute_schema(f"SELECT id, founded FROM {LABELS}")
    by_id = f"SELECT name FROM {LABELS} WHERE id = ?"
    return {
        "table": table.to_pydict(),
        "types": [str(field.type) for field in table.schema],
        "long": [len(long), long == sorted(long)],
        "schema": [[field.name, str(field.type)] for field in schema],
        "bound": [rows(connection, by_id, (value,)) for value in (3, 4, None)],
        "values": [rows(connection, "SELECT ? AS v", (value,))[0][0] == value for value in VALUES],
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
        "depths": [
            len(connection.adbc_get_objects(depth=depth).read_all()) for depth in ("catalogs", "db_schemas", "columns")
        ],
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
            "execute update": failure(lambda: execute_update(cursor)),
            "ingest": [
                failure(lambda: cursor.adbc_ingest("mine", pa.table({"a": [1]}), mode=mode))[0]  # noqa: B023  (at once)
                for mode in ("create", "append", "replace", "create_append")
            ],
            "unknown table": failure(run("SELECT * FROM artists.catalog.lables")),
            "late": failure(run(f"SELECT CAST(name AS INTEGER) FROM {LABELS}")),
            "no query": [failure(run(sql)) for sql in ("-- nothing", "", "SELECT 1; SELECT 2")],
        }


def execute_update(cursor):
    cursor.adbc_statement.set_sql_query(f"DELETE FROM {LABELS}")
    cursor.adbc_statement.execute_update()


def endings(uri):
    """How a query that would take minutes ends: by a deadline, and by being cancelled from another thread."""
    deadline = {"adbc.flight.sql.rpc.timeout_seconds.fetch": "0.5"}
    with connect(uri) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**deadline)
        timeout = failure(lambda: fetched(cursor))[0]
    with connect(uri) as connection, connection.cursor() as cursor:
        ended = []
        asking = threading.Thread(target=lambda: ended.append(failure(lambda: fetched(cursor))[0]))
        asking.start()
        for _ in range(200):
            asking.join(0.1)
            if not asking.is_alive():
                break
            cursor.adbc_cancel()
    return {"timeout": timeout, "cancelled": ended}


def fetched(cursor):
    cursor.execute(ENDLESS)
    return cursor.fetchall()


def sessions(uri):
    prefix = "adbc.flight.sql.session.option."
    with connect(uri) as connection, connect(uri) as other:
        for _ in range(5):  # the driver loses the new token now and then, see chosen_by_adbc
            connection.adbc_connection.set_options(**{f"{prefix}catalog": "artists"})
            if connection.adbc_connection.get_option(f"{prefix}catalog") == "artists":
                break
        short = "SELECT id FROM catalog.labels WHERE id = 3"
        return {
            "in the session": rows(connection, short),
            "in another": failure(lambda: rows(other, short)),
            "option": connection.adbc_connection.get_option(f"{prefix}catalog"),
            "unknown option": failure(lambda: connection.adbc_connection.set_options(**{f"{prefix}colour": "red"})),
        }


def main(uri):
    with connect(uri) as connection:
        told = queries(connection) | metadata(connection) | refusals(connection) | logins(uri) | endings(uri)
        told |= sessions(uri)
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
