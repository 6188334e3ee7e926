"""When two systems gave the same answer."""

import datetime as dt
from decimal import Decimal

import pytest

from benchmarks.equality import difference, same

DAY = dt.date(1995, 3, 5)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1),
        (None, None),
        ("a", "a"),
        (7, Decimal(7)),
        (Decimal("1.50"), 1.5),
        (Decimal("25.51"), 25.505),  # an average that one system rounds to the digits of its column
        (Decimal("25.50"), Decimal("25.5049")),
        (DAY, dt.datetime(1995, 3, 5)),
        (1e15, 1e15 + 0.1),
        (float("nan"), float("nan")),
    ],
)
def test_values_that_are_the_same(one: object, other: object):
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (None, 0),
        (None, 0.0),
        ("1", 1),
        ("1.5", 1.5),
        (Decimal("1.50"), Decimal("1.51")),
        (Decimal("25.51"), 25.48),
        (1.0, 1.000001),
        (DAY, dt.datetime(1995, 3, 5, 1)),
        (float("nan"), 1.0),
    ],
)
def test_values_that_are_not(one: object, other: object):
    assert not same(one, other)
    assert not same(other, one)


def test_rows_are_compared_in_any_order():
    left = [("a", 1.0), ("b", 2.0), ("b", 2.0)]
    assert difference(left, list(reversed(left))) == ""
    assert difference(left, [("a", 1.0), ("a", 1.0), ("b", 2.0)]) == "row 1, column 0: 'b' and 'a'"


def test_a_last_digit_does_not_change_which_rows_are_compared():
    left = [(Decimal("10.00"), "x"), (Decimal("10.00"), "y")]
    right = [(10.001, "y"), (9.999, "x")]
    assert difference(left, right) == ""


def test_missing_rows_and_columns_are_told():
    assert difference([(1,)], []) == "1 rows and 0 rows"
    assert difference([(1, 2)], [(1,)]) == "2 columns and 1 columns"
