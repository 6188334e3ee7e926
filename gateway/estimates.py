"""What stores expect of fragments, remembered for a short while: planning must not wait for them each time."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from connectors.spi import Connector, Estimate, Fragment

_SECONDS = 60.0
_KEPT = 2_000


class Estimates:
    """Asks a store once in 60 seconds for each fragment. Thread-safe; two threads may ask for the same."""

    def __init__(self, connectors: Mapping[str, Connector], clock: Callable[[], float] = time.monotonic) -> None:
        self._connectors = connectors
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[float, Estimate | None]] = OrderedDict()

    def __call__(self, store: str, fragment: Fragment) -> Estimate | None:
        """The size and cost that the store expects of a fragment; None when it cannot say."""
        key = (store, fragment.text)
        with self._lock:
            known = self._known.get(key)
            if known and known[0] > self._clock():
                return known[1]
        found = self._connectors[store].estimate(fragment)
        with self._lock:
            self._known[key] = self._clock() + _SECONDS, found
            self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found
