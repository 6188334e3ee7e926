"""Draws ``<folder>/report.json``. Run by the Python of the environment that has Matplotlib."""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

COLOURS = ("#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#718096", "#b7791f")
BAR, GAP, FRAME = 0.09, 0.14, 0.9  # inches: a bar, between two cases, around a panel


def main(folder: Path) -> None:
    """One drawing for each scenario that has figures other than nothing."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "headgate"  # the same figures give the same file
    (folder / "report").mkdir(exist_ok=True)
    for scenario in json.loads((folder / "report.json").read_text("utf-8"))["scenarios"]:
        cases = [case for case in scenario["cases"] if any(_middle(one) > 0 for one in case["figures"].values())]
        if cases:
            _draw(scenario["name"], cases, folder / "report" / f"{scenario['name']}.svg")


def _draw(name: str, cases: list[dict[str, Any]], path: Path) -> None:
    """A panel for each unit, because milliseconds and answers per second have no axis in common."""
    found = dict.fromkeys(system for case in cases for system in case["figures"])
    systems = sorted(found, key=lambda system: system != "gateway")  # of one colour everywhere
    panels = [
        [case for case in cases if case["unit"] == unit] for unit in dict.fromkeys(case["unit"] for case in cases)
    ]
    heights = [len(panel) * (BAR * len(systems) + GAP) + FRAME for panel in panels]
    figure, rows = plt.subplots(
        len(panels), figsize=(8.0, sum(heights)), layout="constrained", height_ratios=heights, squeeze=False
    )
    for axes, panel in zip(rows[:, 0], panels, strict=True):
        _bars(axes, panel, systems)
    rows[0, 0].set_title(name)
    figure.legend(*rows[0, 0].get_legend_handles_labels(), fontsize="small", loc="outside lower center", ncols=5)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _bars(axes: Any, cases: list[dict[str, Any]], systems: list[str]) -> None:
    width = BAR / (BAR * len(systems) + GAP)
    counted: list[float] = []
    for number, system in enumerate(systems):
        shift = (number - (len(systems) - 1) / 2) * width
        lengths = [_middle(case["figures"].get(system, {})) for case in cases]
        counted += [length for length in lengths if length > 0]
        places = [place + shift for place in range(len(cases))]
        axes.barh(places, lengths, width, label=system, color=COLOURS[number % len(COLOURS)])
    axes.set_yticks(range(len(cases)), [case["name"] for case in cases], fontsize="small")
    axes.invert_yaxis()
    axes.margins(y=0.01)
    if max(counted) > 30 * min(counted):  # else bars from nothing tell more
        axes.set_xscale("log")
    axes.set_xlabel(cases[0]["unit"])
    axes.grid(axis="x", alpha=0.3)


def _middle(figure: dict[str, Any]) -> float:
    counts = figure.get("values") and not figure["flaw"]
    return statistics.median(figure["values"]) if counts else float("nan")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
