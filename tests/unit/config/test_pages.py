"""The pages name every key with its default and every error with its kind; the example is a configuration."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import ModuleType

import pytest
from argon2 import PasswordHasher

import connectors
import gateway
from connectors import memory, registry
from connectors.errors import HeadgateError, Kind
from connectors.files import PinnedFiles
from connectors.kafka import options as kafka
from connectors.parquet import sources as parquet
from connectors.postgres import options as postgres
from connectors.spi import Surroundings
from connectors.types import is_supported
from gateway.config import CatalogFolder, ProductLimits, Resources, Server, State, StatusPort, User, load
from gateway.contracts import load as load_contracts
from gateway.contracts.typing import LOGICAL, SYNONYMS

ROOT = Path(__file__).parents[3]
CONFIGURATION = (ROOT / "docs/configuration.md").read_text("utf-8")
CONTRACTS = (ROOT / "docs/contracts.md").read_text("utf-8")
ERRORS = (ROOT / "docs/errors.md").read_text("utf-8")
EXAMPLE = ROOT / "docs/examples/headgate.toml"
SHAPES = {
    "## `[server]`": Server,
    "## `[status]`": StatusPort,
    "## `[catalog]`": CatalogFolder,
    "## `[limits]`": Resources,
    "## `[state]`": State,
    "## `[users.<name>]`": User,
    '## `[products."<domain>.<product>"]`': ProductLimits,
    '### `kind = "postgres"`': postgres.Options,
    '### `kind = "parquet"`': parquet.Options,
    '### `kind = "kafka"`': kafka.Options,
    '### `kind = "memory"`': memory.Options,
}


def told_default(item: Field) -> str:
    if item.default is MISSING:
        return "required"
    match item.default:
        case None:
            return "none"
        case "":
            return '`""`'
        case ():
            return "`[]`"
        case bool():
            return f"`{str(item.default).lower()}`"
        case value:
            return f"`{value}`"


@pytest.mark.parametrize(("heading", "shape"), SHAPES.items(), ids=lambda value: getattr(value, "__module__", ""))
def test_every_key_stands_in_its_section_with_its_default(heading, shape):
    section = CONFIGURATION.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.split(" | ")[:2] for line in section.splitlines() if line.startswith("| `")]
    assert rows == [[f"| `{item.name}`", told_default(item)] for item in fields(shape)]


def test_every_kind_has_its_section():
    assert [kind for kind in registry.kinds() if f'### `kind = "{kind}"`' not in CONFIGURATION] == []


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def errors() -> dict[str, tuple[Kind, bool]]:
    waiting: list[type[HeadgateError]] = [HeadgateError]
    for package in (connectors, gateway):
        assert list(modules(package))
    found = {}
    while waiting:
        error = waiting.pop()
        found[error.code] = (error.kind, error.retryable)
        waiting += [made for made in error.__subclasses__() if made.__module__.startswith(("connectors.", "gateway."))]
    return found


def test_every_error_is_told_with_its_kind_and_nothing_else_is():
    rows = [line.split(" | ")[:2] for line in ERRORS.splitlines() if line.startswith("| ") and " | `" in line]
    told = {code.strip("`"): kind.removeprefix("| ") for kind, code in rows}
    assert len(told) == len(rows)
    assert told == {code: kind.value for code, (kind, _) in errors().items()}


def test_errors_that_may_go_away_are_told():
    last = ERRORS.rstrip().split("\n\n")[-1]
    assert {code for code in errors() if f"`{code}`" in last} == {
        code for code, (_, retryable) in errors().items() if retryable
    }


def test_every_type_is_told():
    table = CONTRACTS.split("## Types\n", 1)[1].split("\n## ", 1)[0]
    assert [name for name in (*SYNONYMS, *SYNONYMS.values(), *LOGICAL) if f"`{name}`" not in table] == []
    left = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines() if row.startswith("| `")]
    names = [name.strip("`") for cell in left for name in cell.split(", p from")[0].split(", ")]
    assert [name for name in names if not is_supported(name.replace("(p,s)", "(12,2)"))] == []
    assert len(names) == 22


@pytest.fixture
def example_environment(monkeypatch):
    monkeypatch.setenv("HEADGATE_SEALING_KEY", "0f" * 32)
    for name in ("ANN", "REPORTING"):
        monkeypatch.setenv(f"HEADGATE_{name}_HASH", PasswordHasher(time_cost=1, memory_cost=64).hash("pw"))
    for name in ("KAFKA_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY", "PAYMENTS_PASSWORD"):
        monkeypatch.setenv(f"HEADGATE_{name}", "pw")
    monkeypatch.setenv("HEADGATE_ARTISTS_DSN", "postgresql://headgate:pw@artists.example.com/artists")


def test_the_example_is_a_configuration_of_the_contracts_here(example_environment, tmp_path):
    made = load(EXAMPLE)
    assert list(made.stores) == ["play_stream", "lake", "artists_db", "payments_db"]
    assert list(made.users) == ["ann", "reporting"]
    for name, store in made.stores.items():
        registry.connect(store.kind)(name, store.options, Surroundings(PinnedFiles(), tmp_path)).close()
    catalog = load_contracts(made.catalog.folder, made.stores.keys())
    assert [product.address for product in catalog.products] == [
        "artists.catalog", "listeners.profiles", "payments.royalties", "play.events", "play.history",
    ]  # fmt: skip


def test_the_example_shows_every_key_and_the_defaults_it_says_it_shows(example_environment):
    text = EXAMPLE.read_text("utf-8")
    assert [
        item.name
        for shape in (Server, StatusPort, CatalogFolder, Resources, State, User)
        for item in fields(shape)
        if f"{item.name} = " not in text
    ] == []
    made = load(EXAMPLE)
    assert made.server == Server(sealing_keys=("0f" * 32,))
    assert made.limits == Resources(spill=EXAMPLE.parent / "spill")
    assert made.state == State(EXAMPLE.parent / "state")


def test_the_contract_that_is_shown_is_one(tmp_path):
    (tmp_path / "artists").mkdir()
    shown = CONTRACTS.split("```yaml\n", 1)[1].split("```", 1)[0]
    (tmp_path / "artists/tours.yaml").write_text(shown, "utf-8")
    [product] = load_contracts(tmp_path, ["artists_db"]).products
    assert [(column.name, column.type) for column in product.datasets[0].table.columns] == [
        ("concert_id", "BIGINT"),
        ("artist_id", "BIGINT"),
        ("starts_at", "TIMESTAMP WITH TIME ZONE"),
        ("price", "DECIMAL(8,2)"),
    ]
