"""The compose file cannot be run everywhere, so what it names is checked instead."""

import re
from typing import Any

import pytest
import yaml
from argon2 import PasswordHasher

from gateway.config import load
from gateway.demo.mesh import CATALOG, PASSWORD, USER

ROOT = CATALOG.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    given = {name: value.replace("$$", "$") for name, value in SERVICES["gateway"]["environment"].items()}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def test_every_service_that_is_waited_for_exists_and_tells_its_health() -> None:
    for service in SERVICES.values():
        for name, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]
            else:
                assert name == "loader"
    assert set(SERVICES) == {"postgres", "kafka", "s3", "loader", "gateway"}


def test_the_configuration_is_valid_in_the_environment_of_the_gateway(environment: dict[str, str]) -> None:
    config = load(ROOT / "docker" / "headgate.toml")
    assert set(config.stores) == {"play_stream", "lake", "artists_db", "payments_db"}
    assert config.catalog.folder.resolve() == CATALOG
    assert PasswordHasher().verify(config.users[USER].password_hash, PASSWORD)
    for name in re.findall(r'env = "(\w+)"', (ROOT / "docker" / "headgate.toml").read_text("utf-8")):
        assert name in environment


def test_the_contracts_name_only_stores_that_it_has(environment: dict[str, str]) -> None:
    stores = load(ROOT / "docker" / "headgate.toml").stores
    for contract in CATALOG.rglob("*.yaml"):
        for server in yaml.safe_load(contract.read_text("utf-8"))["servers"]:
            assert server["server"] in stores


def test_the_loader_finds_every_variable_it_reads_and_every_host_is_a_service(environment: dict[str, str]) -> None:
    source = (ROOT / "gateway" / "demo" / "load.py").read_text("utf-8")
    wanted = set(re.findall(r'environ(?:\["|\.get\(")(\w+)"', source))
    assert len(wanted) == 7
    assert wanted <= set(SERVICES["loader"]["environment"])
    hosts = [re.split(r"[@/]", value)[-2 if "://" in value else -1] for value in environment.values() if ":" in value]
    assert {host.split(":")[0] for host in hosts} == {"postgres", "kafka", "s3"}


def test_every_volume_is_declared() -> None:
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert {name for name in named if not name.startswith("./")} == set(COMPOSE["volumes"])


def test_every_file_that_is_copied_or_mounted_is_there() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "docker" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())]
    mounted = [name for name in mounted if name.startswith("./")]
    for name in [*" ".join(copied).split(), *mounted]:
        assert (ROOT / name).exists(), name


def test_the_databases_are_those_that_the_loader_fills(environment: dict[str, str]) -> None:
    made = re.findall(r"CREATE DATABASE (\w+);", (ROOT / "docker" / "databases.sql").read_text("utf-8"))
    assert [environment[f"HEADGATE_{name.upper()}_DSN"].rsplit("/", 1)[1] for name in made] == made
