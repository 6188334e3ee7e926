"""Taking a large table out of a store: all 16 columns of lineitem, out of PostgreSQL and out of Parquet on S3."""

import os

from benchmarks import tables
from benchmarks.alternating import Contest
from benchmarks.results import Scenario
from benchmarks.scenarios import Setting, Starts, running
from benchmarks.systems import duck
from benchmarks.systems.floors import CopyBinary, RawGet
from benchmarks.systems.gateway import Gateway
from connectors.postgres.ranges import MOST

ROWS = {"lineitem, 16 columns": "SELECT * FROM lineitem"}
# Sums, because the least and the greatest value of a column stand in a file's footer.
SUMS = {"VARCHAR": "sum(length({}))", "DATE": "sum(year({}))"}
_SUMMED = (SUMS.get(kind, "sum({})").format(name) for name, kind in tables.columns("lineitem").items())
SCAN = {"lineitem, 16 columns": f"SELECT {', '.join(_SUMMED)} FROM lineitem"}


def postgres(setting: Setting) -> Scenario:
    """Every row of a table in PostgreSQL, to the client."""
    scenario = Scenario("postgres-extraction", "Every row of lineitem out of PostgreSQL as Arrow batches.")
    land, placement = setting.landscape, {"lineitem": "postgres"}
    land.fill(placement)
    starts: Starts = {
        "gateway": lambda: Gateway(land, placement),
        "duckdb-attach": lambda: duck.attached(land, placement),
        "copy-binary": lambda: CopyBinary(land),
    }
    scenario.notes += [
        "The gateway's rows go over Flight to another process; duckdb-attach has them in its own.",
        f"Both read over a connection per core, {os.cpu_count()} here (the gateway over at most {MOST}).",
    ]
    with running(setting, scenario, starts) as systems:
        Contest(land, systems, setting.rounds, "digest").hold(scenario, ROWS)
    return scenario


def s3(setting: Setting) -> Scenario:
    """Every column of a table on S3, into the engine; what comes back is one row."""
    scenario = Scenario("s3-scan", "Every column of lineitem read out of Parquet on S3; one row comes back.")
    land, placement = setting.landscape, {"lineitem": "parquet"}
    land.fill(placement)
    starts: Starts = {
        "gateway": lambda: Gateway(land, placement),
        "duckdb-attach": lambda: duck.attached(land, placement),
        "s3-get": lambda: RawGet(land, "lineitem"),
    }
    scenario.notes.append("Engines keep what they have read in memory, so only the cold time is one of reading S3.")
    with running(setting, scenario, starts) as systems:
        Contest(land, systems, setting.rounds).hold(scenario, SCAN)
    return scenario
