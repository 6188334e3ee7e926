"""Threads and open files of this process, before and after."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_DESCRIPTORS = Path("/proc/self/fd")


@dataclass(frozen=True)
class Leftovers:
    """What there was at one moment. File descriptors are seen where the system has ``/proc``."""

    threads: frozenset[str]
    files: dict[str, str]

    @classmethod
    def now(cls) -> Self:
        """Look around."""
        names = frozenset(f"{thread.name} ({thread.ident})" for thread in threading.enumerate())
        return cls(names, dict(_open_files()))

    def gone(self, within: float) -> str:
        """Empty once nothing new is left; after ``within`` seconds, what still is."""
        deadline = time.monotonic() + within
        while told := self._new():
            if time.monotonic() >= deadline:
                return told
            time.sleep(0.02)
        return ""

    def _new(self) -> str:
        now = type(self).now()
        threads = sorted(now.threads - self.threads)
        files = sorted(f"{number} → {what}" for number, what in now.files.items() if number not in self.files)
        return ", ".join(threads + files)


def _open_files() -> list[tuple[str, str]]:
    if not _DESCRIPTORS.exists():
        return []
    found = []
    for descriptor in list(_DESCRIPTORS.iterdir()):
        try:
            found.append((descriptor.name, str(descriptor.readlink())))
        except OSError:
            continue  # the descriptor of this very listing
    return found
