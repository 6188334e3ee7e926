"""What a store claims as SUPERSET is looked at again wherever it is pushed: this one keeps rows that it should not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.files import PinnedFiles
from connectors.spi import Capabilities, Claim, Fidelity
from connectors.types import Family
from tests.comparing import assert_same
from tests.duck_store import EVERYTHING, DuckStore
from tests.mesh import TABLES, Mesh, rows, running_mesh

ARTISTS, LABELS, RATES = "artists.catalog.artists", "artists.catalog.labels", "payments.royalties.rates"
LOOSE = Capabilities(
    frozenset(claim for claim in EVERYTHING.claims if claim.operator != "LIKE")
    | {Claim("LIKE", Family.TEXT, Fidelity.SUPERSET)},
    EVERYTHING.clauses,
)


class Loose(DuckStore):
    """Takes every pattern of the form ``N%`` for ``%``."""

    def open(self, fragment, snapshot, hints, call):
        return super().open(replace(fragment, text=fragment.text.replace("'N%'", "'%'")), snapshot, hints, call)


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    made = rows()
    stores = {"loose": Loose("loose", made, LOOSE), "other": DuckStore("other", made)}
    placed = {"catalog": "loose", "royalties": "other", "events": "other"}
    with running_mesh(stores, placed, TABLES, PinnedFiles()) as running:
        yield running


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT id FROM {ARTISTS} WHERE name LIKE 'N%'",
        f"SELECT id FROM {ARTISTS} WHERE name LIKE 'N%' AND id > 20 ORDER BY id LIMIT 3",
        f"SELECT count(*), max(id) FROM {ARTISTS} WHERE name LIKE 'N%'",
        f"SELECT id FROM {ARTISTS} WHERE NOT (name LIKE 'N%')",
        f"SELECT a.id, r.rate FROM {ARTISTS} a JOIN {RATES} r ON r.label_id = a.label_id WHERE a.name LIKE 'N%'",
        (
            f"SELECT a.id, l.id, r.rate FROM {ARTISTS} a JOIN {LABELS} l ON l.id = a.label_id "
            f"JOIN {RATES} r ON r.label_id = l.id WHERE a.name LIKE 'N%'"
        ),
        f"SELECT label_id FROM {RATES} WHERE label_id IN (SELECT label_id FROM {ARTISTS} WHERE name LIKE 'N%')",
        (
            f"SELECT label_id FROM {RATES} WHERE label_id NOT IN "
            f"(SELECT label_id FROM {ARTISTS} WHERE name LIKE 'N%' AND label_id IS NOT NULL)"
        ),
    ],
)
def test_what_the_store_keeps_too_much_of_is_looked_at_again(mesh: Mesh, sql: str) -> None:
    found = mesh.ask(sql)
    assert_same(found, mesh.ask(sql, pushdown=False), ordered="ORDER BY" in sql, told=sql)
    assert found.num_rows > 0


def test_the_weaker_condition_is_pushed(mesh: Mesh) -> None:
    made = mesh.plan(f"SELECT id FROM {ARTISTS} WHERE name LIKE 'N%'")
    assert "LIKE 'N%'" in made.fragments[0].native
    assert "LIKE 'N%'" in made.residual
