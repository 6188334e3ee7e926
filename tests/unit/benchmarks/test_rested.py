"""Waiting for a process that goes on computing after its answer."""

import subprocess
import sys
import time

from benchmarks.processes import rested


def test_an_idle_process_is_not_waited_for_and_a_busy_one_no_longer_than_allowed() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE)
    idle = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert busy.stdout is not None
        busy.stdout.readline()
        started = time.monotonic()
        rested([busy.pid], most=0.3)
        waited = time.monotonic() - started
        assert 0.3 <= waited < 10
        rested([idle.pid], most=60)
        assert time.monotonic() - started - waited < 30
    finally:
        for process in (busy, idle):
            process.kill()
            process.wait()


def test_a_process_that_has_ended_is_no_reason_to_wait() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    started = time.monotonic()
    rested([gone.pid], most=60)
    assert time.monotonic() - started < 30
