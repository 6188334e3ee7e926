"""What a grant covers: patterns over ``domain.product``, as shells match names."""

from fnmatch import fnmatchcase

import pytest

from gateway.policy import Principal

PATTERNS = (
    "*", "", "play.events", "play.*", "*.events", "p?ay.events", "[pq]lay.events", "[!p]lay.events", "[",
    "play.[events", "play.e|x", "play.(events)", "a.b$", "^play.events", "play.*s", "*.*.*", "play\\.events",
    "play.events\n",
)  # fmt: skip
NAMES = (
    "play.events", "qlay.events", "Play.events", "play.event", "play.events@1", "artists.catalog", "", "play.[events",
    "play.e|x", "play.(events)", "a.b$", "a.b", "play.events\n", "play\\.events", "x.play.events", "[",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_one_pattern_covers_what_a_shell_would_match(pattern):
    who = Principal("ann", (pattern,))
    assert [name for name in NAMES if who.may_read(name)] == [name for name in NAMES if fnmatchcase(name, pattern)]


def test_several_patterns_cover_what_one_of_them_does_and_no_mixture():
    covered = {
        name: Principal("ann", ("play.e*", "*.catalog", "[!p]*x")).may_read(name)
        for name in ("play.events", "artists.catalog", "play.facts", "play.ecatalog", "artists.catalogs", "qx", "px")
    }
    assert [name for name, may in covered.items() if may] == ["play.events", "artists.catalog", "play.ecatalog", "qx"]


def test_whoever_was_granted_nothing_reads_nothing():
    assert not any(Principal("nobody").may_read(name) for name in NAMES)
