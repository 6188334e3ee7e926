"""The YAML of contracts: what plain words mean, and what is refused before anything is built."""

import pytest

from gateway.contracts.reading import MAX_BYTES, Unreadable, read


def test_words_mean_what_yaml_1_2_says():
    text = """
    text: [no, on, yes, 2026-03-01, 12:30:00, 0x1F, 1_000, <<, =, "1", 'true', 1.2.0, .nan, .inf, "", +, '~']
    numbers: [1, -7, 010, 1.0, 1e3, -.5, 999999999999999999]
    long: 99999999999999999999
    words: [true, False, null, ~, ]
    nothing:
    block: |
      two
      lines
    """
    assert read(text.encode()) == {
        "text": [
            "no", "on", "yes", "2026-03-01", "12:30:00", "0x1F", "1_000", "<<", "=", "1", "true", "1.2.0", ".nan",
            ".inf", "", "+", "~",
        ],
        "numbers": [1, -7, 10, 1.0, 1000.0, -0.5, 999999999999999999],
        "long": 1e20,
        "words": [True, False, None, None],
        "nothing": None,
        "block": "two\nlines\n",
    }  # fmt: skip


def test_a_mark_of_utf_8_at_the_beginning_is_left_out():
    assert read("\ufeffname: Zoë".encode()) == {"name": "Zoë"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is not a mapping"),
        (b"- 1", "it is not a mapping"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"a: \x00", "it is not YAML"),
        (b"a: [", "line 2: did not find expected node content"),
        (b"a: 1\n b: 2", "line 2: mapping values are not allowed in this context"),
        (b"a: 1\nb: 2\na: 3", "line 3: the key 'a' stands twice"),
        (b"a:\n  b: 2\n  b: 3", "line 3: the key 'b' stands twice"),
        (b"1: a", "line 1: a key is not text"),
        (b"? [a]\n: b", "line 1: a key is not text"),
        (b"a: 1\n---\nb: 2", "line 2: a second document begins; write one file for each contract"),
        (b"a: &x [1]\nb: *x", "line 2: aliases are not used in contracts"),
        (b"a: &x {b: *x}", "line 1: aliases are not used in contracts"),
        (b"a: !!python/object/apply:os.system [id]", "line 1: tags are not used in contracts"),
        (b"a: !!str 5", "line 1: tags are not used in contracts"),
        (b"!mine {a: 1}", "line 1: tags are not used in contracts"),
        (b"a: " + b"[" * 41 + b"]" * 41, "line 1: it is nested too deeply"),
        (b"[" * 900_000, "line 1: it is nested too deeply"),
        (b"{a: " * 200_000, "line 1: it is nested too deeply"),
        (b"# " + b"x" * MAX_BYTES, "it is larger than 1,000,000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(data, told):
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert str(refused.value) == told


def test_depth_up_to_the_limit_is_read():
    assert read(b"a: " + b"[" * 39 + b"]" * 39)["a"] != []


def test_aliases_that_would_mean_gigabytes_are_refused_at_the_first():
    laughs = "a: &a [lol, lol]\n" + "".join(
        f"{chr(98 + at)}: &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(24)
    )
    with pytest.raises(Unreadable, match=r"^line 2: aliases"):
        read(laughs.encode())
