"""Shares a run among processes, because planning and comparing are bound by one processor each."""

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz.runner import Outcome, run
from tests.landscape import Options


def shares(placement: str, seed: int, count: int, options: Options | None, processes: int = 2) -> Outcome:
    """Ask ``count`` questions from ``seed`` on, the work divided evenly; ``seconds`` is what it took in all."""
    started = time.perf_counter()
    total = Outcome()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = [
            pool.submit(run, placement, range(seed + at, seed + count, processes), options) for at in range(processes)
        ]
        for part in parts:
            outcome = part.result()
            total.asked += outcome.asked
            total.errors += outcome.errors
            total.failures += outcome.failures
    total.seconds = time.perf_counter() - started
    return total
