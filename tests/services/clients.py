"""Clients that need an environment of their own: an old driver, other libraries, or a transport without manners.

Each has a lock file in ``tests/services/clients`` and a virtual environment in ``.services/clients``.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.services import Missing

LOCKS = Path(__file__).parent / "clients"
FOLDER = Path(__file__).parents[2] / ".services" / "clients"
NAMES = ("adbc-1.5", "frames", "superset", "wire")


def install() -> None:
    """Make every environment whose lock file has changed since; raises :class:`Missing`."""
    for name in NAMES:
        if not _ready(name):
            _make(name)


def missing() -> str | None:
    """Which environments are not there, or None."""
    names = [name for name in NAMES if not _ready(name)]
    if not names:
        return None
    return f"{', '.join(names)} not installed: run `python -m tests.services.install`."


def python(name: str) -> str:
    """The interpreter of an environment."""
    return str(FOLDER / name / "bin" / "python")


def version(name: str, package: str) -> str:
    """The version of a package that an environment's lock file pins."""
    found = re.search(rf"^{re.escape(package)}==(\S+)", _lock(name).read_text("utf-8"), re.MULTILINE)
    assert found, f"{package} is not in the lock file of {name}"
    return found[1]


def _make(name: str) -> None:
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
        command = [python(name), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(_lock(name))]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    except (subprocess.SubprocessError, OSError) as problem:
        told = (getattr(problem, "stderr", "") or str(problem)).strip().splitlines()
        reason = told[-1] if told else "no reason told"
        raise Missing(f"The environment {name} could not be made: {reason}") from problem
    (folder / "made-from").write_text(_digest(name), "utf-8")


def _ready(name: str) -> bool:
    made = FOLDER / name / "made-from"
    return made.exists() and made.read_text("utf-8") == _digest(name)


def _lock(name: str) -> Path:
    return LOCKS / f"{name}.lock"


def _digest(name: str) -> str:
    pinned = _lock(name).read_bytes() + sys.version.encode()
    return hashlib.sha256(pinned).hexdigest()
