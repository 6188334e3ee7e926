"""Waiting for a process that goes on computing after its answer."""

import itertools
import os
import subprocess
import sys

import pytest

from benchmarks import processes


def test_it_is_waited_until_nothing_more_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([5, 7, 8, 8])
    monkeypatch.setattr(processes, "_computed", lambda pids: next(ticks))
    processes.rested([1], most=60)
    assert list(ticks) == []


def test_a_process_that_never_rests_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(processes, "_computed", lambda pids: next(ticks))
    processes.rested([1], most=0.05)
    assert next(ticks) > 1


def test_the_kernel_counts_what_was_computed_by_those_that_are_there() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert processes._computed([gone.pid]) == 0
    before = processes._computed([os.getpid(), gone.pid])
    while processes._computed([os.getpid()]) == before:
        sum(range(100_000))
    assert processes._computed([os.getpid()]) > before
