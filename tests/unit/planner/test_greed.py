"""However much is offered to the stores, the answer is the same; what is offered less moves more."""

from functools import partial

import pytest

from gateway.plan_cache import PlanCache
from gateway.planner.greed import Greed
from gateway.planner.split import split
from tests.comparing import assert_same
from tests.mesh import Mesh
from tests.questions import Question
from tests.unit.planner.test_plans import PLANS, question

COUNTED = (
    "select l.country, sum(p.count), count(*), count(p.day), min(p.day), max(l.name), count(distinct a.name)"
    " from play.events.plays p join artists.catalog.artists a on a.id = p.artist_id"
    " join artists.catalog.labels l on l.id = a.label_id group by 1"
)


def offer(greed: Greed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every plan anew, by one greed."""
    monkeypatch.setattr("gateway.planner.split", lambda *given: split(*given[:-1], greed))
    monkeypatch.setattr(PlanCache, "get", lambda *_: None)


@pytest.fixture(params=list(Greed), ids=lambda greed: greed.name)
def greedy(request: pytest.FixtureRequest, mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> Mesh:
    """The mesh, with every plan made by one greed."""
    offer(request.param, monkeypatch)
    return mesh


def test_golden_questions(greedy: Mesh) -> None:
    for path in PLANS:
        sql = question(path)
        assert_same(greedy.ask(sql), greedy.ask(sql, pushdown=False), ordered=False, told=sql)


def test_random_questions(greedy: Mesh) -> None:
    for seed in range(200, 230):
        sql = Question(seed).sql()
        assert_same(greedy.ask(sql), greedy.ask(sql, pushdown=False), ordered=False, told=f"seed {seed}: {sql}")


def fragments(mesh: Mesh, greed: Greed, monkeypatch: pytest.MonkeyPatch, sql: str) -> list[str]:
    offer(greed, monkeypatch)
    assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=sql)
    return [remote.fragment.text for remote in mesh.plan(sql).fragments]


def test_groups_are_made_below_a_join_with_another_store(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    told = partial(fragments, mesh, monkeypatch=monkeypatch, sql=COUNTED)
    assert [text for text in told(greed=Greed.EARLY_GROUPS) if 'GROUP BY "p"."artist_id"' in text]
    assert not [text for text in told(greed=Greed.EVERYTHING) if "GROUP BY" in text]


def test_where_no_groups_come_together_nothing_is_counted(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = (
        "select count(*) n, count(p.day) d, sum(p.count) s from play.events.plays p"
        " join artists.catalog.artists a on a.id = p.artist_id where a.id < 0"
    )
    assert any("GROUP BY" in text for text in fragments(mesh, Greed.EARLY_GROUPS, monkeypatch, sql))
    assert mesh.ask(sql).to_pylist() == [{"n": 0, "d": 0, "s": None}]


@pytest.mark.parametrize(
    "sql",
    [
        "select sum(l.id) from play.events.plays p join artists.catalog.labels l on l.id = p.artist_id",
        (
            "select count(*) filter (where p.count > 3) from play.events.plays p join artists.catalog.labels l"
            " on l.id = p.artist_id"
        ),
        "select count(*) from play.events.plays p left join artists.catalog.labels l on l.id = p.artist_id",
        "select list(p.day) from play.events.plays p join artists.catalog.labels l on l.id = p.artist_id",
    ],
)
def test_what_is_not_made_in_two_steps(mesh: Mesh, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    texts = fragments(mesh, Greed.EARLY_GROUPS, monkeypatch, sql)
    assert not [text for text in texts if "plays" in text and "GROUP BY" in text]


def test_less_is_pushed_when_less_is_offered(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = (
        "select l.country, count(*) from artists.catalog.artists a join artists.catalog.labels l on a.label_id = l.id"
        " where a.id > 3 group by 1"
    )
    whole = fragments(mesh, Greed.EVERYTHING, monkeypatch, sql)
    joined = fragments(mesh, Greed.JOINS, monkeypatch, sql)
    apart = fragments(mesh, Greed.FILTERS, monkeypatch, sql)
    assert [len(whole), len(joined), len(apart)] == [1, 1, 2]
    assert "GROUP BY" in whole[0]
    assert "GROUP BY" not in joined[0]
    assert '"a"."id" > 3' in apart[0]
