"""Throws damaged messages at the handlers of a gateway in this process, and prints as JSON what became of them.

``python -m tests.clients.fuzz.handlers SEED MESSAGES RECORDER``: before each message its bytes go into the file
RECORDER, so that the one that ends the process can be read there afterwards.
"""

import json
import logging
import mmap
import random
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from connectors.errors import HeadgateError, Kind
from gateway.flight import wire
from gateway.flight.life import FlightServer
from gateway.flight.rpc import Caller, Rpc
from gateway.flight.server import _received, _schema
from gateway.policy import Principal
from tests.clients.fuzz import crafted
from tests.clients.fuzz.corpus import Corpus, batches, collected, stream_of
from tests.clients.fuzz.judging import decoded, handles, inside
from tests.clients.fuzz.mutations import mutated
from tests.clients.probing import small_gateway

ANN, BOB = Caller("ann", Principal("ann", ("*",))), Caller("bob", Principal("bob", ("*",)))
_ROOM = 1 << 20


class Fuzzer:
    """Sends messages as ann; whatever opens and was not given to ann is a forgery."""

    def __init__(self, server: FlightServer, seed: int, recorder: Path) -> None:
        self._commands, self._actions, self._authenticator = server._commands, server._actions, server._authenticator
        self._chance = random.Random(seed)
        recorder.write_bytes(bytes(_ROOM))
        with recorder.open("r+b") as file:
            self._record = mmap.mmap(file.fileno(), _ROOM)
        self.outcomes: Counter[str] = Counter()
        self.faults: list[str] = []
        self.forgeries: list[str] = []
        self._mine, self._others = (self._collected(caller) for caller in (ANN, BOB))
        self._shapes = batches()
        self._kinds = {
            self._plan: 26,
            self._schema: 10,
            self._fetch: 24,
            self._act: 20,
            self._bind: 8,
            self._bind_crafted: 8,
            self._log_in: 4,
        }

    def run(self, messages: int) -> None:
        """Send so many messages."""
        ways = self._chance.choices([*self._kinds], [*self._kinds.values()], k=messages)
        for way in ways:
            way()

    def _collected(self, caller: Caller) -> Corpus:
        return collected(
            lambda name, body: self._actions.run(Rpc(caller, {}), name, body),
            lambda sql: self._commands.plan(Rpc(caller, {}), wire.pack("CommandStatementQuery", query=sql)).ticket,
        )

    def _any(self, part: str) -> Any:
        """One of ann's messages, or sometimes, untouched or not, one of bob's."""
        corpus = self._others if self._chance.random() < 0.1 else self._mine
        return self._chance.choice(getattr(corpus, part))

    def _damaged(self, data: bytes) -> bytes:
        if self._chance.random() < 0.05:
            return data
        if self._chance.random() < 0.3:
            return self._rewrapped(data)
        return mutated(self._chance, data, [*self._mine.commands, *self._mine.tickets])

    def _rewrapped(self, data: bytes) -> bytes:
        """The body damaged inside an envelope that is whole, or the envelope of another type around it."""
        try:
            envelope = wire.parse("Any", data)
        except HeadgateError:
            return mutated(self._chance, data, self._mine.commands)
        if self._chance.random() < 0.5:
            envelope.type_url = wire.parse("Any", self._chance.choice(self._mine.commands)).type_url
        else:
            envelope.value = mutated(self._chance, envelope.value, [*self._mine.issued])
        return bytes(envelope.SerializeToString())

    def _plan(self) -> None:
        data = self._damaged(self._any("commands"))
        self._try("plan", data, lambda rpc: self._commands.plan(rpc, data), data)

    def _schema(self) -> None:
        data = self._damaged(self._any("commands"))
        self._try("schema", data, lambda rpc: self._commands.schema(rpc, data), data)

    def _fetch(self) -> None:
        data = self._damaged(self._any("tickets"))
        self._try("fetch", data, lambda rpc: sum(1 for _ in self._commands.fetch(rpc, data).batches), data)

    def _act(self) -> None:
        name, body = self._any("actions")
        if self._chance.random() < 0.1:
            name = self._any("actions")[0]
        data = self._damaged(body)
        self._try(name, data, lambda rpc: self._actions.run(rpc, name, data), inside(name, data))

    def _bind(self) -> None:
        shape = self._chance.choice(self._shapes)
        data = mutated(self._chance, stream_of(shape), [stream_of(other) for other in self._shapes])
        handle = self._chance.choice(self._mine.prepared)
        command = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
        self._try("bind", data, lambda rpc: self._bound(rpc, command, _Reader(data)), command)

    def _bind_crafted(self) -> None:
        batch = crafted.batch(self._chance)
        handle = self._chance.choice(self._mine.prepared)
        command = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
        told = repr([(str(column.type), [buffer and bytes(buffer) for buffer in column.buffers()]) for column in batch])
        act = lambda rpc: self._commands.bind(rpc, command, lambda: batch.schema, iter([batch]))  # noqa: E731
        self._try("crafted", told.encode(), act, command)

    def _bound(self, rpc: Rpc, command: bytes, reader: Any) -> None:
        answer = self._commands.bind(rpc, command, lambda: _schema(reader), _received(reader))
        handle = wire.parse("DoPutPreparedStatementResult", answer).prepared_statement_handle
        with_values = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
        self._commands.plan(rpc, with_values)

    def _log_in(self) -> None:
        """A token or a cookie that was altered is nobody's; the same bytes written otherwise are no forgery."""
        caller = self._chance.choice((ANN, BOB))
        name, text = self._chance.choice(
            (("authorization", self._authenticator.token(caller)), ("cookie", self._authenticator.cookie(caller)))
        )
        altered = mutated(self._chance, text.encode(), [b"Bearer ", b"Basic YW5uOg"]).decode("latin-1")
        headers = {name: [altered]}
        if name == "cookie":
            headers["authorization"] = [self._authenticator.token(ANN)]
        self._record_now("login", altered.encode())
        try:
            seen = self._authenticator.caller(headers)
        except HeadgateError as error:
            self.outcomes[f"login: {error.code}"] += 1
        except Exception as error:
            self.faults.append(f"login {altered!r}: {error!r}")
        else:
            self.outcomes["login: in"] += 1
            honest = name == "cookie" or decoded(altered) == decoded(text)
            if not honest or seen.name != (ANN.name if name == "cookie" else caller.name):
                self.forgeries.append(f"login {altered!r} became {seen.name}")

    def _try(self, kind: str, data: bytes, act: Callable[[Rpc], Any], sealed: bytes) -> None:
        self._record_now(kind, data)
        rpc = Rpc(ANN, {})
        try:
            act(rpc)
        except HeadgateError as error:
            self.outcomes[f"{kind}: {error.code}"] += 1
            if error.kind is Kind.INTERNAL:
                self.faults.append(f"{kind} {data.hex()}: {error!r}")
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-5:])
            self.faults.append(f"{kind} {data.hex()}: {error!r} {where}")
        else:
            self.outcomes[f"{kind}: accepted"] += 1
            if any(handle not in self._mine.issued for handle in handles(sealed)):
                self.forgeries.append(f"{kind} {data.hex()}")
        finally:
            for hook in rpc.completed:
                hook()

    def _record_now(self, kind: str, data: bytes) -> None:
        line = f"{kind} {len(data)} ".encode() + data
        self._record[: min(len(line), _ROOM)] = line[:_ROOM]


class _Reader:
    """What the transport gives a handler: a stream whose schema and batches may turn out unreadable."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._open: Any = None

    @property
    def schema(self) -> pa.Schema:
        self._open = self._open or pa.ipc.open_stream(self._data)
        return self._open.schema

    def read_chunk(self) -> Any:
        return SimpleNamespace(data=self._open.read_next_batch())


def main(seed: int, messages: int, recorder: str) -> None:
    logging.disable(logging.CRITICAL)
    with small_gateway() as gateway:
        fuzzer = Fuzzer(gateway.server, seed, Path(recorder))
        fuzzer.run(messages)
        told = {"outcomes": fuzzer.outcomes, "faults": fuzzer.faults[:20], "forgeries": fuzzer.forgeries[:20]}
        print(json.dumps(told | {"running": gateway.server.running}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
