"""Random questions: what is pushed and what is not must answer alike. A failing seed is printed with its question."""

import pytest

from tests.comparing import assert_same
from tests.mesh import Mesh
from tests.questions import Question


@pytest.mark.parametrize("start", range(0, 150, 25))
def test_pushed_equals_unpushed(start: int, mesh: Mesh) -> None:
    for seed in range(start, start + 25):
        sql = Question(seed).sql()
        assert_same(mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered=False, told=f"seed {seed}: {sql}")


def test_random_questions_are_worth_asking(mesh: Mesh) -> None:
    plans = [mesh.plan(Question(seed).sql()) for seed in range(60)]
    assert sum("WHERE" in remote.native for made in plans for remote in made.fragments) > 20
    assert sum("GROUP BY" in remote.native for made in plans for remote in made.fragments) >= 3
    assert not [made for made in plans if made.reasons and made.reasons[0].clause == "everything"]
