"""A real PostgreSQL from the Debian binaries, on a free loopback port, with its own unprivileged owner."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adbc_driver_postgresql import dbapi

from tests.services import Missing, free_port

_ROOTS = (Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"))
_I18N = Path("/usr/share/i18n/locales/en_US")
_OWNER = "postgres"
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "logging_collector": "off",
    "autovacuum": "off",
}
# A collation under which 'a' = 'A': what is equal to such a server is not equal to the gateway.
_SETUP = (
    "CREATE COLLATION public.ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    "CREATE COLLATION public.words (provider = icu, locale = 'en-US')",
)


def _binaries() -> Path | None:
    found = [Path(path).parent for path in [shutil.which("postgres")] if path]
    for root in _ROOTS:
        found += sorted(root.glob("*/bin"), reverse=True)
        found += [root / "bin"]
    return next((place for place in found if (place / "initdb").exists()), None)


def missing() -> str | None:
    """Why PostgreSQL cannot be started here, None when it can."""
    if _binaries() is None:
        return "the PostgreSQL server is not installed (Debian package postgresql)"
    if not _I18N.exists() or shutil.which("localedef") is None:
        return "the sources of locales are not installed (Debian package locales)"
    if os.geteuid() == 0 and _owner() is None:
        return f"PostgreSQL does not run as root and there is no user {_OWNER!r}"
    return None


def install() -> None:
    """Install the Debian package when root; raises Missing otherwise."""
    if missing() is None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(f"{missing()}, and only root can install it")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-qy", "--no-install-recommends", "postgresql", "locales"]):
        done = subprocess.run(["apt-get", *arguments], env=environment, capture_output=True, timeout=600, check=False)
        if done.returncode:
            raise Missing(f"apt-get {arguments[0]} failed, so PostgreSQL could not be installed")


def _owner() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(_OWNER)
    except KeyError:
        return None


def _as_owner() -> dict[str, Any]:
    """Arguments for subprocess: another user when we are root, since the server refuses root."""
    owner = _owner()
    if os.geteuid() != 0 or owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


@dataclass
class Server:
    """A running server. ``dsn`` is the superuser's of the database ``postgres``."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes] = field(repr=False)
    binaries: Path
    settings: Mapping[str, str] = field(default_factory=lambda: _SETTINGS, repr=False)

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self.process.pid

    @property
    def dsn(self) -> str:
        """The superuser's DSN of the database ``postgres``."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str, user: str = "postgres", password: str = "secret-canary") -> str:
        """A DSN of any database and role."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def createdb(self, name: str, options: str = "") -> str:
        """Make a UTF-8 database (in C.UTF-8 unless ``options`` say otherwise) with the test collations; its DSN."""
        made = f'CREATE DATABASE "{name}" TEMPLATE template0 {options}'
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', made)
        self.execute(*_SETUP, database=name)
        return self.dsn_of(name)

    @contextmanager
    def admin(self, database: str = "postgres") -> Iterator[dbapi.Connection]:
        """A superuser's autocommitting connection, closed afterwards."""
        with dbapi.connect(f"{self.dsn_of(database)}?connect_timeout=5", autocommit=True) as connection:
            yield connection

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements one by one, each committed."""
        with self.admin(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of a query asked by the superuser."""
        with self.admin(database) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def kill(self) -> None:
        """Stop at once, as a crash of all its processes would."""
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def restart(self) -> None:
        """Come back on the same port with the same data, after :meth:`kill` or while running."""
        if self.process.poll() is None:
            self.kill()
        self.process = _start(self.directory, self.port, self.binaries, self.settings)
        _await(self)


def _environment(data: Path) -> dict[str, str]:
    """Where the server finds the locale that the system may not have."""
    return {**os.environ, "LOCPATH": str(data.parent / "locales")}


def _make_locale(data: Path) -> None:
    place = data.parent / "locales"
    place.mkdir()
    command = ["localedef", "--no-archive", "-i", "en_US", "-f", "UTF-8", place / "en_US.UTF-8"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if not (place / "en_US.UTF-8").exists():
        raise Missing(f"localedef failed: {done.stderr.decode(errors='replace').strip()[-300:]}")


def _initdb(data: Path, binaries: Path) -> None:
    command = [binaries / "initdb", "-D", data, "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8"]
    secret = data.parent / "password"
    secret.write_text("secret-canary\n")
    secret.chmod(0o644)
    command += ["-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    done = subprocess.run(
        command, capture_output=True, timeout=120, check=False, cwd="/", env=_environment(data), **_as_owner()
    )
    if done.returncode:
        raise Missing(f"initdb failed: {done.stderr.decode(errors='replace').strip()[-300:]}")


def _start(data: Path, port: int, binaries: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    options = [part for key, value in {**settings, "port": str(port)}.items() for part in ("-c", f"{key}={value}")]
    with (data.parent / "log").open("ab") as log:
        command = [binaries / "postgres", "-D", data, *options]
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=_environment(data),
            **_as_owner(),
        )


def _await(server: Server, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            server.rows("SELECT 1")
            return
        except dbapi.Error as problem:
            if server.process.poll() is not None or time.monotonic() > deadline:
                log = (server.directory.parent / "log").read_text(errors="replace")[-400:]
                raise Missing(f"PostgreSQL did not start: {log}") from problem
            time.sleep(0.05)


@contextmanager
def running(directory: Path, own: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A fresh server whose data lives in a subdirectory of the system's temporary directory, removed at the end.

    ``directory`` names it; the data cannot always live there, because its owner is another user. ``own`` is where
    another server than the system's lies, which is copied for the same reason. ``settings`` go on top of those that
    suit tests.
    """
    home = Path("/tmp") / f"headgate-postgres-{os.getpid()}-{directory.name}-{time.monotonic_ns()}"
    home.mkdir(mode=0o755)
    try:
        data = home / "data"
        data.mkdir(mode=0o700)
        if identity := _as_owner():
            os.chown(data, identity["user"], identity["group"])
        _make_locale(data)
        binaries = _binaries() if own is None else Path(shutil.copytree(own, home / "server", symlinks=True)) / "bin"
        assert binaries is not None
        _initdb(data, binaries)
        port = free_port()
        chosen = {**_SETTINGS, **(settings or {})}
        server = Server(data, port, _start(data, port, binaries, chosen), binaries, chosen)
        try:
            _await(server)
            yield server
        finally:
            if server.process.poll() is None:
                server.kill()
    finally:
        shutil.rmtree(home, ignore_errors=True)
