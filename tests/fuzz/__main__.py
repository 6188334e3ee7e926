"""``python -m tests.fuzz --seed 1 --count 10000 --placement postgres``: two processes, failures shrunk and saved."""

import argparse
import sys
import time
from contextlib import nullcontext

from tests.fuzz import cases
from tests.fuzz.placements import PLACEMENTS
from tests.fuzz.processes import shares
from tests.fuzz.runner import shrunk
from tests.fuzz.servers import filled


def main() -> int:
    """Run, and tell; the exit code says whether anything differed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first seed; the next ones follow")
    parser.add_argument("--count", type=int, default=1000, help="questions for each placement")
    parser.add_argument("--placement", choices=[*PLACEMENTS, "all"], default="duck")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="only tell whether anything differs")
    given = parser.parse_args()
    placements = list(PLACEMENTS) if given.placement == "all" else [given.placement]
    found = 0
    with nullcontext(None) if placements == ["duck"] else filled() as options:
        for placement in placements:
            own = None if placement == "duck" else options
            outcome = shares(placement, given.seed, given.count, own, given.processes)
            print(
                f"{placement}: {outcome.asked} questions from seed {given.seed}, {outcome.errors} of them errors, "
                f"{outcome.seconds:.0f} s, {len(outcome.failures)} differences",
                flush=True,
            )
            for failure in () if given.quick else outcome.failures:
                smaller, why = shrunk(placement, failure, own)
                path = cases.save(f"{placement}_{failure.seed}", smaller, why)
                print(f"  seed {failure.seed}: {why}\n    {smaller.sql}\n    kept as {path.name}", flush=True)
            found += len(outcome.failures)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
