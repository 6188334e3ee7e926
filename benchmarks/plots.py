"""Bars for each scenario, drawn by Matplotlib in an environment of its own."""

import subprocess
import sys
from pathlib import Path

from benchmarks import environments

_WORKER = Path(__file__).parent / "workers" / "plots.py"


def draw(folder: Path) -> None:
    """Draw every scenario of ``<folder>/report.json`` as ``<folder>/report/<scenario>.svg``; says so when it cannot."""
    try:
        command = [environments.python("plots"), str(_WORKER), str(folder)]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    except environments.Missing as problem:
        print(f"no plots: {problem}", file=sys.stderr)
    except subprocess.CalledProcessError as problem:
        print(f"no plots: {problem.stderr[-300:]}", file=sys.stderr)
