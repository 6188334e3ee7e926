"""``python -m benchmarks.planning``: milliseconds to plan each TPC-H query, cold and out of the cache.

Every table is in one store that claims and writes what PostgreSQL does; nothing is run. Figures are medians of
``ROUNDS`` plannings of one query, and the last row is the median over the queries.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table as Shown

from connectors.files import PinnedFiles
from connectors.postgres import connect
from connectors.spi import Column, Surroundings, Table
from gateway.catalog import Catalog, Dataset, Product
from gateway.database import Database, Limits
from gateway.engine import Engine
from gateway.garbage import settle
from gateway.policy import LOCAL
from gateway.service import LocalService, Options

ROUNDS = 15
FOLDER = Path(__file__).parents[1] / "tests" / "queries" / "tpch"
NATIVE = {
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "VARCHAR": "text",
    "DATE": "date",
    "DECIMAL(15,2)": "numeric(15,2)",
}
LETTERS = {"b": "BIGINT", "i": "INTEGER", "v": "VARCHAR", "d": "DATE", "n": "DECIMAL(15,2)"}
TABLES = {
    "region": "r_regionkey:b r_name:v r_comment:v",
    "nation": "n_nationkey:b n_name:v n_regionkey:b n_comment:v",
    "supplier": "s_suppkey:b s_name:v s_address:v s_nationkey:b s_phone:v s_acctbal:n s_comment:v",
    "customer": "c_custkey:b c_name:v c_address:v c_nationkey:b c_phone:v c_acctbal:n c_mktsegment:v c_comment:v",
    "part": "p_partkey:b p_name:v p_mfgr:v p_brand:v p_type:v p_size:i p_container:v p_retailprice:n p_comment:v",
    "partsupp": "ps_partkey:b ps_suppkey:b ps_availqty:i ps_supplycost:n ps_comment:v",
    "orders": "o_orderkey:b o_custkey:b o_orderstatus:v o_totalprice:n o_orderdate:d o_orderpriority:v o_clerk:v "
    "o_shippriority:i o_comment:v",
    "lineitem": "l_orderkey:b l_partkey:b l_suppkey:b l_linenumber:i l_quantity:n l_extendedprice:n l_discount:n "
    "l_tax:n l_returnflag:v l_linestatus:v l_shipdate:d l_commitdate:d l_receiptdate:d l_shipinstruct:v "
    "l_shipmode:v l_comment:v",
}
KEYS = {"lineitem": ("l_orderkey", "l_linenumber"), "partsupp": ("ps_partkey", "ps_suppkey")}


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    shown = Shown("query", "cold ms", "cached ms")
    with service() as planner:
        settle()
        figures = {path.stem: _measure(planner, path.read_text(), rounds) for path in sorted(FOLDER.glob("q*.sql"))}
    for name, (cold, cached) in figures.items():
        shown.add_row(name, f"{cold:.2f}", f"{cached:.3f}")
    cold, cached = (statistics.median(way) for way in zip(*figures.values(), strict=True))
    shown.add_row("p50", f"{cold:.2f}", f"{cached:.3f}")
    Console(width=100).print(shown)


@contextmanager
def service() -> Iterator[LocalService]:
    """A service over TPC-H in a store that is never reached: planning needs its claims alone."""
    files = PinnedFiles()
    store = connect("db", {"dsn": "postgresql://127.0.0.1:1/none"}, Surroundings(files, Path("state")))
    datasets = tuple(Dataset(name, "db", _table(name, columns)) for name, columns in TABLES.items())
    database = Database(Limits(), files)
    catalog = Catalog("1", (Product("bench", "tpch", 1, datasets),))
    try:
        yield LocalService(lambda: catalog, {"db": store}, database, Engine({"db": store}, database, files, 2**20))
    finally:
        database.close()
        store.close()


def _table(name: str, columns: str) -> Table:
    pairs = [column.split(":") for column in columns.split()]
    key = KEYS.get(name, (pairs[0][0],))
    return Table(f"public.{name}", tuple(_column(column, LETTERS[kind], column in key) for column, kind in pairs), key)


def _column(name: str, kind: str, key: bool) -> Column:
    facts = {"not null"} if key else set()
    facts |= {"collation:default"} if kind == "VARCHAR" else set()
    return Column(name, kind, not key, native=NATIVE[kind], facts=frozenset(facts))


def _measure(planner: LocalService, text: str, rounds: int) -> tuple[float, float]:
    choices = Options(within=("bench", "tpch"))
    numbers = iter(range(1_000_000))
    # The same question in new words each time: a comment is all that differs.
    cold = _timed(lambda: planner.prepare(f"{text} -- {next(numbers)}", LOCAL, options=choices), rounds)
    return cold, _timed(lambda: planner.prepare(text, LOCAL, options=choices), rounds)


def _timed(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
