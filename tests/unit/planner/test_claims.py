"""A store that claims little gets little: nothing is pushed because it could be written."""

from collections.abc import Iterator

import pytest

from connectors.files import PinnedFiles
from connectors.spi import Capabilities, Claim, Clause
from connectors.types import Family
from tests.duck_store import DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh


@pytest.fixture(scope="module")
def modest() -> Iterator[Mesh]:
    """Every store can filter whole numbers by equality, and nothing else."""
    made = rows()
    claims = Capabilities(
        frozenset({Claim("=", Family.INTEGER), Claim("COUNT", Family.INTEGER), Claim("ORDER BY", Family.INTEGER)}),
        frozenset({Clause.PROJECT, Clause.WHERE}),
    )
    stores = {
        "artists_db": DuckStore("artists_db", {name: made[name] for name in ("artists", "labels")}, claims),
        "payments_db": DuckStore("payments_db", {"rates": made["rates"]}, Capabilities()),
        "events": DuckStore("events", {"plays": made["plays"]}, claims),
    }
    placed = {"catalog": "artists_db", "royalties": "payments_db", "events": "events"}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as running:
        yield running


@pytest.mark.parametrize(
    ("sql", "text", "why"),
    [
        ("select count(*) from artists.catalog.artists", "count(", "the store does not claim GROUP BY"),
        ("select count(id) from artists.catalog.artists", "count(", "the store does not claim GROUP BY"),
        ("select id from artists.catalog.artists where id > 3", "WHERE", "the store does not claim > over integer"),
        ("select id from artists.catalog.artists order by id limit 1", "LIMIT", "does not claim ORDER BY … LIMIT"),
        ("select rate from payments.royalties.rates where label_id = 1", "WHERE", "the store does not claim WHERE"),
        (
            "select a.id from artists.catalog.artists a join artists.catalog.labels l on a.label_id = l.id",
            "JOIN",
            "it relates different relations",
        ),
    ],
)
def test_what_is_not_claimed_stays_with_its_reason(modest: Mesh, sql: str, text: str, why: str) -> None:
    made = modest.plan(sql)
    assert not [remote for remote in made.fragments if text in remote.native]
    assert any(why in reason.why for reason in made.reasons)
    assert modest.ask(sql).to_pylist() == modest.ask(sql, pushdown=False).to_pylist()


def test_what_is_claimed_goes(modest: Mesh) -> None:
    made = modest.plan("select id from artists.catalog.artists where id = 3 and name = 'x'")
    assert 'WHERE "artists"."id" = 3' in made.fragments[0].native
    assert "'x'" not in made.fragments[0].native
