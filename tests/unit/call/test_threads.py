"""Work in the background, in threads that are used again."""

import gc
import threading
import weakref

import pytest

from connectors.threads import background

SECONDS = 20.0  # none of these waits takes as long, unless what is waited for never comes


def test_work_is_done_under_its_name_and_told_to_be_over() -> None:
    seen: list[tuple[str, bool]] = []

    def look() -> None:
        seen.append((threading.current_thread().name, threading.current_thread().daemon))

    for name in ("one", "other"):
        assert background(look, name).wait(SECONDS)
    assert seen == [("one", True), ("other", True)]


def test_one_after_the_other_takes_one_thread_and_both_at_once_two() -> None:
    threads: list[threading.Thread] = []
    met = threading.Barrier(2)

    def alone() -> None:
        threads.append(threading.current_thread())

    def together() -> None:
        threads.append(threading.current_thread())
        met.wait(SECONDS)

    for _ in range(3):
        assert background(alone, "alone").wait(SECONDS)
    assert len(set(threads)) == 1
    threads.clear()
    for over in [background(together, "together") for _ in range(2)]:
        assert over.wait(SECONDS)
    assert len(set(threads)) == 2


def test_a_thread_without_work_ends() -> None:
    threads: list[threading.Thread] = []
    assert background(lambda: threads.append(threading.current_thread()), "short").wait(SECONDS)
    threads[0].join(SECONDS)
    assert not threads[0].is_alive()
    assert background(lambda: threads.append(threading.current_thread()), "later").wait(SECONDS)
    assert threads[1] is not threads[0]


def test_nothing_holds_on_to_what_was_done() -> None:
    class Large:
        def read(self) -> None:
            pass

    large = Large()
    known = weakref.ref(large)
    over = background(large.read, "large")
    assert over.wait(SECONDS)
    del large
    again = background(lambda: None, "another")
    assert again.wait(SECONDS)
    gc.collect()
    assert known() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_raises_is_over_and_takes_its_thread_along() -> None:
    threads: list[threading.Thread] = []

    def fail() -> None:
        threads.append(threading.current_thread())
        raise LookupError

    assert background(fail, "failing").wait(SECONDS)
    threads[0].join(SECONDS)
    assert not threads[0].is_alive()
    assert background(lambda: threads.append(threading.current_thread()), "next").wait(SECONDS)
    assert threads[1] is not threads[0]
