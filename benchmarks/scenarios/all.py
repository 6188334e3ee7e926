"""Every scenario under the name by which it is asked for, in the order in which all are measured."""

from collections.abc import Callable, Mapping

from benchmarks.results import Scenario
from benchmarks.scenarios import Setting, dashboard, extraction, growth, kafka, keys, small, startup, stream, tpch

SCENARIOS: Mapping[str, Callable[[Setting], Scenario]] = {
    "tpch-mixed": tpch.mixed,
    "tpch-postgres": tpch.postgres,
    "select-1": small.select_one,
    "point": small.point,
    "selective-join": keys.join,
    "result-stream": stream.stream,
    "postgres-extraction": extraction.postgres,
    "s3-scan": extraction.s3,
    "kafka": kafka.snapshot,
    "dashboard": dashboard.dashboard,
    "growth": growth.growth,
    "startup": startup.startup,
    "metadata": startup.metadata,
    "planning": startup.plans,
}
