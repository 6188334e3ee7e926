"""Deadlines that are kept wherever a call is stuck."""

import threading
from contextlib import ExitStack
from functools import partial

import pytest

from connectors.call import Call
from connectors.errors import DeadlineExceeded
from gateway.deadlines import deadline

SECONDS = 20.0  # none of these waits takes as long, unless what is waited for never comes


def test_calls_end_in_the_order_of_their_deadlines() -> None:
    calls = [Call(timeout=timeout) for timeout in (600.0, 0.2, 0.1)]
    ended: list[Call] = []
    over = threading.Event()
    with ExitStack() as held:
        for call in calls:
            held.enter_context(call.on_cancel(partial(ended.append, call)))
            held.enter_context(deadline(call))
        held.enter_context(calls[1].on_cancel(over.set))
        assert over.wait(SECONDS)
        assert ended == [calls[2], calls[1]]
    assert not calls[0].cancelled
    for call in calls[1:]:
        with pytest.raises(DeadlineExceeded):
            call.check()


def test_a_call_is_watched_until_the_last_block_is_left() -> None:
    call = Call(timeout=0.1)
    with deadline(call):
        with deadline(call):
            pass
        assert call.wait(SECONDS)


def test_a_call_that_is_over_is_left_alone() -> None:
    over, later = Call(timeout=0.05), Call(timeout=0.2)
    with deadline(over):
        pass
    with deadline(later):
        assert later.wait(SECONDS)
    assert not over.cancelled


def test_a_call_without_a_limit_is_not_watched() -> None:
    with deadline(Call()):
        before = threading.active_count()
        with deadline(Call(timeout=600)), deadline(Call(timeout=600)), deadline(Call(timeout=600)):
            assert threading.active_count() <= before + 1
