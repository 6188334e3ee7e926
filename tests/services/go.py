"""The Go client of ``tests/clients/go``, built once for each state of its sources."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.services import Missing

SOURCES = Path(__file__).parents[1] / "clients" / "go"
FOLDER = Path(__file__).parents[2] / ".services" / "go"


def install() -> None:
    """Build the client with Go into ``.services/go``; raises :class:`Missing`."""
    if binary().exists():
        return
    go = _go()
    if go is None:
        raise Missing("The Go client needs Go, and there is no `go` on the PATH.")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # -mod=readonly: what go.sum does not name is not fetched. GOTOOLCHAIN: an older Go fetches the one it needs.
    env = os.environ | {"GOTOOLCHAIN": "auto", "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    command = [go, "build", "-trimpath", "-o", str(binary()), "."]
    try:
        subprocess.run(command, cwd=SOURCES, env=env, check=True, capture_output=True, text=True, timeout=900)
    except subprocess.SubprocessError as problem:
        told = (getattr(problem, "stderr", "") or str(problem)).strip().splitlines()
        raise Missing(f"The Go client could not be built: {told[-1] if told else 'no reason told'}") from problem


def missing() -> str | None:
    """Why the client cannot run here, or None."""
    return None if binary().exists() else "the Go client is not built: run `python -m tests.services.install`."


def binary() -> Path:
    """The client that belongs to the sources as they are now."""
    digest = hashlib.sha256()
    for file in sorted(SOURCES.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return FOLDER / f"client-{digest.hexdigest()[:12]}"


def arrow_version() -> str:
    """The version of arrow-go that the client is built on."""
    found = re.search(r"arrow-go/v18 v(\S+)", (SOURCES / "go.mod").read_text("utf-8"))
    assert found
    return found[1]


def _go() -> str | None:
    usual = Path("/usr/local/go/bin/go")
    return shutil.which("go") or (str(usual) if usual.exists() else None)
