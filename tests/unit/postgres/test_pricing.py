"""What a plan of Postgres is taken to cost: scans by its own price, and each row above them by what is done with it."""

from typing import Any

import pytest

from connectors.postgres.pricing import computing, handing_over
from connectors.spi import Column, Fragment, Table
from tests.services.fragments import fragment


def scan(cost: float, rows: int, kind: str = "Seq Scan", **more: Any) -> dict[str, Any]:
    return {"Node Type": kind, "Total Cost": cost, "Plan Rows": rows, **more}


def node(kind: str, *plans: dict[str, Any], cost: float = 0.0, rows: int = 1, **more: Any) -> dict[str, Any]:
    return {"Node Type": kind, "Total Cost": cost, "Plan Rows": rows, "Plans": list(plans), **more}


ORDERS = scan(40_000, 1_500_000)
CUSTOMERS = scan(5_000, 150_000)


def test_a_scan_costs_what_postgres_says() -> None:
    assert computing(ORDERS) == pytest.approx(120)
    assert computing(scan(1000, 10, "Index Scan")) == pytest.approx(2)
    assert computing(node("Bitmap Heap Scan", scan(100, 10, "Bitmap Index Scan"), cost=300)) == pytest.approx(0.6)


def test_rows_above_a_scan_cost_by_what_is_done_with_them() -> None:
    joined = node("Hash Join", ORDERS, node("Hash", CUSTOMERS, cost=5_000, rows=150_000), rows=1_500_000)
    assert computing(joined) == pytest.approx(120 + 15 + 150_000 * 0.0007 + 1_650_000 * 0.0001)
    grouped = node("Aggregate", ORDERS, Strategy="Hashed")
    assert computing(grouped) == pytest.approx(120 + 1_500_000 * 0.0005)
    assert computing(node("Aggregate", ORDERS, Strategy="Plain")) == pytest.approx(120 + 150)
    assert computing(node("Sort", ORDERS)) == pytest.approx(120)


def test_the_inner_side_of_a_nested_loop_is_asked_for_each_outer_row() -> None:
    outer, inner = scan(100, 50), scan(8, 4, "Index Scan")
    assert computing(node("Nested Loop", outer, inner)) == pytest.approx(0.3 + 50 * 0.0065 + 50 * 0.016)
    again = node("Nested Loop", scan(3, 2), node("Nested Loop", outer, inner))
    assert computing(again) == pytest.approx(0.009 + 2 * 0.0065 + 2 * computing(node("Nested Loop", outer, inner)))


def test_what_is_kept_for_a_nested_loop_is_made_once() -> None:
    kept = node("Materialize", scan(1000, 5), cost=1000, rows=5)
    assert computing(node("Nested Loop", scan(100, 50), kept)) == pytest.approx(0.3 + 50 * 0.0065 + 3)


def test_a_value_that_is_computed_first_is_computed_once() -> None:
    first = scan(1000, 1, **{"Parent Relationship": "InitPlan"})
    each = scan(9, 1, **{"Parent Relationship": "SubPlan"})
    loop = node("Nested Loop", scan(100, 50), scan(8, 4, "Index Scan"), first)
    assert computing(loop) == pytest.approx(3 + 0.3 + 50 * 0.0065 + 50 * 0.016)
    assert computing(scan(2000, 9, Plans=[first, each])) == pytest.approx(3 + 0.003 * (2000 - 1000 - 9))


KINDS = {"a": "BIGINT", "b": "VARCHAR", "c": "DECIMAL(15,2)"}
TABLE = Table("t", tuple(Column(name, kind) for name, kind in KINDS.items()), ("a",))


def of(sql: str) -> Fragment:
    return fragment(sql, {"t": TABLE})


def test_rows_that_can_be_packed_are_handed_over_for_less() -> None:
    rows = 1_000_000
    assert handing_over(of("SELECT t.a FROM t AS t"), rows) == pytest.approx(21)
    assert handing_over(of("SELECT t.a, t.b, t.c FROM t AS t WHERE t.a > 1"), rows) == pytest.approx(81)
    assert handing_over(of("SELECT DISTINCT t.a, t.b FROM t AS t"), rows) == pytest.approx(130)
    assert handing_over(of("SELECT t.a, t.c FROM t AS t"), 10_000) == pytest.approx(1.7)
