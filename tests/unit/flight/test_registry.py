import threading
import time

import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, DeadlineExceeded
from gateway.flight.registry import QueryUnknown, Registry, Running


@pytest.fixture
def registry():
    made = Registry(idle_seconds=0.1)
    yield made
    made.close()


def ended(call) -> Exception:
    assert call.wait(2)
    with pytest.raises(Exception) as caught:
        call.check()
    return caught.value


def test_a_client_that_is_gone_ends_its_call(registry):
    call, gone = Call(), threading.Event()
    registry.add(Running(call, "ann", gone.is_set))
    assert not call.wait(0.15)
    gone.set()
    assert str(ended(call)) == "CANCELLED: The client went away."


def test_a_deadline_ends_a_call_stuck_elsewhere(registry):
    call = Call(timeout=0.1)
    stopped = threading.Event()
    running = Running(call, "ann", lambda: False)
    with call.on_cancel(stopped.set):
        registry.add(running)
        assert stopped.wait(2)
    assert isinstance(ended(call), DeadlineExceeded)
    assert isinstance(running.reason, DeadlineExceeded)


def test_only_a_client_that_keeps_the_server_waiting_is_idle(registry):
    busy, idle = (Running(Call(), "ann", lambda: False) for _ in range(2))
    registry.add(busy)
    registry.add(idle)
    idle.waiting_since = time.monotonic()
    assert "The client stopped reading" in str(ended(idle.call))
    assert not busy.call.cancelled


def test_after_removal_the_client_is_never_asked_about_again(registry):
    asked = []
    running = Running(Call(), "ann", lambda: bool(asked.append(1)))
    registry.add(running)
    deadline = time.monotonic() + 2
    while not asked and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    registry.remove(running)
    count = len(asked)
    assert count > 0
    assert not running.call.wait(0.2)
    assert len(asked) == count
    registry.remove(running)
    assert len(registry) == 0


def test_cancelling_needs_the_id_and_the_owner(registry):
    call = Call(id="q1")
    registry.add(Running(call, "ann", lambda: False))
    for query_id, owner in (("q1", "bob"), ("q2", "ann"), ("q1", "")):
        with pytest.raises(QueryUnknown, match="No running query has that id"):
            registry.cancel(query_id, owner)
    assert not call.cancelled
    registry.cancel("q1", "ann")
    assert isinstance(ended(call), CallCancelled)


def test_waiting_for_the_last_one(registry):
    running = Running(Call(), "ann", lambda: False)
    registry.add(running)
    assert registry.wait_until_empty(0.05) is False
    threading.Timer(0.05, registry.remove, [running]).start()
    assert registry.wait_until_empty(2) is True
