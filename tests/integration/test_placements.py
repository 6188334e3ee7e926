"""Placement must not show: the same questions over the same rows in PostgreSQL, Parquet on S3 and Kafka, and mixed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.files import PinnedFiles
from gateway.catalog import Catalog, Dataset, Product
from tests.comparing import assert_same, bag
from tests.landscape import KINDS, Landscape, agreed
from tests.mesh import PRODUCTS, TABLES, Mesh, rows, serving
from tests.questions import Question
from tests.unit.planner.test_plans import PLANS, question

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.s3]

PLACEMENTS = {
    **{f"all in {kind}": (kind, kind, kind) for kind in KINDS},
    "one in each": ("postgres", "parquet", "kafka"),
    "the other way round": ("kafka", "postgres", "parquet"),
}
SEEDS = range(1000, 1040)
NATIVE = {"VARCHAR": "text COLLATE words"}


class Placed:
    """Three stores that each hold every table, under one pinned filesystem."""

    def __init__(self, folder: Path, landscape: Landscape) -> None:
        self.files = PinnedFiles()
        self.landscape = landscape
        for name, table in rows().items():
            for kind in KINDS:
                landscape.put(kind, TABLES[name], table, NATIVE)
        self.stores = landscape.options.connect(folder, self.files)

    def catalog(self, placed: dict[str, str]) -> Catalog:
        """The products as the stores of a placement describe them."""
        return agreed(
            tuple(
                Product(domain, name, 1, tuple(self._dataset(item, placed[name]) for item in items))
                for name, (domain, items) in PRODUCTS.items()
            ),
            self.stores,
        )

    def _dataset(self, item: str, kind: str) -> Dataset:
        return Dataset(item, kind, self.landscape.options.named(kind, TABLES[item]))

    def close(self) -> None:
        for store in self.stores.values():
            store.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory, postgres_server, kafka_broker, s3_server) -> Iterator[Placed]:
    made = Placed(tmp_path_factory.mktemp("placed"), Landscape("placed", postgres_server, kafka_broker, s3_server))
    yield made
    made.close()


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    """What the first placement answered, for all others to equal."""
    return {}


@pytest.fixture(scope="module", params=PLACEMENTS, ids=lambda name: name.replace(" ", "-"))
def mesh(request: pytest.FixtureRequest, house: Placed) -> Iterator[Mesh]:
    placed = dict(zip(PRODUCTS, PLACEMENTS[request.param], strict=True))
    with serving(house.stores, house.catalog(placed), house.files) as running:
        yield running


def test_random_questions(mesh: Mesh, told: dict[str, list[str]]) -> None:
    for seed in SEEDS:
        sql = Question(seed).sql()
        pushed = mesh.ask(sql)
        assert_same(pushed, mesh.ask(sql, pushdown=False), ordered=False, told=f"seed {seed}: {sql}")
        assert bag(pushed) == told.setdefault(sql, bag(pushed)), f"seed {seed}: {sql}"


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_golden_questions(mesh: Mesh, told: dict[str, list[str]], path: Path) -> None:
    sql = question(path)
    pushed = mesh.ask(sql)
    unordered = "order by" not in sql or " over " in sql
    assert_same(pushed, mesh.ask(sql, pushdown=False), ordered=not unordered, told=sql)
    if path.stem not in ("bare_limit_stays", "window"):
        assert bag(pushed) == told.setdefault(sql, bag(pushed)), sql
