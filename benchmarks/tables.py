"""TPC-H for the harness: the tables as files, what they are in each store, and where a placement puts them."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from benchmarks.planning import FOLDER, KEYS, LETTERS, NATIVE, TABLES
from tests import tpch

Placement = Mapping[str, str]
"""The kind of store that holds each table."""

MIXED: Placement = {
    **dict.fromkeys(("customer", "orders"), "postgres"),
    **dict.fromkeys(("lineitem", "part", "partsupp"), "parquet"),
    **dict.fromkeys(("supplier", "nation", "region"), "kafka"),
}
POSTGRES: Placement = dict.fromkeys(TABLES, "postgres")
KEY_TABLES = {"keys_10": 10, "keys_1000": 1_000, "keys_100000": 100_000}
"""Tables of that many order keys, spread over all orders."""
GROWN = {f"orders_{place}_{times}": times for place in ("db", "lake") for times in (1, 4, 16)}
"""Tables of so many sixteenths of all orders, for one store and for another."""
KNOWN = {
    **TABLES,
    **dict.fromkeys(KEY_TABLES, "k_key:b k_tag:v"),
    **dict.fromkeys(GROWN, TABLES["orders"]),
}
PRODUCTS = {"postgres": "db", "parquet": "lake", "kafka": "stream"}
_SHARE = """SELECT * FROM '{0}/orders.parquet'
WHERE o_orderkey <= (SELECT max(o_orderkey) FROM '{0}/orders.parquet') * {1} / 16 ORDER BY o_orderkey"""
_INDEXES = ("orders(o_custkey)", "customer(c_nationkey)", "lineitem(l_partkey)", "lineitem(l_suppkey)")
_MORE_INDEXES = ("partsupp(ps_suppkey)", "supplier(s_nationkey)", "nation(n_regionkey)")


def files(cache: Path, scale: float) -> Path:
    """The folder that has every table as ``<table>.parquet``, made once for each scale."""
    folder = cache / f"tpch-sf{scale:g}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        tpch.generate(folder, scale)
        _choose_keys(folder)
        (folder / "complete").touch()
    return folder


def _choose_keys(folder: Path) -> None:
    # Python's random numbers, and not DuckDB's hashes, so that every version chooses the same.
    with duckdb.connect() as con:
        found = con.execute(f"SELECT o_orderkey FROM '{folder}/orders.parquet' ORDER BY o_orderkey").fetchall()
        orders = [key for (key,) in found]
        random.Random(7).shuffle(orders)
        for table, count in KEY_TABLES.items():
            chosen = pa.table({"k_key": orders[:count], "k_tag": [f"tag {key % 10}" for key in orders[:count]]})
            pq.write_table(chosen, folder / f"{table}.parquet")


def grow(folder: Path) -> None:
    """Make the files of the growing tables out of that of all orders, unless they are there."""
    with duckdb.connect() as con:
        for table, times in GROWN.items():
            if not (path := folder / f"{table}.parquet").exists():
                part = path.with_suffix(".part")
                con.execute(f"COPY ({_SHARE.format(folder, times)}) TO '{part}' (FORMAT parquet)")
                part.replace(path)


def columns(table: str) -> dict[str, str]:
    """The columns of a table and their DuckDB types."""
    pairs = (column.split(":") for column in KNOWN[table].split())
    return {name: LETTERS[letter] for name, letter in pairs}


def key(table: str) -> tuple[str, ...]:
    """The columns of a table's primary key."""
    return KEYS.get(table, (next(iter(columns(table))),))


def definition(table: str) -> str:
    """What makes the table in PostgreSQL."""
    parts = [f"{name} {NATIVE[kind]} NOT NULL" for name, kind in columns(table).items()]
    return f"CREATE TABLE {table} ({', '.join(parts)}, PRIMARY KEY ({', '.join(key(table))}))"


def indexes(table: str) -> list[str]:
    """What makes the usual indexes over the table's foreign keys."""
    return [f"CREATE INDEX ON {one}" for one in (*_INDEXES, *_MORE_INDEXES) if one.startswith(f"{table}(")]


def messages(folder: Path, table: str) -> Iterator[str]:
    """The rows as JSON: decimals and dates as texts."""
    texts = {name: f"CAST({name} AS VARCHAR)" for name, kind in columns(table).items() if kind[:2] in {"DE", "DA"}}
    fields = ", ".join(f"'{name}', {texts.get(name, name)}" for name in columns(table))
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT json_object({fields}) FROM '{folder}/{table}.parquet'")
        for (text,) in rows.fetchall():
            yield text


def queries() -> dict[str, str]:
    """The 22 queries by name, in DuckDB's SQL over plain table names."""
    return {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("q*.sql"))}


def tree(sql: str) -> exp.Expr:
    """A question as a tree that each system rewrites into its own words."""
    return sqlglot.parse_one(sql, dialect="duckdb")  # noqa: TID251  (the harness's own text, never a user's)


def sources(query: exp.Expr) -> list[exp.Table]:
    """The places where a question reads one of the tables."""
    return [table for table in query.find_all(exp.Table) if table.name in KNOWN]


def addressed(sql: str, placement: Placement) -> str:
    """The question over the gateway's addresses."""
    query = tree(sql)
    for table in sources(query):
        table.set("db", exp.to_identifier(PRODUCTS[placement[table.name]]))
        table.set("catalog", exp.to_identifier("bench"))
    return query.sql(dialect="duckdb")
