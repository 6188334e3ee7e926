"""Starting and ending the processes of a run, and what they used, as Linux counts it: peak memory, bytes written."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

END_SECONDS = 10.0


class Peaks:
    """The greatest resident memory that each named process reached, its children each by themselves.

    The kernel keeps the peak (``VmHWM``), so nothing has to be sampled while something is timed.
    """

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}

    def look(self, processes: Mapping[str, int]) -> None:
        """Read the peaks of what runs now; of several children the greatest counts."""
        for name, pid in processes.items():
            self._note(name, peak(pid))
            for child in children(pid):
                self._note(f"{name}: {_comm(child)}", peak(child))

    def _note(self, name: str, size: int) -> None:
        if size:
            self.bytes[name] = max(size, self.bytes.get(name, 0))


def peak(pid: int) -> int:
    """The greatest resident memory of a process so far, in bytes; 0 when it has ended."""
    return _field(pid, "status", "VmHWM") * 1024


def children(pid: int) -> list[int]:
    """The processes below a process."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, listed.read_text("utf-8").split()):
                found += [child, *children(child)]
    return found


def _comm(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    return "ended"


def written(pid: int) -> int:
    """Bytes that a process has written so far, sockets among them; 0 when it has ended.

    What ``send()`` writes is not in it, so this tells of S3 and Kafka, and nothing of PostgreSQL.
    """
    return _field(pid, "io", "wchar")


def _field(pid: int, file: str, name: str) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text("utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


def until(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float, log: Path) -> None:
    """Wait until a started process is ready. Raises RuntimeError with the end of its log when it does not become so."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            end(process)
            told = log.read_text("utf-8", errors="replace")[-800:] if log.exists() else "no log"
            raise RuntimeError(f"{Path(str(process.args[0])).name} did not start: {told}")  # type: ignore[index]
        time.sleep(0.01)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and make it end when it does not."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(END_SECONDS)


def rested(pids: Iterable[int], most: float = 0.5) -> None:
    """Wait until these processes have computed nothing for 50 ms, but no longer than ``most`` seconds.

    A virtual machine that has just answered goes on collecting and compiling, at the cost of whoever is asked next.
    """
    known, until = list(pids), time.monotonic() + most
    before = _computed(known)
    while time.monotonic() < until:
        time.sleep(0.05)
        now = _computed(known)
        if now == before:
            return
        before = now


def _computed(pids: Iterable[int]) -> int:
    """Clock ticks of processor time that processes have had, as the kernel counts them."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total
