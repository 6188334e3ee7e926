"""What the harness needs beside the gateway: environments of Python and the Trino server, each pinned, made once."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = Path(__file__).parent / "locks"
FOLDER = ROOT / ".services" / "benchmarks"
WORK = ROOT / ".cache" / "benchmarks"
TRINO = "476"  # the newest that Maven Central has as a server
_TRINO_SHA256 = "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f"
_TRINO_JAVA = 24
_KEPT = ("hive", "postgresql", "geospatial", "kafka", "memory")  # geospatial, because postgresql asks for its types
_GET = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"


class Missing(Exception):
    """A system cannot be had on this machine; the message says why in one sentence."""


def python(name: str) -> str:
    """The interpreter of the environment that ``locks/<name>.lock`` pins, made when it is not there."""
    lock = LOCKS / f"{name}.lock"
    folder = FOLDER / name
    made, wanted = folder / "made-from", hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if not made.exists() or made.read_text("utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(lock)])
        made.write_text(wanted, "utf-8")
    return str(folder / "bin" / "python")


def trino() -> Path:
    """The folder of the Trino server, fetched by Maven when it is not there."""
    folder = FOLDER / f"trino-server-{TRINO}"
    if not (folder / "lib").is_dir():
        if not shutil.which("mvn"):
            raise Missing("Trino is fetched by Maven, and there is no `mvn` on the PATH.")
        FOLDER.mkdir(parents=True, exist_ok=True)
        archive = FOLDER / f"trino-server-{TRINO}.tar.gz"
        artifact = f"io.trino:trino-server:{TRINO}:tar.gz"
        _run(["mvn", "-B", "-q", _GET, f"-Dartifact={artifact}", f"-DoutputDirectory={FOLDER}"])
        _unpack(archive)
    return folder


def java() -> Path:
    """The newest installed Java that runs Trino."""
    found = {_release(home): home for home in Path("/usr/lib/jvm").glob("*") if (home / "bin" / "java").exists()}
    fit = {release: home for release, home in found.items() if release >= _TRINO_JAVA}
    if not fit:
        raise Missing(f"Trino {TRINO} needs Java {_TRINO_JAVA} or newer, and there is none in /usr/lib/jvm.")
    return fit[max(fit)]


def _unpack(archive: Path) -> None:
    with archive.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != _TRINO_SHA256:
            raise Missing(f"What Maven fetched is not the Trino {TRINO} that is pinned by its SHA-256.")
    with tarfile.open(archive) as packed:
        packed.extractall(FOLDER, filter="data")
    archive.unlink()
    for plugin in (FOLDER / f"trino-server-{TRINO}" / "plugin").iterdir():
        if plugin.name not in _KEPT:
            shutil.rmtree(plugin)


def _release(home: Path) -> int:
    told = home / "release"
    if not told.exists():
        return 0
    pairs = dict(line.split("=", 1) for line in told.read_text("utf-8").splitlines() if "=" in line)
    return int(pairs.get("JAVA_VERSION", "0").strip('"').split(".")[0])


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    except subprocess.CalledProcessError as problem:
        told = (problem.stderr or problem.stdout or "no reason told").strip().splitlines()
        raise Missing(f"{Path(command[0]).name} failed: {told[-1][:200] if told else 'no reason told'}") from problem
    except (subprocess.SubprocessError, OSError) as problem:
        raise Missing(f"{Path(command[0]).name} failed: {problem}") from problem
