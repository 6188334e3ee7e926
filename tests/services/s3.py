"""A real S3 server: versitygw over a folder, one Go binary that listens after some 30 ms."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.fs as pafs

from tests.services import Missing, free_port

MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
FOLDER = Path(__file__).parents[2] / ".services" / "s3"
BINARY = FOLDER / "versitygw"
START_SECONDS = 15


def install() -> None:
    """Build the server with Go into ``.services/s3``, once; raises :class:`Missing`."""
    if BINARY.exists():
        return
    go = _go()
    if go is None:
        raise Missing("The S3 server versitygw is built by Go, and there is no `go` on the PATH.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    # GOTOOLCHAIN: a Go older than the module asks for fetches the right one through the module proxy.
    env = os.environ | {"GOBIN": str(FOLDER), "GOTOOLCHAIN": "auto", "CGO_ENABLED": "0"}
    try:
        subprocess.run([go, "install", MODULE], env=env, check=True, capture_output=True, text=True, timeout=900)
    except subprocess.SubprocessError as problem:
        told = (getattr(problem, "stderr", "") or str(problem)).strip().splitlines()
        raise Missing(
            f"The S3 server versitygw could not be built: {told[-1] if told else 'no reason told'}"
        ) from problem


def missing() -> str | None:
    """Why the server cannot start here, or None."""
    return None if BINARY.exists() else "versitygw is not installed: run `python -m tests.services.install`."


class Server:
    """A running server; ``endpoint`` is a URL, the keys are the only account's."""

    access_key = "headgate"
    secret_key = "headgate-secret"
    region = "us-east-1"

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start on the same port over the same folder, and wait until the server answers."""
        data = self._directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        env = os.environ | {"ROOT_ACCESS_KEY": self.access_key, "ROOT_SECRET_KEY": self.secret_key}
        command = [str(BINARY), "--port", f"127.0.0.1:{self.port}", "--quiet", "posix", str(data)]
        with (self._directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        self._await()

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=10)

    def restart(self) -> None:
        """Kill and start again; what was stored is still there."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Keep connections open and answer nothing, until :meth:`resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def filesystem(self) -> pafs.S3FileSystem:
        """A writing door for tests."""
        return pafs.S3FileSystem(
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.region,
            endpoint_override=self.endpoint,
            allow_bucket_creation=True,
            connect_timeout=1,
            request_timeout=5,
        )

    def create_bucket(self, name: str) -> None:
        self.filesystem().create_dir(name)

    def put_object(self, path: str, data: bytes) -> None:
        """Store bytes under ``bucket/key``, replacing what is there."""
        with self.filesystem().open_output_stream(path) as stream:
            stream.write(data)

    def delete_object(self, path: str) -> None:
        self.filesystem().delete_file(path)

    def _await(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.filesystem().get_file_info(pafs.FileSelector(""))
            except OSError as problem:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    log = (self._directory / "server.log").read_text(errors="replace")[-500:]
                    raise RuntimeError(f"the S3 server does not answer: {log}") from problem
            else:
                return


@contextlib.contextmanager
def running(directory: Path) -> Iterator[Server]:
    """A server over ``directory`` for the length of the block; several can run side by side."""
    server = Server(directory)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _go() -> str | None:
    usual = Path("/usr/local/go/bin/go")
    return shutil.which("go") or (str(usual) if usual.exists() else None)
