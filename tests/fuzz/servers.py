"""The three servers for a run outside of pytest, filled."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.fuzz.placements import load
from tests.landscape import Landscape, Options
from tests.services import kafka, postgres, s3


@contextmanager
def filled() -> Iterator[Options]:
    """How to reach servers of our own that hold every table; they end with the block."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        started = []
        for name, service in (("postgres", postgres), ("kafka", kafka), ("s3", s3)):
            (folder / name).mkdir()
            started.append(held.enter_context(service.running(folder / name)))
        yield load(Landscape("fuzz", *started))
