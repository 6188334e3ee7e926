"""How cost grows: with the rows of tables, the stores of a question, the clients at once, the products published."""

from benchmarks import crowd, slopes, tables
from benchmarks.alternating import Contest
from benchmarks.processes import Peaks
from benchmarks.results import Case, Scenario
from benchmarks.scenarios import Setting, Starts, many, running
from benchmarks.slopes import Series
from benchmarks.systems import duck
from benchmarks.systems.gateway import Gateway

SIZES = (1, 4, 16)
CLIENTS = (1, 8, 64)
SECONDS = 3.0
TOLD = (
    "Each at three sizes: a sixteenth, a quarter and all of the orders; 1, 4 and 16 databases joined by one question; "
    "1, 8 and 64 clients that ask for one order each; 100, 1,000 and 3,000 products."
)
NOTE = "What one more costs is told between the smaller two sizes, then between the larger two: equal is linear growth."
_PLACEMENT = {table: "postgres" if "_db_" in table else "parquet" for table in tables.GROWN}
_QUESTIONS = {
    "every row of PostgreSQL": "SELECT * FROM orders_db_{}",
    "every row of Parquet": "SELECT * FROM orders_lake_{}",
    "an aggregate in PostgreSQL": "SELECT o_orderpriority, count(*), sum(o_totalprice) FROM orders_db_{} GROUP BY 1",
    "an aggregate over Parquet": "SELECT o_orderpriority, count(*), sum(o_totalprice) FROM orders_lake_{} GROUP BY 1",
    "a join across both": """SELECT d.o_orderpriority, count(*), sum(l.o_totalprice)
    FROM orders_db_{0} AS d JOIN orders_lake_{0} AS l ON l.o_orderkey = d.o_orderkey GROUP BY 1""",
}


def growth(setting: Setting) -> Scenario:
    """Measure the four, and tell of each what one more costs."""
    scenario = Scenario("growth", TOLD, notes=[NOTE])
    series = [*_rows(setting, scenario), *_clients(setting, scenario)]
    series += [many.stores(setting, scenario), *many.products(setting, scenario)]
    scenario.notes += map(slopes.line, series)
    scenario.missing["trino"] = "what is told is how one system's cost grows; other scenarios compare it with Trino's"
    return scenario


def _rows(setting: Setting, scenario: Scenario) -> list[Series]:
    land = setting.landscape
    tables.grow(land.files)
    land.fill(_PLACEMENT)
    starts: Starts = {
        "gateway": lambda: Gateway(land, _PLACEMENT),
        "duckdb-attach": lambda: duck.attached(land, _PLACEMENT),
    }
    asked = {f"{told}, {size}/16": sql.format(size) for told, sql in _QUESTIONS.items() for size in SIZES}
    with running(setting, scenario, starts) as systems:
        Contest(land, systems, min(setting.rounds, 3), "digest").hold(scenario, asked)
    found = {case.name: case for case in scenario.cases}
    held = {size: _held(found[f"every row of PostgreSQL, {size}/16"]) for size in SIZES}
    for case in scenario.cases:
        case.name = f"{case.name} of {held[SIZES[-1]]:,} rows"
    return [
        Series(told, "rows", {held[size]: found[f"{told}, {size}/16"] for size in SIZES}, 1e6) for told in _QUESTIONS
    ]


def _held(case: Case) -> int:
    return next(figure.rows for figure in case.figures.values() if figure.rows)


def _clients(setting: Setting, scenario: Scenario) -> list[Series]:
    placement = {"orders": "postgres"}
    setting.landscape.fill(placement)
    gateway, peaks, cases = Gateway(setting.landscape, placement), Peaks(), list[Case]()
    try:
        found = {gateway.ask(gateway.text(sql)).count for sql in points(1, setting.scale)[0]}  # warms up
        for clients in CLIENTS:
            crowd.note(cases, gateway.name, clients, crowd.load(gateway, points(clients, setting.scale), SECONDS))
        peaks.look(gateway.processes())
    finally:
        gateway.close()
    scenario.memory["gateway, 64 clients"] = peaks.bytes
    for case in cases:
        case.figures[gateway.name].flaw = "" if found == {1} else "a key does not have one order"
    scenario.cases += cases
    middle = {clients: case for clients in CLIENTS for case in cases if case.name == f"{clients} clients, p50"}
    return [Series("one order by its key, median", "client", middle)]


def points(clients: int, scale: float) -> list[list[str]]:
    """A hundred orders for each client; in TPC-H there is one for each multiple of 32."""
    there = max(1, round(46_000 * scale))
    every = max(1, there // (100 * clients))
    numbers = [
        [32 * (1 + every * (client + clients * turn) % there) for turn in range(100)] for client in range(clients)
    ]
    return [[f"SELECT * FROM orders WHERE o_orderkey = {number}" for number in mine] for mine in numbers]
