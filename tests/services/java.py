"""Java and Maven, for the servers and drivers that are written in Java."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.services import Missing

PACKAGES = ("default-jdk-headless", "maven")


def need() -> None:
    """Install Java and Maven where they are missing; raises Missing when they cannot be had."""
    if shutil.which("javac") and shutil.which("mvn"):
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise Missing(f"Java 17 and Maven are needed (Debian: {', '.join(PACKAGES)}).")
    for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(["apt-get", "-q", *command], capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise Missing(f"apt-get {command[0]} failed: {done.stderr.strip()[:300]}")


def copy_jars(pom: Path, goal: str, *options: str) -> None:
    """Let Maven copy the jars that a POM names; raises Missing when it cannot fetch them."""
    need()
    command = ["mvn", "-B", "-q", "-f", str(pom), f"dependency:{goal}", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise Missing(
            f"Maven could not fetch what {pom.parent.name} needs: {(done.stdout + done.stderr).strip()[:300]}"
        )
