"""Real servers for the tests: installed when missing, started on free loopback ports, always stopped."""

import socket


class Missing(Exception):
    """A service cannot be had on this machine; the message says what is missing in one sentence."""


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
