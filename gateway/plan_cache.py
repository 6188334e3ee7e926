"""Plans that were made a moment ago for the same words of the same caller: planning them again would come out alike."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from gateway.catalog import Catalog
from gateway.planner.plan import Plan

_PLANS = 256
_SECONDS = 60.0


class PlanCache:
    """The latest plans over one catalog, for as long as the estimates hold that they rest on. Thread-safe.

    Another catalog (the object itself, whatever its version says) empties it. ``clock`` tells seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, plans: int = _PLANS) -> None:
        self._clock = clock
        self._most = plans
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._plans: OrderedDict[Hashable, tuple[float, Plan]] = OrderedDict()

    def get(self, catalog: Catalog, key: Hashable) -> Plan | None:
        """The plan that was kept under ``key`` for this catalog, if it is still good."""
        with self._lock:
            until, found = self._plans.get(key, (0.0, None)) if catalog is self._catalog else (0.0, None)
            if found is None or until <= self._clock():
                return None
            self._plans.move_to_end(key)
            return found

    def put(self, catalog: Catalog, key: Hashable, made: Plan) -> None:
        """Keep a plan that depends on nothing but the catalog and what ``key`` says."""
        with self._lock:
            if catalog is not self._catalog:
                self._catalog = catalog
                self._plans.clear()
            self._plans[key] = self._clock() + _SECONDS, made
            self._plans.move_to_end(key)
            while len(self._plans) > self._most:
                self._plans.popitem(last=False)


def told_apart(parameters: Sequence[Any] | None) -> Hashable:
    """Parameters as a key: 1, 1.0 and TRUE are equal to Python and not to SQL, and neither are 0.0 and -0.0."""
    return None if parameters is None else tuple((type(value).__qualname__, repr(value)) for value in parameters)
