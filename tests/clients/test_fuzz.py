"""Damaged messages, tens of thousands of them: none ends the gateway, opens what was not given, or shows its inside.

The seed is another in every run, unless HEADGATE_FUZZ_SEED names it; a failure tells it.
"""

import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gateway.flight.statements import Statements
from tests.clients.conftest import Raw
from tests.clients.fuzz.corpus import Corpus, collected
from tests.clients.fuzz.frames import Frame, Frames, is_forgery
from tests.clients.fuzz.handlers import Fuzzer
from tests.clients.probing import small_gateway
from tests.conftest import present

IN_PROCESS, OVER_THE_WIRE = 45_000, 6_000
SEED = int(os.environ.get("HEADGATE_FUZZ_SEED") or secrets.randbelow(2**32))
SECONDS = 150
SENDER = Path(__file__).parent / "fuzz" / "sender.py"
LEAKS = ("Traceback", 'File "', ".pyx", "site-packages")


@pytest.fixture
def served():
    """A gateway in another process, with a way to ask what goes on inside it."""
    command = [sys.executable, "-m", "tests.clients.fuzz.serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip(), process
        process.stdin.close()
        assert process.wait(20) == 0


def inside(process: subprocess.Popen[str]) -> dict[str, int]:
    process.stdin.write("\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def corpus_of(uri: str, user: str) -> tuple[Corpus, str]:
    client = Raw(uri, user, "s3cret")
    token = next(value.decode() for name, value in client.headers if name == b"authorization")
    corpus = collected(
        client.act, lambda sql: client.info("CommandStatementQuery", query=sql).endpoints[0].ticket.ticket
    )
    client.close()
    return corpus, token


def test_no_message_to_the_handlers_ends_the_process_or_opens_a_forgery(tmp_path):
    recorder = tmp_path / "last-message"
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.clients.fuzz.handlers"]
    arguments = [str(SEED), str(IN_PROCESS), str(recorder)]
    ended = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=SECONDS)
    last = recorder.read_bytes()[:2000]
    assert ended.returncode == 0, f"seed {SEED}: {ended.stderr[-3000:]} after {last!r}"
    told = json.loads(ended.stdout)
    print(f"seed {SEED}: {told['outcomes']}")
    assert (told["faults"], told["forgeries"], told["running"]) == ([], [], 0), f"seed {SEED}"
    assert sum(told["outcomes"].values()) == IN_PROCESS


def test_no_call_over_the_wire_ends_the_server_or_opens_a_forgery(served):
    uri, process = served
    python = present("clients").python("wire")
    (mine, token), (others, _) = corpus_of(uri, "ann"), corpus_of(uri, "bob")
    making = Frames(SEED, mine, others, token)
    frames = [making.make() for _ in range(OVER_THE_WIRE)]
    before = inside(process)
    outcomes = sent(python, uri, frames)
    seen = Counter((frame.method, status) for frame, (status, _, _) in zip(frames, outcomes, strict=True))
    print(f"seed {SEED}: {seen}")
    accepted = [frame for frame, (status, _, _) in zip(frames, outcomes, strict=True) if status == "OK"]
    assert [frame for frame in accepted if is_forgery(frame, mine, token)] == [], f"seed {SEED}"
    assert {status for status, _, _ in outcomes}.isdisjoint({"UNAVAILABLE", "DEADLINE_EXCEEDED"}), f"seed {SEED}"
    assert [text for _, text, _ in outcomes if any(leak in text for leak in LEAKS)] == [], f"seed {SEED}"
    after = inside(process)
    assert after["running"] == 0
    assert after["threads"] <= before["threads"] + 2
    still = Raw(uri, "ann", "s3cret")
    assert still.query("SELECT 1 AS one").to_pydict() == {"one": [1]}
    still.close()


def test_a_gateway_that_takes_anybodys_tickets_would_be_found_out(monkeypatch, tmp_path):
    def lenient(self, rpc, kind, blob, *, expired=False):
        return self._keyring.open(kind, blob, expired=expired)

    monkeypatch.setattr(Statements, "_own", lenient)
    with small_gateway() as gateway:
        fuzzer = Fuzzer(gateway.server, SEED, tmp_path / "last-message")
        fuzzer.run(2_000)
    assert fuzzer.forgeries


def sent(python: str, uri: str, frames: list[Frame]) -> list[list[object]]:
    calls = "\n".join(json.dumps(frame.told()) for frame in frames)
    command = [python, str(SENDER), uri.partition("//")[2]]
    ended = subprocess.run(command, input=calls, capture_output=True, text=True, timeout=SECONDS)
    assert ended.returncode == 0, f"seed {SEED}: {ended.stderr[-3000:]}"
    return [json.loads(line) for line in ended.stdout.splitlines()]
