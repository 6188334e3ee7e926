"""Stores and contracts put together: what is wrong with any of them is told at once, and a silent store is none."""

import socket
from pathlib import Path

import pyarrow as pa
import pytest

from gateway.app import check_catalog, open_gateway
from gateway.config import load
from gateway.errors import ConfigInvalid

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
name: {name}
version: 1.0.0
domain: play
servers: [{{server: {store}}}]
schema:
  - name: plays
    properties: [{{name: id, physicalType: {kind}}}]
"""


def contract(folder: Path, name: str, store: str, kind: str = "BIGINT") -> None:
    (folder / "catalog/play").mkdir(parents=True, exist_ok=True)
    (folder / f"catalog/play/{name}.yaml").write_text(CONTRACT.format(name=name, store=store, kind=kind), "utf-8")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tables").mkdir()
    held = pa.table({"id": pa.array([1, 2], pa.int64())})
    with pa.OSFile(str(tmp_path / "tables/plays.arrow"), "wb") as sink, pa.ipc.new_file(sink, held.schema) as writer:
        writer.write_table(held)
    contract(tmp_path, "events", "shelf")
    return tmp_path


def config(folder: Path, more: str = ""):
    path = folder / "headgate.toml"
    path.write_text(f"[catalog]\nwatch = false\n{more}\n[stores.shelf]\nkind = 'memory'\npath = '{folder}/tables'\n")
    return load(path)


def problems(run) -> list[str]:
    with pytest.raises(ConfigInvalid) as refused:
        run()
    return list(refused.value.problems)


def start(made) -> None:
    with open_gateway(made):
        pytest.fail("it started")


def test_a_sound_mesh_starts_and_makes_its_spill_folder(folder):
    made = config(folder, "[limits]\nspill = 'deep/spill'")
    assert [product.address for product in check_catalog(made).products] == ["play.events"]
    with open_gateway(made) as gateway:
        assert [product.address for product in gateway.catalog.products] == ["play.events"]
        assert (folder / "deep/spill").is_dir()
        contract(folder, "more", "shelf")
        assert gateway.reload() is True
        assert [product.address for product in gateway.catalog.products] == ["play.events", "play.more"]


def test_options_of_stores_and_contracts_are_told_together(folder):
    contract(folder, "facts", "nowhere", "MONEY")
    made = config(folder, "[stores.broker]\nkind = 'kafka'\nboostrap_servers = 'x'")
    for run in (lambda: check_catalog(made), lambda: start(made)):
        misspelled = (
            "[stores.broker] The store 'broker' cannot be used: the key 'boostrap_servers' is unknown (did you mean "
            "'bootstrap_servers'?); the key 'bootstrap_servers' is missing."
        )
        assert problems(run) == [
            misspelled,
            "play/facts.yaml: servers: there is no store 'nowhere' in the configuration (known: broker, shelf)",
            "play/facts.yaml: schema plays, property 'id': the type MONEY cannot be carried",
        ]


def test_a_store_that_says_another_type_is_told_at_start_and_by_the_check(folder):
    contract(folder, "facts", "shelf", "INTEGER")
    made = config(folder)
    told = ["play.facts version 1, plays: column id: the contract says INTEGER, the store says BIGINT"]
    assert problems(lambda: check_catalog(made)) == told
    assert problems(lambda: start(made)) == told


def test_a_silent_store_is_a_warning_at_start_and_a_problem_of_the_check(folder, caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and never listening: every connection is refused
        dsn = f"postgresql://ann@127.0.0.1:{taken.getsockname()[1]}/db"
        contract(folder, "facts", "ledger")
        made = config(folder, f"[stores.ledger]\nkind = 'postgres'\ndsn = '{dsn}'")
        assert problems(lambda: check_catalog(made)) == ["the store ledger cannot be asked about its tables"]
        with open_gateway(made) as gateway:
            assert [product.address for product in gateway.catalog.products] == ["play.events", "play.facts"]
        assert "the store ledger could not be asked about its tables" in caplog.text
