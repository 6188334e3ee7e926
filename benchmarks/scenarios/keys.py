"""A few keys in one store, a large table in another: what has to cross, and what does."""

import duckdb

from benchmarks import tables
from benchmarks.alternating import Contest
from benchmarks.ratios import OURS, against
from benchmarks.results import Case, Goal, Scenario
from benchmarks.scenarios import Setting, Starts, running
from benchmarks.systems import duck
from benchmarks.systems.gateway import Gateway
from benchmarks.systems.trino import Trino

TOLD = (
    "10, 1,000 and 100,000 order keys in Parquet on S3 joined with lineitem in PostgreSQL, whose primary key begins "
    "with that column; 6 million rows at scale 1."
)
QUESTION = """SELECT k_tag, count(*), sum(l_quantity), sum(l_extendedprice)
FROM {} JOIN lineitem ON l_orderkey = k_key GROUP BY k_tag"""
_MATCHING = """SELECT l_orderkey, l_quantity, l_extendedprice
FROM '{0}/lineitem.parquet' SEMI JOIN '{0}/{1}.parquet' ON l_orderkey = k_key"""
PLACEMENT = {"lineitem": "postgres", **dict.fromkeys(tables.KEY_TABLES, "parquet")}
_MOST = 1.2
_FASTER = 3.0


def join(setting: Setting) -> Scenario:
    """Measure the three joins, and the bytes out of the large store beside those of the matching rows."""
    scenario, land = Scenario("selective-join", TOLD), setting.landscape
    land.fill(PLACEMENT)
    starts: Starts = {
        "duckdb-local": lambda: duck.local(land),
        "gateway": lambda: Gateway(land, PLACEMENT),
        "duckdb-attach": lambda: duck.attached(land, PLACEMENT),
        "trino": lambda: Trino(land, PLACEMENT),
    }
    with running(setting, scenario, starts) as systems:
        questions = {table: QUESTION.format(table) for table in tables.KEY_TABLES}
        Contest(land, systems, setting.rounds).hold(scenario, questions)
    scenario.goals += [_bytes(case, _matching(land.files, case.name)) for case in scenario.cases]
    scenario.goals.append(_faster(scenario.cases[1]))
    return scenario


def _matching(folder: object, table: str) -> int:
    """The bytes of the rows and columns that the join needs, in Arrow."""
    with duckdb.connect() as con:
        return sum(batch.nbytes for batch in con.sql(_MATCHING.format(folder, table)).to_arrow_reader(100_000))


def _bytes(case: Case, matching: int) -> Goal:
    told = f"{case.name}: bytes out of the large store at most {_MOST} times those of the matching rows"
    figure = case.figures.get(OURS)
    moved = figure.moved.get("postgres") if figure else None
    if not moved:
        return Goal(told, "not measured", None)
    share = moved["bytes"] / matching
    return Goal(told, f"{share:.2f} times ({moved['bytes']:,} of {matching:,})", share <= _MOST)


def _faster(case: Case) -> Goal:
    ratio = against(case, "duckdb-attach")
    told = f"{case.name}: at least {_FASTER:g} times as fast as duckdb-attach"
    return Goal(
        told, f"{ratio.median:.2f} times" if ratio else "not measured", ratio.median >= _FASTER if ratio else None
    )
