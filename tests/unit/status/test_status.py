"""The side port: what it answers, what it refuses, and that it cannot be filled up."""

import http.client
import logging
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.errors import ConfigInvalid
from gateway.metrics import CONTENT_TYPE, Metrics
from gateway.status import Status, reporting


@pytest.fixture
def status():
    return Status(Metrics())


@pytest.fixture
def port(status):
    with reporting(status, "127.0.0.1", 0) as url:
        yield urlsplit(url).port


def ask(port, path, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode(), answer.getheader("Server")
    finally:
        connection.close()


def test_alive_from_the_start_and_ready_only_when_told(status, port):
    assert ask(port, "/livez") == (200, "text/plain; charset=utf-8", "alive\n", "headgate")
    for state, code in (("starting", 503), ("ready", 200), ("draining", 503)):
        if state != "starting":
            status.state = lambda state=state: state
        assert ask(port, "/readyz?verbose")[:3] == (code, "text/plain; charset=utf-8", f"{state}\n")
        assert ask(port, "/livez")[0] == 200


def test_metrics_of_the_process(status, port):
    code, kind, text, _ = ask(port, "/metrics")
    assert (code, kind) == (200, CONTENT_TYPE)
    values = dict(line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    assert 10 << 20 < int(values["process_resident_memory_bytes"]) < 64 << 30
    assert 3 <= int(values["process_open_fds"]) < 100_000
    assert float(values["process_cpu_seconds_total"]) > 0
    assert abs(float(values["process_start_time_seconds"]) - time.time()) < 120
    assert 2 <= int(values["process_threads"]) < 10_000
    assert ask(port, "/metrics", "HEAD")[::2] == (200, "")


@pytest.mark.parametrize("path", ["/", "/metrics/../etc/passwd", "/livez/", "/" + "x" * 5_000])
def test_other_paths_are_nowhere(port, path):
    assert ask(port, path)[:3] == (
        404,
        "text/plain; charset=utf-8",
        "There are /livez, /readyz and /metrics.\n",
    )


@pytest.mark.parametrize("method", ["POST", "DELETE", "TRACE"])
def test_other_methods_are_refused_and_echo_nothing(port, method):
    assert ask(port, "/livez?<script>", method)[:3] == (501, "text/plain; charset=utf-8", "501\n")


def test_a_fault_is_logged_and_not_shown(status, port, caplog):
    status.state = lambda: 1 / 0
    with caplog.at_level(logging.ERROR, "headgate.status"):
        assert ask(port, "/readyz")[:3] == (500, "text/plain; charset=utf-8", "An error; the log has it.\n")
    assert "ZeroDivisionError" in caplog.text
    assert ask(port, "/livez")[0] == 200


def test_connections_that_say_nothing_are_bounded_and_given_up(port, monkeypatch):
    monkeypatch.setattr("gateway.status._Handler.timeout", 0.3)
    silent = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(40)]
    try:
        assert [one.recv(1) for one in silent] == [b""] * 40  # the first sixteen after a while, the others at once
    finally:
        for one in silent:
            one.close()
    assert ask(port, "/livez")[0] == 200


def test_a_taken_port_is_told_and_a_closed_one_is_free(status):
    with reporting(status, "127.0.0.1", 0) as url:
        taken = urlsplit(url).port
        with (
            pytest.raises(ConfigInvalid, match=f"The status port cannot listen at 127.0.0.1:{taken}."),
            reporting(status, "127.0.0.1", taken),
        ):
            pytest.fail("it listens twice")
    with pytest.raises(ConnectionRefusedError):
        ask(taken, "/livez")
    with reporting(status, "127.0.0.1", taken):
        assert ask(taken, "/livez")[0] == 200


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="no IPv6 on this machine")
def test_an_address_of_the_newer_kind(status):
    with reporting(status, "::1", 0) as url:
        assert url.startswith("http://[::1]:")
        connection = http.client.HTTPConnection("::1", urlsplit(url).port, timeout=5)
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200
        connection.close()
