"""Fixtures over the real servers. Locally a missing one skips with the reason; in CI it is a failure."""

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def present(name: str) -> Any:
    """The module of a service that can be used here; otherwise the test skips, or in CI fails."""
    service = importlib.import_module(f"tests.services.{name}")
    if reason := service.missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name}: {reason}")
        pytest.skip(f"{name}: {reason}")
    return service


def running_server(name: str, directory: Path) -> Iterator[Any]:
    service = present(name)
    with service.running(directory) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from running_server("postgres", tmp_path_factory.mktemp("postgres"))


@pytest.fixture(scope="session")
def postgres_18_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from running_server("postgres_18", tmp_path_factory.mktemp("postgres-18"))


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from running_server("kafka", tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    yield from running_server("s3", tmp_path_factory.mktemp("s3"))
