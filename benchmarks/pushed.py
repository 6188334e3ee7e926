"""``python -m benchmarks.pushed``: each question pushed and unpushed in turn, over the embedded mesh; ratios count.

The two ways run A B A B … in one process, after a warm-up of both; figures are medians, and the ratio is taken pair
by pair. Planning is timed apart, because it is what a small question costs.
"""

import statistics
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from connectors.call import Call
from gateway.app import open_gateway
from gateway.config import load
from gateway.demo.mesh import running_mesh
from gateway.demo.questions import ROYALTIES
from gateway.policy import LOCAL
from gateway.service import LocalService, Options

PAIRS = 15
QUESTIONS = {
    "select 1": "SELECT 1",
    "one row of a table": "SELECT * FROM artists.catalog.songs WHERE song_id = 17",
    "filter and group in one store": (
        "SELECT label_id, count(*), sum(amount) FROM payments.royalties.statements "
        "WHERE status = 'open' GROUP BY label_id"
    ),
    "join in one store": (
        "SELECT l.name, count(*) FROM artists.catalog.songs s JOIN artists.catalog.labels l ON l.label_id = s.label_id "
        "GROUP BY l.name"
    ),
    "the headline, four stores": ROYALTIES,
}


def main() -> None:
    """Measure and print."""
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 0.1
    table = Table(
        "question", "plan ms", "pushed ms", "unpushed ms", "pushed / unpushed", "bytes moved pushed / unpushed"
    )
    with running_mesh(scale) as mesh, open_gateway(load(mesh.config)) as gateway:
        for name, sql in QUESTIONS.items():
            table.add_row(name, *_measure(gateway.service, sql))
    Console(width=140).print(table)


def _measure(service: LocalService, sql: str) -> tuple[str, ...]:
    ways = {pushdown: _asker(service, sql, pushdown=pushdown) for pushdown in (True, False)}
    moved = [ways[pushdown]()[1] for pushdown in (True, False)]
    pairs = [(ways[True]()[0], ways[False]()[0]) for _ in range(PAIRS)]
    pushed, unpushed = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(on / off for on, off in pairs)
    planning = statistics.median(_timed(lambda: service.prepare(sql, LOCAL)) for _ in range(PAIRS))
    return f"{planning:.1f}", f"{pushed:.1f}", f"{unpushed:.1f}", f"{ratio:.2f}", f"{moved[0]:,} / {moved[1]:,}"


def _asker(service: LocalService, sql: str, *, pushdown: bool) -> Callable[[], tuple[float, int]]:
    def ask() -> tuple[float, int]:
        started = time.perf_counter()
        answer = service.run(service.prepare(sql, LOCAL, options=Options(pushdown=pushdown)), Call(timeout=60))
        for _ in answer:
            pass
        moved = sum(leaf.bytes for leaf in getattr(answer, "moved", ()) if leaf.how != "in place")
        return (time.perf_counter() - started) * 1000, moved

    return ask


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
