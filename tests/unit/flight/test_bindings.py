from gateway.flight.bindings import Bindings


def test_the_last_row_is_kept_until_it_is_dropped():
    bindings = Bindings()
    assert bindings.get(b"a") is None
    bindings.put(b"a", b"one")
    bindings.put(b"a", b"two")
    bindings.put(b"b", None)
    assert (bindings.get(b"a"), bindings.get(b"b")) == (b"two", None)
    bindings.drop(b"a")
    bindings.drop(b"a")
    assert bindings.get(b"a") is None


def test_bounded_in_number(monkeypatch):
    monkeypatch.setattr(Bindings, "ENTRIES", 3)
    bindings = Bindings()
    for handle in (b"a", b"b", b"c", b"a", b"d"):
        bindings.put(handle, handle)
    assert [bindings.get(handle) for handle in (b"a", b"b", b"c", b"d")] == [b"a", None, b"c", b"d"]


def test_bounded_in_size_also_after_dropping_and_replacing(monkeypatch):
    monkeypatch.setattr(Bindings, "BYTES", 10)
    bindings = Bindings()
    for _ in range(5):
        bindings.put(b"a", b"1234")
        bindings.put(b"b", b"1234")
        bindings.drop(b"b")
    bindings.put(b"b", b"123456")
    assert (bindings.get(b"a"), bindings.get(b"b")) == (b"1234", b"123456")
    bindings.put(b"c", b"1")
    assert [bindings.get(handle) for handle in (b"a", b"b", b"c")] == [None, b"123456", b"1"]
    bindings.put(b"d", b"12345678901")
    assert [bindings.get(handle) for handle in (b"a", b"b", b"c", b"d")] == [None] * 4


def test_bounded_in_time(monkeypatch):
    monkeypatch.setattr(Bindings, "SECONDS", -1.0)
    bindings = Bindings()
    bindings.put(b"a", b"1")
    assert bindings.get(b"a") is None
