"""polars and pandas over ADBC, as a notebook uses them; prints what came as JSON."""

import json
import sys
from urllib.parse import urlsplit

import pandas
import polars
from adbc_driver_flightsql import dbapi

LABELS = "artists.catalog.labels"
LONG = f"""
    SELECT a.artist_id * 1000 + b.artist_id AS n FROM play.events.plays a, play.events.plays b, {LABELS} ORDER BY n
    LIMIT 1000000
"""
TYPED = """
    SELECT 1::TINYINT AS tiny, 2::UBIGINT AS big, 1.25::DECIMAL(12,4) AS due, DATE '2026-02-28' AS day,
        TIMESTAMP '2026-02-28 01:02:03.000004' AS at, 'ünï' AS word, [1, 2] AS list, {'a': 1} AS record, NULL AS nothing
"""


def connect(uri):
    return dbapi.connect(uri, db_kwargs={"username": "ann", "password": "s3cret"}, autocommit=True)


def with_polars(uri):
    # The address cannot carry a login: this driver takes nothing but the transport from it.
    address = f"flightsql://{urlsplit(uri).netloc}?transport=tcp"

    def read(sql, **options):
        return polars.read_database_uri(sql, address, engine="adbc", **options)

    labels = read(f"SELECT id, name FROM {LABELS} WHERE id < 3 ORDER BY id")
    typed = read(TYPED)
    with connect(uri) as connection:
        as_ann = polars.read_database("SELECT COUNT(*) AS n FROM payments.royalties.rates", connection)
    bound = read(f"SELECT id FROM {LABELS} WHERE id = ?", execute_options={"parameters": [7]})
    return {
        "labels": labels.to_dict(as_series=False),
        "types": {name: str(kind) for name, kind in typed.schema.items()},
        "row": [str(value) for value in typed.row(0)],
        "long": [read(LONG).height, read(LONG)["n"].is_sorted()],
        "empty": list(read(f"SELECT id FROM {LABELS} WHERE id = 99").shape),
        "bound": bound.to_dict(as_series=False),
        "as guest": failure(lambda: read("SELECT COUNT(*) AS n FROM payments.royalties.rates")),
        "as ann": as_ann.to_dict(as_series=False),
        "refused": failure(lambda: read("SELECT * FROM artists.catalog.lables")),
    }


def with_pandas(uri):
    with connect(uri) as connection:

        def read(sql, **more):
            return pandas.read_sql(sql, connection, **more)

        typed = read(TYPED, dtype_backend="pyarrow")
        return {
            "labels": read(f"SELECT id, name FROM {LABELS} WHERE id < 3 ORDER BY id").to_dict("list"),
            "types": {name: str(kind) for name, kind in typed.dtypes.items()},
            "row": [str(value) for value in typed.iloc[0]],
            "long": [len(read(LONG)), bool(read(LONG)["n"].is_monotonic_increasing)],
            "empty": list(read(f"SELECT id FROM {LABELS} WHERE id = 99").shape),
            "bound": failure(lambda: read(f"SELECT id FROM {LABELS} WHERE id = ?", params=(7,))),
            "refused": failure(lambda: read("SELECT * FROM artists.catalog.lables")),
        }


def failure(act):
    """The text of the error that an action ends with."""
    try:
        act()
    except Exception as error:  # each library has classes of its own
        return str(error)
    return ""


ASKING = {"polars": with_polars, "pandas": with_pandas}
print(json.dumps(ASKING[sys.argv[2]](sys.argv[1])))
