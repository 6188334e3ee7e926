"""Java objects in another process, called as if they were here: ``connection.createStatement().executeQuery(sql)``.

Integers travel as ``int``; :class:`Typed` names any other Java type. Answers become plain Python values: decimals
``Decimal``, floating numbers ``float``, dates and times :class:`Told`; other objects stay in Java, as :class:`Remote`.
"""

import json
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

DEADLINE = 60.0
# The driver reaches into java.nio for memory outside the heap.
_JAVA = (
    "java",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
)


@dataclass(frozen=True)
class Told:
    """A value that is compared by the simple name of its Java class and its text."""

    kind: str
    text: str


@dataclass(frozen=True)
class Typed:
    """An argument of a Java type that Python's does not tell; ``kind`` is a letter of Probe.java."""

    kind: str
    text: str


class JavaError(Exception):
    """A Java exception: its class, message, SQLSTATE, the place that threw it, and its causes."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['class']}: {error['message']}")
        self.kind = error["class"].rpartition(".")[2]
        self.message = error["message"]
        self.state = error["state"]
        self.at = error["at"]
        self.causes = error["causes"]


class Remote:
    """A Java object; its methods are called by their names."""

    def __init__(self, probe: "Probe", target: str, kind: str) -> None:
        self.probe, self.target, self.kind = probe, target, kind

    def __getattr__(self, method: str) -> Any:
        return lambda *arguments: self.probe.call(self.target, method, *arguments)


class Probe:
    """A running Java process. Calls of several threads run side by side there."""

    def __init__(self, classes: Path, class_path: list[Path], log: Path, zone: str) -> None:
        command = [*_JAVA, f"-Duser.timezone={zone}", "-cp", ":".join(map(str, (*class_path, classes))), "Probe"]
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
            )
        self._numbers = count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def call(self, target: str, method: str, *arguments: Any) -> Any:
        """Call a method of a kept object, a static one of a class, or a constructor as ``new``."""
        return self.begin(target, method, *arguments).result(DEADLINE)

    def begin(self, target: str, method: str, *arguments: Any) -> Future[Any]:
        """The same without waiting for the answer."""
        answer: Future[Any] = Future()
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = answer
            parts = [str(number), target, method, *map(_argument, arguments)]
            self._process.stdin.write("\t".join(quote(part, safe="#") for part in parts) + "\n")
            self._process.stdin.flush()
        return answer

    def __getitem__(self, java_class: str) -> Remote:
        return Remote(self, java_class, java_class)

    def close(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._reader.join(10)
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout:
            answer = json.loads(line)
            waiting = self._waiting.pop(answer["id"])
            if "error" in answer:
                waiting.set_exception(JavaError(answer["error"]))
            else:
                waiting.set_result(self._value(answer["value"]))
        for waiting in self._waiting.values():
            waiting.set_exception(RuntimeError(f"the Java process ended: {self._log.read_text()[-2000:]}"))

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "map" in value:
            return {self._value(key): self._value(one) for key, one in value["map"]}
        if "kept" in value:
            return Remote(self, f"#{value['kept']}", value["class"])
        return _PLAIN.get(value["class"], lambda text: Told(value["class"], text))(value["text"])


_PLAIN = {
    "BigDecimal": Decimal,
    "BigInteger": int,
    "Double": float,
    "Float": float,
    "byte[]": bytes.fromhex,
}


def _argument(value: Any) -> str:
    if value is None:
        return "n"
    if isinstance(value, Remote):
        return value.target
    if isinstance(value, Typed):
        return value.kind + value.text
    if isinstance(value, list):
        return "A" + ",".join(value)
    for kind, letter in ((bool, "b"), (int, "i"), (str, "s"), (float, "d"), (Decimal, "D")):
        if isinstance(value, kind):
            return letter + (str(value).lower() if kind is bool else str(value))
    return "B" + value.decode("latin-1")


@contextmanager
def running(classes: Path, class_path: list[Path], log: Path, zone: str = "UTC") -> Iterator[Probe]:
    probe = Probe(classes, class_path, log, zone)
    try:
        yield probe
    finally:
        probe.close()
