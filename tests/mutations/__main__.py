"""``python -m tests.mutations [--jobs 2] [part of a name …]``: each bug in a copy of the tree, against the fast tests.

A bug is killed when a test fails, survives when none does, and is stale when its text is not there (once) any more.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutations.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
SECONDS = 600


def main() -> int:
    """Try them, and tell; the exit code says whether all were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; none means all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--unchecked", action="store_true", help="do not run the tests without any bug first")
    given = parser.parse_args()
    wanted = [mutant for mutant in MUTANTS if not given.names or any(name in mutant.name for name in given.names)]
    with tempfile.TemporaryDirectory(prefix="headgate-mutations-") as folder:
        trees: Queue[Path] = Queue()
        for number in range(given.jobs):
            trees.put(_copy(Path(folder) / str(number)))

        sound = () if given.unchecked else _tests(wanted)
        if broken := next(filter(None, (_failure(Path(folder) / "0", tests) for tests in sound)), ""):
            print(f"Without any bug the tests fail ({broken}); mend that first.")
            return 1

        def tried(mutant: Mutant) -> str:
            tree = trees.get()
            try:
                outcome = _try(mutant, tree)
            finally:
                trees.put(tree)
            print(f"{mutant.name}: {outcome}", flush=True)
            return outcome

        with ThreadPoolExecutor(given.jobs) as pool:
            outcomes = list(pool.map(tried, wanted))
    killed = sum(outcome.startswith("killed") for outcome in outcomes)
    print(f"{killed} of {len(outcomes)} killed")
    return 0 if killed == len(outcomes) > 0 else 1


def _tests(mutants: list[Mutant]) -> list[str]:
    return list(dict.fromkeys(tests for mutant in mutants for tests in mutant.tests))


def _copy(tree: Path) -> Path:
    """What git knows of this tree, as it is now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, timeout=60).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    (tree / ".services").symlink_to(ROOT / ".services")
    return tree


def _try(mutant: Mutant, tree: Path) -> str:
    path = tree / mutant.file
    sound = path.read_text()
    if sound.count(mutant.old) != 1:
        return "stale"
    path.write_text(sound.replace(mutant.old, mutant.new))
    try:
        return next((found for tests in mutant.tests if (found := _failure(tree, tests))), "survived")
    finally:
        path.write_text(sound)


def _failure(tree: Path, tests: str) -> str:
    """How the tests fail, empty when they do not. The copy comes before what is installed."""
    command = [sys.executable, "-m", *_command(tests)]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "killed by its time limit"
    if done.returncode == 0:
        return ""
    failed = [line.split(" ")[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"killed by {failed[0] if failed else tests}"


def _command(tests: str) -> list[str]:
    if tests.startswith("fuzz "):
        _, placement, count = tests.split()
        return ["tests.fuzz", "--quick", "--seed", "0", "--placement", placement, "--count", count]
    return ["pytest", "-q", "-x", "-p", "no:cacheprovider", tests]


if __name__ == "__main__":
    sys.exit(main())
