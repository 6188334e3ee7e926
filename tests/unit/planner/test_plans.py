"""Each golden plan is compared, and executed with pushdown on and off."""

from pathlib import Path

import pytest

from gateway.planner.explain import as_lines
from gateway.sql import to_duckdb
from gateway.sql.printing import DIALECT
from tests.comparing import assert_same
from tests.mesh import Mesh

FOLDER = Path(__file__).parents[2] / "plans"
PLANS = sorted(FOLDER.glob("*.plan"))


def question(path: Path) -> str:
    head = path.read_text().partition("\n----\n")[0]
    return "\n".join(line for line in head.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_plan(path: Path, mesh: Mesh, request: pytest.FixtureRequest) -> None:
    sql = question(path)
    made = "\n".join(as_lines(mesh.plan(sql)))
    head, _, expected = path.read_text().partition("\n----\n")
    if request.config.getoption("--write-plans"):
        path.write_text(f"{head}\n----\n{made}\n")
        expected = f"{made}\n"
    assert f"{made}\n" == expected
    assert_same(
        mesh.ask(sql), mesh.ask(sql, pushdown=False), ordered="order by" in sql and " over " not in sql, told=sql
    )


def test_a_plan_is_a_value(mesh: Mesh) -> None:
    for path in PLANS:
        one, same = mesh.plan(question(path)), mesh.plan(question(path))
        assert (one, hash(one)) == (same, hash(same))
    assert mesh.plan("select 1") != mesh.plan("select 2")


def test_the_tree_of_a_fragment_is_not_changed_by_writing_it(mesh: Mesh) -> None:
    texts = [remote.fragment.text for path in PLANS for remote in mesh.plan(question(path)).fragments]
    assert len(texts) >= 30
    for text in texts:
        (written,), (same,) = DIALECT.parse(text), DIALECT.parse(text)
        assert to_duckdb(written, own=True) == text
        assert written == same


def test_there_are_plans() -> None:
    assert len(PLANS) >= 30
