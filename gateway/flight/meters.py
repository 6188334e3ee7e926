"""What the Flight server counts."""

from collections.abc import Callable

from gateway.metrics import Metrics
from gateway.planner.plan import Plan

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)
_REFUSALS = frozenset({"OVERLOADED", "DRAINING"})


class Meters:
    """The metrics of calls and queries. Outcomes are ``OK`` or the code of an error."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._calls = metrics.counter("headgate_calls_total", "Calls (RPCs) answered.", ("method", "outcome"))
        self._refused = metrics.counter("headgate_refused_total", "Calls refused for lack of room.", ("code",))
        self._queries = metrics.counter("headgate_queries_total", "Queries that ended.", ("outcome",))
        self._seconds = metrics.histogram("headgate_query_seconds", "From fetching to the end, queueing too.", _SECONDS)
        self._rows = metrics.counter("headgate_rows_sent_total", "Rows sent to clients.")
        self._bytes = metrics.counter("headgate_bytes_sent_total", "Bytes of Arrow buffers sent to clients.")
        self._fragments = metrics.counter("headgate_fragments_total", "Fragments and scans by store.", ("store",))

    def gauges(self, calls: Callable[[], int], running: Callable[[], int], queued: Callable[[], int]) -> None:
        """Have the present state read whenever the metrics are."""
        self._metrics.gauge("headgate_calls_running", "Calls (RPCs) under way.", calls)
        self._metrics.gauge("headgate_queries_running", "Queries that run.", running)
        self._metrics.gauge("headgate_queries_queued", "Queries that wait for a place.", queued)

    def called(self, method: str, outcome: str) -> None:
        """Count an RPC."""
        self._calls.add(1, method, outcome)
        if outcome in _REFUSALS:
            self._refused.add(1, outcome)

    def began(self, plan: Plan) -> None:
        """Count what a plan asks of each store."""
        for origin in (*(made.origin for made in plan.fragments), *(made.origin for made in plan.scans)):
            self._fragments.add(1, origin.store)

    def ended(self, outcome: str, rows: int, size: int, seconds: float) -> None:
        """Count a query and what was sent of its answer (``size`` in bytes)."""
        self._queries.add(1, outcome)
        self._rows.add(rows)
        self._bytes.add(size)
        self._seconds.observe(seconds)
