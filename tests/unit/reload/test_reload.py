"""The catalog in force: replaced only as a whole, never by a broken edit, and watched without leaving a thread."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.spi import Table
from gateway.catalog import Catalog, Dataset, Product
from gateway.contracts import Agreement, load
from gateway.errors import ConfigInvalid
from gateway.reload import CatalogInForce

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
name: events
version: {version}
domain: play
servers: [{{server: stream}}]
schema:
  - name: plays
    properties: [{{name: id, physicalType: BIGINT}}]
"""


def put(folder: Path, version: str) -> None:
    (folder / "play").mkdir(parents=True, exist_ok=True)
    (folder / "play/events.yaml").write_text(CONTRACT.format(version=version), "utf-8")


def versions(catalog: Catalog) -> list[int]:
    return [product.version for product in catalog.products]


def eventually(holds: Callable[[], bool], seconds: float = 8.0) -> bool:
    """Whether something comes true within the time; asked every hundredth of a second."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        threading.Event().wait(0.01)
    return True


def read_from(folder: Path) -> Callable[[], Agreement]:
    return lambda: Agreement(load(folder, ["stream"]), (), ())


@pytest.fixture
def folder(tmp_path):
    put(tmp_path, "1.0.0")
    return tmp_path


@pytest.fixture
def in_force(folder):
    made = CatalogInForce(read_from(folder))
    yield made
    made.close()


def test_a_reload_replaces_the_catalog_and_who_holds_the_old_one_keeps_it(folder, in_force):
    held = in_force()
    put(folder, "2.0.0")
    assert versions(in_force()) == [1]
    assert in_force.reload() is True
    assert (versions(in_force()), versions(held)) == ([2], [1])
    assert in_force().version != held.version


def test_a_broken_edit_keeps_the_last_good_catalog_and_every_problem_is_logged(folder, in_force, caplog):
    good = in_force()
    put(folder, "latest")
    (folder / "play/second.yaml").write_text("a: [")
    with caplog.at_level(logging.ERROR, "headgate.catalog"):
        assert in_force.reload() is False
    assert in_force() is good
    [record] = caplog.records
    assert "the last good one stays" in record.getMessage()
    assert "play/events.yaml: version: must be a version such as 1.2.0" in record.getMessage()
    assert "play/second.yaml: line 2: did not find expected node content" in record.getMessage()
    (folder / "play/second.yaml").unlink()
    put(folder, "3.0.0")
    assert in_force.reload() is True
    assert versions(in_force()) == [3]


def test_a_catalog_that_is_read_anew_and_is_the_same_stays_the_same_object(in_force):
    held = in_force()
    assert in_force.reload() is True
    assert in_force() is held


def test_what_a_store_does_not_agree_to_is_a_broken_edit_too(folder, caplog):
    answers = [Agreement(Catalog("a", ()), (), ()), Agreement(Catalog("b", ()), ("column id: wrong",), ())]
    made = CatalogInForce(lambda: answers.pop(0))
    assert made.reload() is False
    assert made().version == "a"
    assert "column id: wrong" in caplog.text


def test_a_fault_of_the_gateway_itself_keeps_the_catalog_too(caplog):
    answers = [Agreement(Catalog("a", ()), (), ())]
    made = CatalogInForce(lambda: answers.pop(0))
    assert made.reload() is False
    assert made().version == "a"
    assert "the last good one stays" in caplog.text


def test_the_first_reading_must_succeed(folder):
    put(folder, "latest")
    with pytest.raises(ConfigInvalid):
        CatalogInForce(read_from(folder))


def test_a_silent_store_is_told_once_and_remembered(caplog):
    def catalog(name: str) -> Catalog:
        return Catalog(
            name, (Product("play", "events", 1, (Dataset("plays", "stream", Table("plays", (), ("id",))),)),)
        )

    unknown = Catalog("b", (Product("play", "events", 1, (Dataset("plays", "stream", Table("plays", ())),)),))
    answers = [
        Agreement(catalog("a"), (), ()),
        Agreement(unknown, (), ("stream",)),
        Agreement(unknown, (), ("stream",)),
    ]
    made = CatalogInForce(lambda: answers.pop(0))
    assert [made.reload(), made.reload()] == [True, True]
    assert made() == catalog("b")
    assert made.agreement.unreachable == ("stream",)
    assert caplog.text.count("the store stream could not be asked about its tables") == 1


def test_an_edit_is_seen_and_a_broken_one_is_left(folder, in_force, caplog):
    in_force.watch(folder)
    put(folder, "2.0.0")
    assert eventually(lambda: versions(in_force()) == [2])
    put(folder, "latest")
    assert eventually(lambda: "version: must be a version" in caplog.text)
    assert versions(in_force()) == [2]
    put(folder, "3.0.0")
    assert eventually(lambda: versions(in_force()) == [3])


def test_a_folder_that_is_taken_away_and_comes_back_is_seen_again(folder, in_force, tmp_path_factory):
    in_force.watch(folder)
    away = tmp_path_factory.mktemp("away") / "catalog"
    shutil.move(folder, away)
    put(away, "4.0.0")
    shutil.move(away, folder)
    assert eventually(lambda: versions(in_force()) == [4])


def test_close_leaves_no_thread_and_may_be_called_twice(folder):
    made = CatalogInForce(read_from(folder))
    made.watch(folder)
    assert [thread.name for thread in threading.enumerate()].count("headgate-catalog") == 2
    began = time.monotonic()
    made.close()
    made.close()
    assert "headgate-catalog" not in [thread.name for thread in threading.enumerate()]
    assert time.monotonic() - began < 3
