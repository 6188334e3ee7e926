"""``python -m benchmarks [SCENARIO …]``: measure, compare, and write report, JSON and plots.

Without a scenario all are measured. ``--list`` shows their names.
"""

import argparse
import datetime as dt
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import environments, goals, machine, plots, report, results
from benchmarks.landscape import Landscape
from benchmarks.scenarios import Setting
from benchmarks.scenarios.all import SCENARIOS


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the arguments ask for; 1 when a scenario could not be measured at all."""
    chosen = _arguments(arguments)
    if chosen.list:
        print("\n".join(SCENARIOS))
        return 0
    command = "python -m benchmarks " + " ".join(sys.argv[1:] if arguments is None else arguments)
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    run = results.Run(command.strip(), started, chosen.scale, chosen.rounds, machine.machine(), machine.versions())
    failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of every block that ends a server
    with Landscape(environments.WORK, chosen.scale) as landscape:
        setting = Setting(landscape, chosen.rounds, chosen.without)
        for name in chosen.scenario or SCENARIOS:
            failed += not _measured(run, name, setting)
            run.versions |= {f"store: {kind}": version for kind, version in landscape.versions().items()}
            results.write(run, chosen.output / "report.json")
    plots.draw(chosen.output)
    (chosen.output / "report.md").write_text(report.markdown(run), "utf-8")
    print(f"{chosen.output / 'report.md'}")
    return 1 if failed else 0


def _measured(run: results.Run, name: str, setting: Setting) -> bool:
    print(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {name}", file=sys.stderr, flush=True)
    began = time.perf_counter()
    try:
        scenario = SCENARIOS[name](setting)
    except Exception as problem:  # one scenario that cannot be had leaves the others to be measured
        told = f"{type(problem).__name__}: {problem}".splitlines()[0][:400]
        unmet = results.Goal("all goals of the scenario", "not measured: it failed", None)
        run.scenarios.append(results.Scenario(name, "", missing={"all": told}, goals=[unmet]))
        print(f"{name}: {told}", file=sys.stderr)
        return False
    scenario.seconds = round(time.perf_counter() - began, 1)
    scenario.goals += goals.of(scenario)
    run.scenarios.append(scenario)
    return True


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the gateway beside its rivals.")
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], help="which to measure; all without any")
    parser.add_argument("--scale", type=float, default=1.0, help="TPC-H's scale factor; other sizes grow with it")
    parser.add_argument("--rounds", type=int, default=5, help="how often each system is asked after the warm-up")
    parser.add_argument("--without", action="append", default=[], metavar="SYSTEM", help="a rival to leave out")
    parser.add_argument("--output", type=Path, default=environments.WORK, help="the folder of the report")
    parser.add_argument("--list", action="store_true", help="show the scenarios' names")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
