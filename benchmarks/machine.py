"""What a run was measured on, and with which versions."""

import contextlib
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

from benchmarks import environments

_PACKAGES = ("duckdb", "pyarrow", "sqlglot", "adbc-driver-postgresql", "adbc-driver-flightsql", "confluent-kafka")


def machine() -> dict[str, str]:
    """The machine, and how busy it was when the run began."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "system": platform.platform(terse=True),
        "load at start": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def versions() -> dict[str, str]:
    """What runs inside the gateway, the rivals, and the commit."""
    known = {name: importlib.metadata.version(name) for name in ("headgate", *_PACKAGES)}
    known |= {"python": platform.python_version(), "commit": _commit(), "trino": environments.TRINO}
    with contextlib.suppress(environments.Missing):
        known["trino's java"] = environments.java().name
    for line in (environments.LOCKS / "rivals.lock").read_text("utf-8").splitlines():
        name, equals, rest = line.partition("==")
        if equals:
            known[f"rivals: {name}"] = rest.split()[0]
    return known


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=environments.ROOT, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"
