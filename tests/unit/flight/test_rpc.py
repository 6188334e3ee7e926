import pytest

from gateway.errors import RequestMalformed
from gateway.flight.rpc import Caller, Rpc
from gateway.flight.session import Pushdown, switch
from gateway.policy import LOCAL


def rpc(**headers):
    return Rpc(Caller("ann", LOCAL), {name.replace("_", "-"): [value] for name, value in headers.items()})


def test_a_caller_may_shorten_the_time_limit_and_never_lengthen_it():
    assert rpc().timeout(60.0) == 60.0
    assert rpc().timeout(None) is None
    assert rpc(x_headgate_timeout="1.5").timeout(60.0) == 1.5
    assert rpc(x_headgate_timeout="90").timeout(60.0) == 60.0
    assert rpc(x_headgate_timeout="90").timeout(None) == 90.0


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon", "1e400", "1_000_000_000"])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(RequestMalformed):
        rpc(x_headgate_timeout=text).timeout(60.0)


def test_headers_name_the_catalog_and_schema_of_a_call():
    assert (rpc().session.catalog, rpc().session.schema) == ("", "")
    session = rpc(x_headgate_catalog="play", x_headgate_schema="events").session
    assert session.options().within == ("play", "events")


def test_switches():
    texts = ("", "on", "ON", "true", "off", "False", "verify", "Verify")
    on, off, verify = Pushdown.ON, Pushdown.OFF, Pushdown.VERIFY
    assert [switch(text, on) for text in texts] == [on] * 4 + [off] * 2 + [verify] * 2
    assert switch("", verify) is verify
    with pytest.raises(RequestMalformed):
        switch("yes please", on)
