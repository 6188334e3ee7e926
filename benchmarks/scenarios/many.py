"""Many stores in one question, and many products in one catalog: two of the ways in which a gateway grows."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import contracts
from benchmarks import products as published
from benchmarks.landscape import Landscape
from benchmarks.processes import Peaks, peak
from benchmarks.results import Case, Figure, Scenario
from benchmarks.scenarios import Setting
from benchmarks.slopes import Series
from benchmarks.systems.gateway import Gateway

STORES = (1, 4, 16)
PRODUCTS = (100, 1_000, 3_000)
_ROWS = 1_000
_SHARED = f"""CREATE TABLE shared AS SELECT number::bigint AS id, (number / 100.0)::numeric(15,2) AS amount
FROM generate_series(1, {_ROWS}) AS made(number)"""
_COLUMNS = {"id": "BIGINT", "amount": "DECIMAL(15,2)"}
_SUM = _ROWS * (_ROWS + 1) / 200
_EACH = 5


def stores(setting: Setting, scenario: Scenario) -> Series:
    """One question that joins a table of 1,000 rows out of 1, 4 and 16 databases."""
    dsns = [_database(setting.landscape, f"store{number}") for number in range(max(STORES))]
    gateway = Gateway(setting.landscape, {}, partial(_publish, dsns))
    peaks = Peaks()
    try:
        cases = {count: _joined(gateway, count, setting.rounds * _EACH) for count in STORES}
        peaks.look(gateway.processes())
    finally:
        gateway.close()
    scenario.memory[f"gateway, {max(STORES)} stores"] = peaks.bytes
    scenario.cases += cases.values()
    return Series(f"a join of {_ROWS:,} rows out of each store", "store", cases)


def products(setting: Setting, scenario: Scenario) -> list[Series]:
    """Start, memory, a question in new words and a tool's tree, with more and more products."""
    published.create(setting.landscape, max(PRODUCTS))
    measured: dict[int, dict[str, Case]] = {}
    for count in PRODUCTS:
        peaks = Peaks()
        measured[count] = _served(setting.landscape, count, min(setting.rounds, 3), peaks)
        scenario.cases += measured[count].values()
        scenario.memory[f"gateway, {count:,} products"] = peaks.bytes
    return [
        Series(told, "products", {count: measured[count][told] for count in PRODUCTS}, 1_000)
        for told in next(iter(measured.values()))
    ]


def _database(landscape: Landscape, name: str) -> str:
    dsn = str(landscape.postgres.createdb(name))
    landscape.postgres.execute(_SHARED, "ALTER TABLE shared ADD PRIMARY KEY (id)", "ANALYZE shared", database=name)
    return dsn


def _publish(dsns: list[str], folder: Path) -> None:
    for number, dsn in enumerate(dsns):
        contracts.add_database(folder, f"store{number}", dsn)
        dataset = contracts.dataset("shared", "postgres", _COLUMNS, ["id"])
        contracts.publish(folder, "bench", f"product{number}", f"store{number}", [dataset])


def _joined(gateway: Gateway, count: int, rounds: int) -> Case:
    joins = [f"JOIN bench.product{one}.shared AS s{one} ON s{one}.id = s0.id" for one in range(1, count)]
    text = f"SELECT count(*), sum(s{count - 1}.amount) FROM bench.product0.shared AS s0 {' '.join(joins)}"
    first = gateway.ask(text, keep="rows")
    flaw = "" if list(first.rows or ()) == [(_ROWS, _SUM)] else f"{first.rows} is not the answer"
    values = [gateway.ask(text).seconds * 1000 for _ in range(rounds)]
    return Case(f"stores joined: {count}", figures={"gateway": Figure(values, first.seconds * 1000, flaw=flaw)})


def _served(landscape: Landscape, count: int, rounds: int, peaks: Peaks) -> dict[str, Case]:
    units = {"start": "ms", "memory after a login": "MB", "question in new words": "ms", "get_objects": "ms"}
    cases = {
        told: Case(f"{told}, {count:,} products", unit, figures={"gateway": Figure()}) for told, unit in units.items()
    }
    for _ in range(rounds):
        gateway = published.start(landscape, count)
        try:
            for told, value in _measured(gateway, count).items():
                cases[told].figures["gateway"].values.append(value)
            if (found := published.shown(gateway)) != count:
                cases["get_objects"].figures["gateway"].flaw = f"{found} datasets"
            peaks.look(gateway.processes())
        finally:
            gateway.close()
    return cases


def _measured(gateway: Gateway, count: int) -> dict[str, float]:
    values = {
        "start": gateway.start_seconds * 1000,
        "memory after a login": peak(gateway.processes()["gateway"]) / 2**20,
    }
    _asked(gateway, 0)  # the first question of a process is told by the cold times of other scenarios
    values["question in new words"] = _timed(partial(_asked, gateway, count - 1))
    values["get_objects"] = _timed(partial(published.objects, gateway))
    return values


def _asked(gateway: Gateway, number: int) -> None:
    gateway.ask(f"SELECT count(*) FROM {published.address(number)}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
