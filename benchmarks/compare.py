"""``python -m benchmarks.compare A.json B.json``: what changed from one run to another.

Two runs may have met a machine in different moods, so the ratios against rivals tell more than the figures.
"""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.ratios import OURS, against
from benchmarks.results import Case, Run, read


def lines(before: Run, after: Run) -> Iterator[str]:
    """One line for each case of the gateway that both runs have."""
    earlier = {(one.name, case.name): case for one in before.scenarios for case in one.cases}
    for scenario in after.scenarios:
        for case in scenario.cases:
            old = earlier.get((scenario.name, case.name))
            if old and (told := _changed(old, case)):
                yield f"{scenario.name} · {case.name} · {OURS}: {told}"


def _changed(old: Case, new: Case) -> str:
    first, second = _middle(old), _middle(new)
    if first is None or second is None:
        return ""
    told = [f"{first:.1f} → {second:.1f} {new.unit} (×{second / first:.2f})"]
    for rival in new.figures:
        before, after = against(old, rival), against(new, rival)
        if rival != OURS and before and after:
            change = after.median / before.median
            told.append(f"÷ {rival} {before.median:.2f} → {after.median:.2f} (×{change:.2f})")
    return "; ".join(told)


def _middle(case: Case) -> float | None:
    figure = case.figures.get(OURS)
    return statistics.median(figure.values) if figure and figure.values and not figure.flaw else None


def main() -> int:
    """Print the comparison of two files."""
    if len(sys.argv) != 3:
        print("usage: python -m benchmarks.compare A.json B.json", file=sys.stderr)
        return 2
    for line in lines(*(read(Path(path)) for path in sys.argv[1:])):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
