"""Who is let in, in which order, and who is refused."""

import threading
import time

import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, DeadlineExceeded
from gateway.errors import Overloaded
from gateway.flight.admission import Admission, Calls


def test_so_many_are_let_in_and_places_become_free():
    gate = Admission(places=2, queue=5, seconds=0.1)
    gate.enter(Call(), "ann")
    gate.enter(Call(), "ann")
    with pytest.raises(Overloaded, match="runs as many queries as it may"):
        gate.enter(Call(), "bob")
    assert (gate.running, gate.queued) == (2, 0)
    threading.Timer(0.02, gate.leave, ["ann"]).start()
    gate.enter(Call(), "bob")
    assert gate.running == 2
    for owner in ("ann", "bob"):
        gate.leave(owner)
    assert (gate.running, gate.queued) == (0, 0)


def test_a_full_queue_refuses_at_once():
    gate = Admission(places=1, queue=0, seconds=30)
    gate.enter(Call(), "ann")
    started = time.monotonic()
    with pytest.raises(Overloaded):
        gate.enter(Call(), "bob")
    assert time.monotonic() - started < 1


def test_a_cancelled_or_late_call_leaves_the_queue():
    gate = Admission(places=1, queue=5, seconds=30)
    gate.enter(Call(), "ann")
    call = Call()
    threading.Timer(0.05, call.cancel).start()
    with pytest.raises(CallCancelled):
        gate.enter(call, "ann")
    with pytest.raises(CallCancelled):
        gate.enter(call, "ann")
    with pytest.raises(DeadlineExceeded):
        gate.enter(Call(timeout=0.05), "ann")
    gate.leave("ann")
    gate.enter(Call(), "ann")
    assert (gate.running, gate.queued) == (1, 0)


class Line:
    """Queries that wait for a gate, one thread each; who was let in, in order."""

    def __init__(self, gate: Admission) -> None:
        self.gate = gate
        self.admitted: list[str] = []
        self._threads: list[threading.Thread] = []

    def join(self, owner: str) -> None:
        waiting = self.gate.queued
        self._threads.append(threading.Thread(target=self._wait, args=(owner,)))
        self._threads[-1].start()
        deadline = time.monotonic() + 5
        while self.gate.queued == waiting:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def _wait(self, owner: str) -> None:
        self.gate.enter(Call(), owner)
        self.admitted.append(owner)

    def leave_one(self, owner: str) -> list[str]:
        """Give a place back; all who were let in by then, oldest first."""
        before = len(self.admitted)
        self.gate.leave(owner)
        deadline = time.monotonic() + 5
        while len(self.admitted) == before:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return self.admitted

    def end(self) -> None:
        for thread in self._threads:
            thread.join(5)


def test_a_free_place_goes_to_who_runs_the_fewest_and_then_to_who_has_waited_longest():
    gate = Admission(places=2, queue=9, seconds=30)
    gate.enter(Call(), "ann")
    gate.enter(Call(), "ann")
    line = Line(gate)
    for owner in ("ann", "ann", "bob", "zoe"):
        line.join(owner)
    assert line.leave_one("ann") == ["bob"]
    assert line.leave_one("bob") == ["bob", "zoe"]
    assert line.leave_one("zoe") == ["bob", "zoe", "ann"]
    assert line.leave_one("ann") == ["bob", "zoe", "ann", "ann"]
    line.end()
    assert (gate.running, gate.queued) == (2, 0)


def test_one_owner_takes_only_a_share_of_places_and_queue():
    gate = Admission(places=4, queue=4, seconds=0.05, share=0.5)
    line = Line(gate)
    for _ in range(2):
        gate.enter(Call(), "ann")
    with pytest.raises(Overloaded):  # two places are free, and not for ann
        gate.enter(Call(), "ann")
    gate.enter(Call(), "bob")
    gate._seconds = 30
    line.join("ann")
    line.join("ann")
    with pytest.raises(Overloaded, match="You run as many queries as one user may"):
        gate.enter(Call(), "ann")
    gate.enter(Call(), "zoe")
    assert (gate.running, gate.queued) == (4, 2)
    assert line.leave_one("ann") == ["ann"]
    assert line.leave_one("ann") == ["ann", "ann"]
    line.end()


def test_the_smallest_share_is_one_place():
    gate = Admission(places=2, queue=2, seconds=0.05, share=0.01)
    gate.enter(Call(), "ann")
    with pytest.raises(Overloaded):
        gate.enter(Call(), "ann")
    gate.enter(Call(), "bob")


def test_calls_are_counted_in_and_out_and_one_owner_takes_a_share():
    calls = Calls(4, share=0.5)
    slots = [calls.enter() for _ in range(4)]
    with pytest.raises(Overloaded, match="answers as many calls"):
        calls.enter()
    slots[0].own("ann")
    slots[1].own("ann")
    with pytest.raises(Overloaded, match="as many calls at once as one user may"):
        slots[2].own("ann")
    slots[2].own("bob")
    for slot in slots:
        slot.leave()
        slot.leave()
    assert len(calls) == 0
    assert not calls._owned
