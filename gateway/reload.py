"""The catalog in force: read anew when its files change or when asked, and replaced only as a whole.

A broken edit keeps the last good catalog and is told in the log. Queries keep the catalog they were planned with.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from watchfiles import watch

from connectors.errors import HeadgateError
from gateway.catalog import Catalog
from gateway.contracts import Agreement, contract_files, remembered
from gateway.errors import ConfigInvalid

_log = logging.getLogger("headgate.catalog")
_ASK_AGAIN_SECONDS = 10.0
_LOOK_MILLISECONDS = 2_000

Read = Callable[[], Agreement]
Marks = frozenset[tuple[Path, int, int]]


class CatalogInForce:
    """Holds the catalog. ``read`` reads the contracts and asks the stores; it raises ConfigInvalid for a broken edit.

    Call it to get the catalog of this moment.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._reloading = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._agreement = read()
        self._tell_stores(())

    def __call__(self) -> Catalog:
        """The catalog in force now."""
        return self._agreement.catalog

    @property
    def agreement(self) -> Agreement:
        """The catalog in force, with what was found when it was read."""
        return self._agreement

    def reload(self) -> bool:
        """Read the contracts now; whether they are in force. What is wrong with them goes to the log."""
        with self._reloading:
            before = self._agreement
            try:
                made = remembered(self._read(), before)
                if made.problems:
                    raise ConfigInvalid.listing(made.problems)
            except HeadgateError as problem:
                _log.error("the catalog is not reloaded, the last good one stays: %s", problem)
                return False
            except Exception:
                # A fault of ours must not end the thread that watches: the next edit deserves to be read.
                _log.exception("the catalog is not reloaded, the last good one stays")
                return False
            if made.catalog == before.catalog:
                made = replace(made, catalog=before.catalog)  # what was made over that object stays good
            else:
                _log.info("catalog %s is in force", made.catalog.version)
            self._agreement = made
            self._tell_stores(before.unreachable)
            return True

    def watch(self, folder: Path) -> None:
        """From now on reload when a file of ``folder`` changes, and ask again for stores that could not be asked."""
        seen = _marks(folder)
        for work in (lambda: self._follow(folder, seen), self._ask_again):
            thread = threading.Thread(target=work, name="headgate-catalog", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop watching. Idempotent."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()

    def _follow(self, folder: Path, seen: Marks) -> None:
        """Look whenever a change is announced, and every other second, since some mounts announce nothing."""
        while not self._stopping.is_set():
            try:
                for _ in self._looks(folder):
                    if (now := _marks(folder)) != seen:
                        seen = now
                        self.reload()
            except OSError:
                # The folder is gone, or may not be watched; it may come back.
                self._stopping.wait(_LOOK_MILLISECONDS / 1000)

    def _looks(self, folder: Path) -> Iterator[object]:
        return watch(
            folder,
            stop_event=self._stopping,
            rust_timeout=_LOOK_MILLISECONDS,
            yield_on_timeout=True,
            raise_interrupt=False,
        )

    def _ask_again(self) -> None:
        while not self._stopping.wait(_ASK_AGAIN_SECONDS):
            if self._agreement.unreachable:
                self.reload()

    def _tell_stores(self, silent_before: tuple[str, ...]) -> None:
        for store in self._agreement.unreachable:
            if store not in silent_before:
                _log.warning(
                    "the store %s could not be asked about its tables; its contracts are taken at their word", store
                )


def _marks(folder: Path) -> Marks:
    """What changes whenever a contract does: the path, size and time of every file."""
    found = set()
    for path in contract_files(folder):
        with suppress(OSError):
            told = path.stat()
            found.add((path, told.st_size, told.st_mtime_ns))
    return frozenset(found)
