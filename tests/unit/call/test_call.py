"""The one switch that stops everything done for a query."""

import threading
import time

import pytest

from connectors.call import Call
from connectors.errors import CallCancelled, DeadlineExceeded, StoreUnavailable


def test_a_fresh_call_goes_on() -> None:
    call = Call()
    call.check()
    assert (call.cancelled, call.remaining(), call.remaining(3.0)) == (False, None, 3.0)
    assert len({Call().id for _ in range(100)}) == 100


def test_the_deadline_is_told_and_enforced_where_code_passes_by() -> None:
    call = Call(timeout=0.0)
    assert call.remaining() == 0.0
    with pytest.raises(DeadlineExceeded):
        call.check()
    assert 8 < Call(timeout=10).remaining(9.0) <= 9.0


def test_cancelling_runs_every_stop_once_and_keeps_the_first_reason() -> None:
    call = Call()
    ran: list[str] = []
    with call.on_cancel(lambda: ran.append("one")), call.on_cancel(lambda: ran.append("two")):
        call.cancel(StoreUnavailable("first"))
        call.cancel(StoreUnavailable("second"))
    assert sorted(ran) == ["one", "two"]
    with pytest.raises(StoreUnavailable, match="first"):
        call.check()


def test_a_stop_that_fails_does_not_keep_the_others_from_running() -> None:
    call = Call()
    ran: list[int] = []

    def broken() -> None:
        raise RuntimeError("no")

    with call.on_cancel(broken), call.on_cancel(lambda: ran.append(1)):
        call.cancel()
    assert ran == [1]


def test_a_stop_that_comes_late_runs_at_once_and_one_that_left_never() -> None:
    call = Call()
    ran: list[str] = []
    with call.on_cancel(lambda: ran.append("left")):
        pass
    call.cancel()
    with call.on_cancel(lambda: ran.append("late")):
        assert ran == ["late"]
    with pytest.raises(CallCancelled):
        call.check()


def test_waiting_ends_with_the_cancelling() -> None:
    call = Call()
    threading.Timer(0.05, call.cancel).start()
    started = time.monotonic()
    assert call.wait(10)
    assert time.monotonic() - started < 5
    assert not Call().wait(0.0)
