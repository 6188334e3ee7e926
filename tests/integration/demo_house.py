"""The demo's mesh behind a running ``headgate serve``, for the tests of the demo and of the command line."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo.mesh import Mesh, running_mesh

ROOT = Path(__file__).resolve().parents[2]
SCALE = 0.01
DEADLINE = 60


@dataclass(frozen=True)
class House:
    mesh: Mesh
    uri: str


def headgate(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
        env=os.environ | environment,
    )


class Foreground:
    """A ``headgate`` that stays in the foreground; its output is read as it comes."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"COLUMNS": "200"},
        )
        self.text = ""
        self._news = threading.Condition()
        self._readers = [threading.Thread(target=self._read, args=(pipe,)) for pipe in self._pipes]
        for reader in self._readers:
            reader.start()

    @property
    def _pipes(self):
        return (self.process.stdout, self.process.stderr)

    def _read(self, pipe) -> None:
        for line in pipe:
            with self._news:
                self.text += line
                self._news.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str]:
        with self._news:
            assert self._news.wait_for(lambda: re.search(pattern, self.text), DEADLINE), self.text
            return re.search(pattern, self.text)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        try:
            return self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            for reader in self._readers:
                reader.join(5)
            for pipe in self._pipes:
                pipe.close()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with running_mesh(SCALE) as mesh:
        serving = Foreground("serve", "--config", str(mesh.config))
        try:
            yield House(mesh, serving.wait_for(r"Flight SQL at (grpc://[\d.:]+)\.")[1])
        finally:
            assert serving.end() == 0
