"""The catalog in force: read anew when its files change or when asked, and replaced only as a whole.

A broken edit keeps the last good catalog and is told in the log. Queries keep the catalog they were planned with.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import watch

from connectors.errors import HeadgateError
from gateway.catalog import Catalog
from gateway.contracts import Agreement
from gateway.errors import ConfigInvalid

_log = logging.getLogger("headgate.catalog")
_ASK_AGAIN_SECONDS = 10.0

Read = Callable[[], Agreement]


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
        self._warn()

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
            try:
                made = self._read()
                if made.problems:
                    raise ConfigInvalid.listing(made.problems)
            except HeadgateError as problem:
                _log.error("the catalog is not reloaded, the last good one stays: %s", problem)
                return False
            changed = made.catalog != self._agreement.catalog
            self._agreement = made
            if changed:
                _log.info("catalog %s is in force", made.catalog.version)
            self._warn()
            return True

    def watch(self, folder: Path) -> None:
        """From now on reload when a file of ``folder`` changes, and ask again for stores that could not be asked."""
        for work in (lambda: self._follow(folder), self._ask_again):
            thread = threading.Thread(target=work, name="headgate-catalog", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop watching. Idempotent."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()

    def _follow(self, folder: Path) -> None:
        for _ in watch(folder, stop_event=self._stopping, rust_timeout=200, raise_interrupt=False):
            self.reload()

    def _ask_again(self) -> None:
        while not self._stopping.wait(_ASK_AGAIN_SECONDS):
            if self._agreement.unreachable:
                self.reload()

    def _warn(self) -> None:
        for store in self._agreement.unreachable:
            _log.warning(
                "the store %s could not be asked about its tables; its contracts are taken at their word", store
            )
