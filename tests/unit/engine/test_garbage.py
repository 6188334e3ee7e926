"""How a serving process collects garbage. It concerns the whole process, so each test has one of its own."""

import subprocess
import sys


def told(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def test_what_is_there_is_kept_out_of_later_collections() -> None:
    text = """
import gc
from gateway.garbage import settle
class Node: pass
kept = [Node() for _ in range(1000)]
before = gc.get_threshold()
settle()
print(gc.get_freeze_count() >= 1000, all(new > old for new, old in zip(gc.get_threshold(), before)))
"""
    assert told(text) == "True True"


def test_nothing_is_left_for_a_library_to_complain_of_at_the_end() -> None:
    text = """
from connectors.files import PinnedFiles
from gateway.database import Database, Limits
from gateway.garbage import settle
database = Database(Limits(), PinnedFiles())
settle()
database.admit("SELECT 1 AS a", ())
database.close()
"""
    done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_what_comes_later_is_still_collected() -> None:
    text = """
import gc, weakref
from gateway.garbage import settle
class Node: pass
settle()
node = Node()
node.me, seen = node, weakref.ref(node)
del node
for _ in range(50_000):
    ring = Node()
    ring.me = ring
print(seen() is None, sum(isinstance(one, Node) for one in gc.get_objects()) < 25_000)
"""
    assert told(text) == "True True"
