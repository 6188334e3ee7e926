"""Draws ``<folder>/report.json``. Run by the Python of the environment that has Matplotlib."""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

COLOURS = ("#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#718096", "#b7791f")
WIDTH = 0.8


def main(folder: Path) -> None:
    """One drawing for each scenario that has figures."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "headgate"  # the same figures give the same file
    (folder / "report").mkdir(exist_ok=True)
    for scenario in json.loads((folder / "report.json").read_text("utf-8"))["scenarios"]:
        cases = [case for case in scenario["cases"] if any(one["values"] for one in case["figures"].values())]
        if cases:
            _draw(scenario["name"], cases, folder / "report" / f"{scenario['name']}.svg")


def _draw(name: str, cases: list[dict[str, Any]], path: Path) -> None:
    systems = list(dict.fromkeys(system for case in cases for system in case["figures"]))
    figure, axes = plt.subplots(figsize=(max(5.0, 0.5 * len(cases) + 3), 3.6), layout="constrained")
    for number, system in enumerate(systems):
        shift = (number - (len(systems) - 1) / 2) * WIDTH / len(systems)
        heights = [_middle(case["figures"].get(system, {})) for case in cases]
        places = [place + shift for place in range(len(cases))]
        axes.bar(places, heights, WIDTH / len(systems), label=system, color=COLOURS[number % len(COLOURS)])
    axes.set_xticks(range(len(cases)), [case["name"] for case in cases], rotation=60 if len(cases) > 6 else 15)
    axes.set_yscale("log")
    axes.set_ylabel(" / ".join(dict.fromkeys(case["unit"] for case in cases)))
    axes.set_title(name)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _middle(figure: dict[str, Any]) -> float:
    counts = figure.get("values") and not figure["flaw"]
    return statistics.median(figure["values"]) if counts else float("nan")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
