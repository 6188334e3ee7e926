"""What stands above a part that no store computes has to wait for it, and what stands below has to be done."""

import pytest

from tests.comparing import assert_same
from tests.mesh import Mesh

ARTISTS, PLAYS = "artists.catalog.artists", "play.events.plays"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (f"SELECT label_id, reverse(min(name)) AS n FROM {ARTISTS} GROUP BY label_id HAVING count(*) > 12", None),
        (f"SELECT reverse(max(device)) AS d FROM {PLAYS} GROUP BY day HAVING count(*) < 20", None),
        (f"SELECT id, name FROM {ARTISTS} WHERE regexp_matches(name, '^N') ORDER BY id LIMIT 5", 5),
        (f"SELECT id, name FROM {ARTISTS} WHERE regexp_matches(name, '^N') AND id > 9 ORDER BY id LIMIT 3 OFFSET 2", 3),
        (f"SELECT DISTINCT reverse(name) AS n FROM {ARTISTS} WHERE id > 3 ORDER BY 1 LIMIT 7", 7),
        (f"SELECT count(*) AS c, reverse(name) AS n FROM {ARTISTS} GROUP BY name ORDER BY ALL LIMIT 6", 6),
        (f"SELECT count(*) AS c FROM {ARTISTS} WHERE regexp_matches(name, '^N') AND label_id IS NOT NULL", 1),
        (f"SELECT avg(label_id) FILTER (WHERE id > 90) AS m, reverse(name) AS n FROM {ARTISTS} GROUP BY name", None),
        (
            (
                f"SELECT id, reverse(name) AS n FROM {ARTISTS} "
                "QUALIFY rank() OVER (PARTITION BY label_id ORDER BY id) = 2 ORDER BY id LIMIT 5"
            ),
            5,
        ),
        (f"SELECT label_id, max(reverse(name)) AS n FROM {ARTISTS} GROUP BY label_id ORDER BY label_id LIMIT 5", 5),
    ],
)
def test_a_stage_that_stays_keeps_what_is_above_it(mesh: Mesh, sql: str, rows: int | None) -> None:
    found = mesh.ask(sql)
    assert_same(found, mesh.ask(sql, pushdown=False), ordered="ORDER BY" in sql, told=sql)
    assert found.num_rows == rows if rows else found.num_rows > 1
