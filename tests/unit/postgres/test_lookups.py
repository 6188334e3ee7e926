"""Which fragments ask for a single row by its key."""

import pytest

from connectors.postgres.lookups import is_lookup
from connectors.spi import Column, Table
from tests.services.fragments import fragment

PAIRS = Table("pairs", (Column("a", "INTEGER"), Column("b", "VARCHAR"), Column("c", "INTEGER")), key=("A", "b"))
KEYLESS = Table("pairs", PAIRS.columns)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("t.a = 1 AND t.b = 'x'", True),
        ("('x' = t.b AND t.c > 5) AND (t.a = (1))", True),
        ("t.a = 1", False),
        ("t.a = 1 OR t.b = 'x'", False),
        ("t.a = 1 AND t.b <> 'x'", False),
        ("t.a = t.c AND t.b = 'x'", False),
        ("t.a = 1 AND NOT t.b = 'x'", False),
    ],
)
def test_a_lookup_fixes_the_whole_key(condition: str, expected: bool) -> None:
    assert is_lookup(fragment(f"SELECT t.c FROM pairs AS t WHERE {condition}", {"t": PAIRS})) is expected


def test_without_a_key_a_condition_or_with_another_table_it_is_none() -> None:
    fixed = "WHERE t.a = 1 AND t.b = 'x'"
    assert not is_lookup(fragment(f"SELECT t.c FROM pairs AS t {fixed}", {"t": KEYLESS}))
    assert not is_lookup(fragment("SELECT t.c FROM pairs AS t", {"t": PAIRS}))
    both = f"SELECT t.c FROM pairs AS t CROSS JOIN pairs AS u {fixed}"
    assert not is_lookup(fragment(both, {"t": PAIRS, "u": PAIRS}))
