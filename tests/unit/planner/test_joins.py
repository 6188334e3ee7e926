"""Which conditions may move below which joins."""

import pytest

from gateway import sql
from gateway.planner.joins import all_conjuncts, connected, filterable, may_move
from gateway.planner.ownership import Selects


def parsed(text: str):
    query = sql.parse(text).query
    return query, Selects.of(query).sources[id(query)]


@pytest.mark.parametrize(
    ("joins", "kept"),
    [
        ("", {"a"}),
        (", p.b.y AS b", {"a", "b"}),
        ("JOIN p.b.y AS b ON a.x = b.x", {"a", "b"}),
        ("LEFT JOIN p.b.y AS b ON a.x = b.x", {"a"}),
        ("RIGHT JOIN p.b.y AS b ON a.x = b.x", {"b"}),
        ("FULL JOIN p.b.y AS b ON a.x = b.x", set()),
        ("SEMI JOIN p.b.y AS b ON a.x = b.x", {"a"}),
        ("ANTI JOIN p.b.y AS b ON a.x = b.x", {"a"}),
        ("LEFT JOIN p.b.y AS b ON a.x = b.x JOIN p.c.z AS c ON c.x = b.x", {"a", "c"}),
        ("JOIN p.b.y AS b ON a.x = b.x FULL JOIN p.c.z AS c ON c.x = b.x", set()),
        ("ASOF JOIN p.b.y AS b ON a.x >= b.x", set()),
    ],
)
def test_where_moves_only_below_joins_that_keep_the_row(joins: str, kept: set[str]) -> None:
    _, sources = parsed(f"SELECT a.x FROM p.a.w AS a {joins}")
    assert filterable(sources) == kept


@pytest.mark.parametrize(
    ("join", "moves"),
    [
        ("JOIN", {"a": True, "b": True}),
        ("LEFT JOIN", {"a": False, "b": True}),
        ("RIGHT JOIN", {"a": False, "b": False}),
        ("FULL JOIN", {"a": False, "b": False}),
        ("SEMI JOIN", {"a": False, "b": True}),
        ("ANTI JOIN", {"a": False, "b": True}),
    ],
)
def test_an_on_condition_moves_to_the_side_it_filters(join: str, moves: dict[str, bool]) -> None:
    query, sources = parsed(f"SELECT a.x FROM p.a.w AS a {join} p.b.y AS b ON a.x = b.x AND a.v = 1 AND b.v = 2")
    kept = filterable(sources)
    found = {next(iter(made.aliases)): made for made in all_conjuncts(query) if len(made.aliases) == 1}
    assert {alias: may_move(found[alias], alias, kept) for alias in "ab"} == moves


def test_members_are_held_together_by_links() -> None:
    links = [frozenset("ab"), frozenset(), frozenset("cd"), frozenset("bd")]
    assert connected("abcde", links) == [["a", "b", "c", "d"], ["e"]]
    assert connected("abc", []) == [["a"], ["b"], ["c"]]
