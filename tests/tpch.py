"""TPC-H over products: the tables as ``tpchgen-cli`` makes them, and the 22 queries over addresses."""

import subprocess
import sys
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from connectors.spi import Column, Table

FOLDER = Path(__file__).parent / "queries" / "tpch"
QUERIES = sorted(FOLDER.glob("q*.sql"))
KEYS = {
    "customer": ("c_custkey",),
    "orders": ("o_orderkey",),
    "lineitem": ("l_orderkey", "l_linenumber"),
    "part": ("p_partkey",),
    "partsupp": ("ps_partkey", "ps_suppkey"),
    "supplier": ("s_suppkey",),
    "nation": ("n_nationkey",),
    "region": ("r_regionkey",),
}


def generate(folder: Path, scale: float) -> None:
    """Write every table as ``<folder>/<table>.parquet``."""
    tool = Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run([tool, "parquet", "-s", str(scale), "-o", folder], check=True, capture_output=True, timeout=120)


def tables(folder: Path) -> dict[str, Table]:
    """The tables as their files describe them, with the keys that the benchmark defines."""
    found = {}
    for name, key in KEYS.items():
        rows = duckdb.sql(f"DESCRIBE SELECT * FROM '{folder}/{name}.parquet'").fetchall()
        found[name] = Table(name, tuple(Column(row[0], row[1]) for row in rows), key)
    return found


def query(path: Path) -> str:
    """One of the queries, its tables named by their addresses."""
    tree = sqlglot.parse_one(path.read_text(), dialect="duckdb")
    for table in tree.find_all(exp.Table):
        if table.name in KEYS:
            table.set("db", exp.to_identifier("tpch"))
    return tree.sql(dialect="duckdb")
