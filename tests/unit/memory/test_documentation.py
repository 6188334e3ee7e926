"""docs/connectors.md shows the code that runs, and names every option."""

from dataclasses import fields
from pathlib import Path

import pytest

from connectors import memory, registry
from connectors.kafka import options as kafka
from connectors.parquet import sources as parquet
from connectors.postgres import options as postgres

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/connectors.md").read_text(encoding="utf-8")


def test_the_twenty_lines_are_the_ones_that_are_run():
    shown = PAGE.split("```python\n")[1].split("```")[0]
    run = (ROOT / "tests/conformance/test_memory.py").read_text(encoding="utf-8")
    assert shown == run.split('"""\n\n', 1)[1]


@pytest.mark.parametrize("shape", [memory.Options, postgres.Options, parquet.Options, kafka.Options])
def test_every_option_is_named(shape):
    assert [field.name for field in fields(shape) if f"`{field.name}`" not in PAGE] == []


def test_every_kind_is_named():
    assert [kind for kind in registry.kinds() if f"### `{kind}`" not in PAGE] == []
