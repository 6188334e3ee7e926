"""The page about pushdown tells what is claimed, not what once was."""

from pathlib import Path

import pytest

from connectors.spi import Capabilities, Claim, Clause, Fidelity
from connectors.testing.page import BEGIN, END, table, written
from connectors.types import Family

PAGE = Path(__file__).parents[3] / "docs" / "pushdown.md"


def test_the_page_is_current() -> None:
    page = PAGE.read_text()
    assert written(page, table()) == page, "run: python -m connectors.testing.page docs/pushdown.md"


def test_operations_over_the_same_families_stand_together() -> None:
    claims = {Claim("||", Family.TEXT), Claim("LENGTH", Family.TEXT), Claim("LOWER", Family.TEXT, Fidelity.SUPERSET)}
    claims |= {Claim("COUNT", of) for of in Family}
    made = table({"shop": Capabilities(frozenset(claims), frozenset({Clause.WHERE}))})
    assert made.splitlines() == [
        "### shop",
        "",
        "Takes over: `WHERE`.",
        "",
        "| operations | over | answer |",
        "|---|---|---|",
        "| `COUNT` | every type | exact |",
        "| `LENGTH`, `\\|\\|` | text | exact |",
        "| `LOWER` | text | rows too many, looked at again |",
    ]


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="no markers"):
        written("nothing", "table")
    assert written(f"a {BEGIN}old{END} z", "new") == f"a {BEGIN}\n\nnew\n{END} z"
