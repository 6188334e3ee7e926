"""The 22 queries of TPC-H: over tables in three kinds of store, and with all of them in PostgreSQL."""

from benchmarks import tables
from benchmarks.alternating import Contest
from benchmarks.results import Scenario
from benchmarks.scenarios import Setting, Starts, running
from benchmarks.systems import duck
from benchmarks.systems.gateway import Gateway
from benchmarks.systems.trino import Trino

MIXED = (
    "customer and orders in PostgreSQL; lineitem, part and partsupp as Parquet on S3; supplier, nation and region in "
    "Kafka. The first asking in a fresh process is the cold time."
)
NOTES = [
    "duckdb-attach and connectorx+duckdb read the topics once, before anything is timed; the others at each question.",
    "connectorx fetches the columns that a question names, and no fewer rows than the table has.",
    "Trino's averages and divisions are written as doubles, which is what they are in DuckDB; its tables are analysed.",
]


def mixed(setting: Setting) -> Scenario:
    """TPC-H over three kinds of store."""
    scenario = Scenario("tpch-mixed", MIXED, notes=list(NOTES))
    placement, land = tables.MIXED, setting.landscape
    land.fill(placement)
    starts: Starts = {
        "duckdb-local": lambda: duck.local(land),
        "gateway": lambda: Gateway(land, placement),
        "duckdb-attach": lambda: duck.attached(land, placement),
        "connectorx+duckdb": lambda: duck.notebook(land, placement),
        "trino": lambda: Trino(land, placement),
    }
    return _asked(setting, scenario, starts)


def postgres(setting: Setting) -> Scenario:
    """TPC-H with everything in one database."""
    scenario = Scenario("tpch-postgres", "All eight tables in one PostgreSQL, with keys and the usual indexes.")
    placement, land = tables.POSTGRES, setting.landscape
    land.fill(placement)
    starts: Starts = {
        "duckdb-local": lambda: duck.local(land),
        "gateway": lambda: Gateway(land, placement),
        "duckdb-attach": lambda: duck.attached(land, placement),
        "trino": lambda: Trino(land, placement),
    }
    return _asked(setting, scenario, starts)


def _asked(setting: Setting, scenario: Scenario, starts: Starts) -> Scenario:
    with running(setting, scenario, starts) as systems:
        Contest(setting.landscape, systems, setting.rounds).hold(scenario, tables.queries())
    return scenario
