"""The whole way in for the hostile corpus: gate, addresses, the check by DuckDB. What must be refused is."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.call import Call
from connectors.errors import HeadgateError, Kind
from connectors.files import PinnedFiles
from connectors.memory import Memory
from connectors.spi import Column, Table, arrow_schema
from gateway.catalog import Catalog, Dataset, Product
from gateway.database import Database, Limits
from gateway.engine import Engine
from gateway.policy import LOCAL
from gateway.service import LocalService

CASES = [json.loads(line) for line in (Path(__file__).parents[2] / "data" / "hostile_sql.jsonl").open()]
VALUES = {"id": 1, "customer_id": 1, "oid": 7, "name": "ann", "region": "north"}
CUSTOMERS = {"id": "INTEGER", "name": "VARCHAR", "region": "VARCHAR", "salary": "DECIMAL(12,2)", "ssn": "VARCHAR"}
ORDERS = {"oid": "INTEGER", "customer_id": "INTEGER", "amount": "DECIMAL(12,2)", "d": "DATE"}


def dataset(name: str, columns: dict[str, str]) -> tuple[Product, pa.Table]:
    table = Table(name, tuple(Column(column, kind) for column, kind in columns.items()))
    schema = arrow_schema(table.columns)
    rows = pa.Table.from_pylist([dict.fromkeys(columns), *({key: VALUES.get(key) for key in columns},) * 2], schema)
    return Product("sales", name, 1, (Dataset(name, "shop", table),)), rows


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    (customers, customer_rows), (orders, order_rows) = dataset("customers", CUSTOMERS), dataset("orders", ORDERS)
    stores = {"shop": Memory("shop", {"customers": customer_rows, "orders": order_rows})}
    files = PinnedFiles()
    database = Database(Limits(memory="300MB"), files)
    catalog = Catalog("hostile", (customers, orders))
    yield LocalService(lambda: catalog, stores, database, Engine(stores, database, files, 2**20))
    database.close()


def text(case: dict) -> str:
    made = case.get("gen")
    if made is None:
        return case["sql"]
    return made["head"] + made["unit"] * made["n"] + made["mid"] + made["tail_unit"] * made["n"] + made["tail"]


def refused(service: LocalService, sql: str) -> HeadgateError | None:
    try:
        answer = service.run(service.prepare(sql, LOCAL, parameters=[]), Call(timeout=5))
        for _ in answer:
            pass
    except HeadgateError as problem:
        return problem
    return None


MUST_FAIL = [case for case in CASES if case["expected"].startswith("reject") and "no-canary" not in case["expected"]]
# The gateway answers EXPLAIN itself, by showing its own plan and nothing of DuckDB's.
EXPLAINED = {"introspect-076", "introspect-077", "introspect-079"}


@pytest.mark.parametrize("category", sorted({case["category"] for case in MUST_FAIL}))
def test_what_must_be_refused_is_refused_by_name(service: LocalService, category: str) -> None:
    passed = []
    for case in MUST_FAIL:
        if case["category"] != category or case["id"] in EXPLAINED:
            continue
        problem = refused(service, text(case))
        if problem is None:
            passed.append(case["id"])
        else:
            assert problem.kind is Kind.USER, (case["id"], problem)
            assert "Traceback" not in str(problem)
    assert passed == []


@pytest.mark.parametrize("case", [case for case in CASES if case["category"] == "control"], ids=lambda case: case["id"])
def test_controls_run(service: LocalService, case: dict) -> None:
    assert refused(service, case["sql"]) is None


def test_explain_shows_only_the_gateways_own_plan(service: LocalService) -> None:
    for case in CASES:
        if case["id"] in EXPLAINED:
            made = service.prepare(case["sql"], LOCAL)
            lines = [line for batch in service.run(made, Call()) for line in batch.column(0).to_pylist()]
            assert made.explain
            assert "residual" in "\n".join(lines)
            assert "SEQ_SCAN" not in "\n".join(lines)


def test_a_refusal_is_quick(service: LocalService) -> None:
    slow = []
    for case in MUST_FAIL:
        started = time.thread_time()
        refused(service, text(case))
        if time.thread_time() - started > 0.05:
            started = time.thread_time()
            refused(service, text(case))
            slow += [case["id"]] if time.thread_time() - started > 0.05 else []
    assert slow == []
