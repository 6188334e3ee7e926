"""The Arrow Flight SQL JDBC driver in several generations, and a connection pool: jars from Maven, pinned by hash."""

import hashlib
import shutil
from pathlib import Path

from tests.services import Missing, java

POM = Path(__file__).with_name("jdbc") / "pom.xml"
LIB = Path(__file__).parents[2] / ".services" / "jdbc"
NEWEST = "18.3.0"
VERSIONS = (NEWEST, "17.0.0", "16.1.0", "15.0.2")
_DRIVER = "flight-sql-jdbc-driver-{}.jar"
_SHA256 = {
    _DRIVER.format("18.3.0"): "3f418b46c880e263558c5de669bdbede2c5d4375527ced116fb29f795b03704c",
    _DRIVER.format("17.0.0"): "13953781875526c70fa69da19104ed1104fb8fd7f12fbef9d05b2d34596e6012",
    _DRIVER.format("16.1.0"): "69d65b0705f444288beb0d414789edfc212430bb543cb0ca5031e60497cc6771",
    _DRIVER.format("15.0.2"): "e2c7ee1011478a1c111c72ef9cb064b4f5546ca34a75d292ab19db698671c83d",
    "HikariCP-6.3.0.jar": "07c6344059af30a135144209c7c8bd666b8823124422ec859864d209d4ab7ca1",
    "slf4j-api-2.0.17.jar": "7b751d952061954d5abfed7181c1f645d336091b679891591d63329c622eb832",
    "slf4j-nop-2.0.17.jar": "3716f83649ec66161a2edefd4f49df34d1dd1c51cdcf941996c6987260f0a829",
}


def install() -> None:
    """Fetch the jars once and check them; raises Missing when Java, Maven or a jar cannot be had."""
    java.need()
    if all((LIB / name).is_file() for name in _SHA256):
        return
    java.copy_jars(POM, "copy", f"-DoutputDirectory={LIB}")
    for name, expected in _SHA256.items():
        jar = LIB / name
        if not jar.is_file() or hashlib.sha256(jar.read_bytes()).hexdigest() != expected:
            jar.unlink(missing_ok=True)
            raise Missing(f"{name} is not the file that is pinned here.")


def missing() -> str | None:
    """Why the driver cannot run here, or None when it can."""
    if not shutil.which("javac"):
        return "a Java development kit is not installed"
    if lacking := [name for name in _SHA256 if not (LIB / name).is_file()]:
        return f"{lacking[0]} is not fetched; run `python -m tests.services.install`"
    return None


def class_path(version: str) -> list[Path]:
    """The jars to run one generation of the driver, with the pool."""
    return [LIB / _DRIVER.format(version), *sorted(LIB.glob("HikariCP-*.jar")), *sorted(LIB.glob("slf4j-*.jar"))]
