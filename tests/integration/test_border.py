"""What crosses the border from the stores, row by row and byte by byte, so that pushdown cannot fall behind unseen."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.call import Call
from gateway.app import open_gateway
from gateway.config import load
from gateway.demo.questions import QUESTIONS
from gateway.policy import LOCAL
from gateway.service import Options
from tests.real_mesh import loaded

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3]

STATEMENTS = "payments.royalties.statements"
SONGS, LABELS = "artists.catalog.songs", "artists.catalog.labels"
MOVED: dict[str, list[tuple[int, int]]] = {
    f"SELECT count(*), sum(amount) FROM {STATEMENTS}": [(1, 24)],
    f"SELECT avg(amount) FROM {STATEMENTS} WHERE status = 'open'": [(1, 24)],
    f"SELECT label_id, sum(amount) FROM {STATEMENTS} GROUP BY label_id HAVING sum(amount) > 1": [(12, 240)],
    f"SELECT * FROM {SONGS} WHERE song_id = 17": [(1, 73)],
    f"SELECT title FROM {SONGS} ORDER BY song_id DESC LIMIT 5": [(5, 160)],
    f"SELECT l.name, count(*) FROM {SONGS} s JOIN {LABELS} l ON l.label_id = s.label_id GROUP BY l.name": [(12, 272)],
    f"SELECT count(*) FROM {SONGS} s LEFT JOIN {LABELS} l ON l.label_id = s.label_id AND l.founded < 1982": [(1, 8)],
    f"SELECT name FROM {LABELS} l WHERE NOT EXISTS (SELECT 1 FROM {SONGS} s WHERE s.label_id = l.label_id)": [(0, 0)],
    f"SELECT country FROM {LABELS} UNION SELECT country FROM artists.catalog.artists": [(11, 66)],
    f"SELECT song_id, rank() OVER (PARTITION BY label_id ORDER BY song_id) AS place FROM {SONGS}": [(200, 3200)],
    f"SELECT count(*) FROM {SONGS} s JOIN {STATEMENTS} p ON p.label_id = s.label_id WHERE p.status = 'open'": [
        (200, 800),
        (4, 16),
    ],
    QUESTIONS[5].sql: [(36, 828), (200, 2400)],
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, postgres_server, kafka_broker, s3_server) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("border")
    with (
        loaded(folder, postgres_server, kafka_broker, s3_server, prefix="border", topic=False) as mesh,
        open_gateway(load(mesh.config)) as opened,
    ):
        yield opened


def moved(gateway: Any, sql: str, **options: Any) -> list[tuple[int, int]]:
    """Rows and bytes of each fragment, in the order of the plan."""
    answer = gateway.service.run(gateway.service.prepare(sql, LOCAL, options=Options(**options)), Call(timeout=60))
    for _ in answer:
        pass
    return [(leaf.rows, leaf.bytes) for leaf in answer.moved if leaf.how != "in place"]


@pytest.mark.parametrize(("sql", "expected"), MOVED.items())
def test_no_more_crosses_than_must(gateway: Any, sql: str, expected: list[tuple[int, int]]) -> None:
    assert moved(gateway, sql) == expected
    whole = moved(gateway, sql, pushdown=False)
    assert sum(size for _, size in whole) > 1.8 * sum(size for _, size in expected)
