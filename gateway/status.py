"""The side port: whether the process lives, whether it takes queries, and its metrics. Plain HTTP, for machines.

It is open before anything else is, and tells nothing that depends on who asks; bind it where only the platform is.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET6
from typing import Any

from gateway.errors import ConfigInvalid
from gateway.metrics import CONTENT_TYPE, Metrics

LOG = logging.getLogger("headgate.status")
_AT_ONCE = 16
_SECONDS = 5.0
_TEXT = "text/plain; charset=utf-8"
_PROCESS = Path("/proc/self")


class Status:
    """What the side port tells. ``state`` is ``ready``, or the one word for why no queries are taken."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self.state: Callable[[], str] = lambda: "starting"
        _measure_process(metrics)

    def answer(self, path: str) -> tuple[int, str, str]:
        """The HTTP status, content type and body for a path."""
        match path.partition("?")[0]:
            case "/livez":
                return 200, _TEXT, "alive\n"
            case "/readyz":
                state = self.state()
                return 200 if state == "ready" else 503, _TEXT, f"{state}\n"
            case "/metrics":
                return 200, CONTENT_TYPE, self.metrics.text()
        return 404, _TEXT, "There are /livez, /readyz and /metrics.\n"


@contextmanager
def reporting(status: Status, host: str, port: int) -> Iterator[str]:
    """Answer HTTP at an address for the length of the block; yields its URL. ``port`` 0 takes a free one.

    Raises :class:`gateway.errors.ConfigInvalid` when the address cannot be bound.
    """
    try:
        server = _Server((host, port), status)
    except OSError as problem:
        hint = "Is another gateway running there, and is the address one of this machine?"
        raise ConfigInvalid(f"The status port cannot listen at {host}:{port}.", hint=hint) from problem
    serving = threading.Thread(target=server.serve_forever, args=(0.1,), name="headgate-status", daemon=True)
    serving.start()
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        serving.join(_SECONDS)


class _Server(ThreadingHTTPServer):
    """A thread for each request, of which there are only so many; more are hung up on."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], status: Status) -> None:
        self.status = status
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        if ":" in address[0]:
            self.address_family = AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A request that broke off is nobody's business."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _SECONDS
    error_content_type = _TEXT
    error_message_format = "%(code)d\n"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        assert isinstance(self.server, _Server)
        try:
            code, kind, text = self.server.status.answer(self.path)
        except Exception:
            LOG.exception("the status port failed")
            code, kind, text = 500, _TEXT, "An error; the log has it.\n"
        data = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if body:
            self.wfile.write(data)

    def version_string(self) -> str:
        return "headgate"

    def log_message(self, *_: Any) -> None:
        """Probes come every few seconds; they are not worth a line."""


def _measure_process(metrics: Metrics) -> None:
    started = time.time()
    metrics.gauge("process_start_time_seconds", "When the process started (Unix time).", lambda: started)
    metrics.gauge("process_cpu_seconds_total", "Processor time used.", time.process_time, "counter")
    with suppress(OSError):  # elsewhere than on Linux there is no such place
        _resident()
        metrics.gauge("process_resident_memory_bytes", "Memory in use.", _resident)
        metrics.gauge("process_open_fds", "Open files and connections.", lambda: _entries("fd"))
        metrics.gauge("process_threads", "Threads.", lambda: _entries("task"))


def _entries(name: str) -> int:
    return sum(1 for _ in (_PROCESS / name).iterdir())


def _resident() -> float:
    return int((_PROCESS / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
