"""Lets go of a topic's segments under shapes that no contract has any more."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from connectors.kafka.manifest import NAME

UNUSED_SECONDS = 24 * 3600.0
"""How long a shape may go unread before its files are removed. Two versions of a product keep two shapes alive."""


def retire_siblings(directory: Path) -> None:
    """Mark this shape of a topic as used now, and remove its siblings that were not used for a day."""
    oldest = time.time() - UNUSED_SECONDS
    with suppress(OSError):
        os.utime(directory / NAME)
        for other in directory.parent.iterdir():
            if other != directory and _last_use(other) < oldest:
                shutil.rmtree(other, ignore_errors=True)


def _last_use(directory: Path) -> float:
    path = directory / NAME
    return (path if path.exists() else directory).stat().st_mtime
