import sys
import traceback

import pyarrow.flight as fl
import pytest

from gateway.errors import QueryFailed, Unauthenticated
from gateway.flight.errors import clipped, hide_tracebacks, translate, translated
from gateway.flight.rpc import Caller, Rpc
from gateway.policy import LOCAL


def test_messages_are_cut_by_bytes_and_keep_their_tail():
    assert clipped("short", " (query x)") == "short (query x)"
    for text in ("a" * 5_000, "é" * 5_000, "𝄞" * 5_000):
        cut = clipped(text, " (query x)")
        assert 1_490 < len(cut.encode()) <= 1_500
        assert cut.endswith("… (query x)")
    assert clipped("half a pair \ud800") == "half a pair ?"


def test_statuses():
    assert type(translate(Unauthenticated("x"), "q")) is fl.FlightUnauthenticatedError
    assert isinstance(translate(QueryFailed("x"), "q"), ValueError)
    assert str(translate(QueryFailed("x", hint="y."), "q")) == "QUERY_FAILED: x Hint: y. (query q)"


def test_tracebacks_are_hidden_from_arrow_only():
    hide_tracebacks()
    hide_tracebacks()
    try:
        raise ValueError("seen by Python")
    except ValueError as error:
        seen = traceback.format_exception(error)
        assert "seen by Python" in seen[-1]
        assert len(seen) > 2
        assert traceback.format_exception(*sys.exc_info()) == seen


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
def test_an_error_of_the_gateways_own_tells_nothing(kind):
    rpc = Rpc(Caller("ann", LOCAL), {})
    with pytest.raises(fl.FlightInternalError) as caught, translated(rpc):
        raise kind("secret")
    assert rpc.outcome == "INTERNAL"
    assert "secret" not in str(caught.value)
    assert rpc.id in str(caught.value)
    assert caught.value.__cause__ is None
