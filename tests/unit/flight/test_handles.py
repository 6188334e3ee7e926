import time

import pytest

from gateway.errors import TicketInvalid
from gateway.flight.handles import Keyring, Seal, Sealed

OLD, NEW = b"o" * 32, b"n" * 32


def content(**changes):
    return Sealed(**{"expires": time.time() + 60, "principal": "ann", "sql": "SELECT 'ß'"} | changes)


@pytest.mark.parametrize("kind", Seal)
def test_what_was_sealed_is_opened(kind):
    ring = Keyring()
    for made in (
        content(),
        content(pushdown="verify", parameters=b"", timeout=0.0),
        content(parameters=b"\x00", timeout=1.5, query_id="q", profile="full", fingerprint=b"\xff"),
    ):
        assert ring.open(kind, ring.seal(kind, made)) == made


def test_a_seal_is_good_for_one_kind_only():
    ring = Keyring()
    for kind in Seal:
        blob = ring.seal(kind, content())
        for other in set(Seal) - {kind}:
            with pytest.raises(TicketInvalid, match="not issued by this gateway"):
                ring.open(other, blob)


def test_keys_rotate_without_breaking_what_is_out():
    before, during, after = Keyring([OLD]), Keyring([NEW, OLD]), Keyring([NEW])
    old, new = before.seal(Seal.TICKET, content()), during.seal(Seal.TICKET, content())
    assert during.open(Seal.TICKET, old).principal == "ann"
    assert after.open(Seal.TICKET, new).principal == "ann"
    with pytest.raises(TicketInvalid):
        after.open(Seal.TICKET, old)
    with pytest.raises(TicketInvalid):
        before.open(Seal.TICKET, new)


def test_expired_seals_open_only_where_that_is_asked_for():
    ring = Keyring()
    blob = ring.seal(Seal.PREPARED, content(expires=time.time() - 1))
    with pytest.raises(TicketInvalid, match="The prepared statement has expired"):
        ring.open(Seal.PREPARED, blob)
    assert ring.open(Seal.PREPARED, blob, expired=True).sql == "SELECT 'ß'"


def test_no_altered_or_cut_seal_opens():
    ring = Keyring()
    blob = ring.seal(Seal.TICKET, content())
    bad = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :] for at in range(len(blob))]
    bad += [blob[:at] for at in range(len(blob))] + [blob + b"\x00"]
    for one in bad:
        with pytest.raises(TicketInvalid):
            ring.open(Seal.TICKET, one)


def test_a_seal_hides_its_content_and_never_repeats():
    ring = Keyring()
    made = content()
    first, second = ring.seal(Seal.TICKET, made), ring.seal(Seal.TICKET, made)
    assert first != second
    assert b"SELECT" not in first
    assert b"ann" not in first
