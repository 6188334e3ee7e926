"""SQLAlchemy through flightsql-dbapi, in the calls that Superset makes; prints what came as JSON."""

import json
import sys
from urllib.parse import urlsplit

import flightsql.sqlalchemy  # noqa: F401  (registers the dialect)
from flightsql import FlightSQLClient, connect
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select, text

SCHEMA = "catalog"


def main(uri):
    where = urlsplit(uri)
    engine = create_engine(f"datafusion+flightsql://ann:s3cret@{where.netloc}?insecure=True&x-headgate-catalog=artists")
    with engine.connect() as connection:
        told = reflection(engine, connection) | selecting(engine, connection)
    return told | {"bound": bound(where)}


def reflection(engine, connection):
    seen = inspect(engine)
    columns = seen.get_columns("labels", schema=SCHEMA)
    return {
        "schemas": seen.get_schema_names(),
        "tables": seen.get_table_names(schema=SCHEMA),
        "has": [engine.dialect.has_table(connection, name, SCHEMA) for name in ("labels", "lables")],
        "columns": [[column["name"], str(column["type"]), column["nullable"]] for column in columns],
        "views": seen.get_view_names(schema=SCHEMA),
    }


def selecting(engine, connection):
    """The SQL lab with whole addresses, and a chart on a table as it was reflected: without its domain."""
    lab = connection.execute(text("SELECT id, name FROM artists.catalog.labels WHERE id < 3 ORDER BY id"))
    labels = Table("labels", MetaData(), schema=SCHEMA, autoload_with=engine)
    chart = select(labels.c.country, func.count().label("n")).where(labels.c.id > 2).group_by(labels.c.country)
    return {
        "rows": [list(row) for row in lab.fetchall()],
        "chart": [list(row) for row in connection.execute(chart.order_by(labels.c.country)).fetchall()],
        "refused": failure(lambda: connection.execute(text("SELECT * FROM artists.catalog.lables"))),
        "changed": failure(lambda: connection.execute(text("DELETE FROM artists.catalog.labels"))),
    }


def bound(where):
    """Parameters by the driver's own interface: it keeps to the handle that it was given first."""
    client = FlightSQLClient(host=where.hostname, port=where.port, insecure=True, user="ann", password="s3cret")
    cursor = connect(client).cursor()
    answers = []
    for number in (3, 4):
        cursor.execute("SELECT name FROM artists.catalog.labels WHERE id = ? AND name <> ?", [number, "none"])
        answers.append([list(row) for row in cursor.fetchall()])
    return answers


def failure(act):
    """The text of the error that an action ends with."""
    try:
        act()
    except Exception as error:  # Arrow's errors come through SQLAlchemy as they are
        return str(error)
    return ""


print(json.dumps(main(sys.argv[1])))
