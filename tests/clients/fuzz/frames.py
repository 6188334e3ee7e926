"""Damaged calls for the wire: the transport's own envelopes, what is inside them, and the headers around them."""

import base64
import random
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from gateway.flight import wire
from tests.clients.fuzz.corpus import Corpus, batches, stream_of
from tests.clients.fuzz.envelopes import Values, opened, packed
from tests.clients.fuzz.judging import decoded, handles, inside
from tests.clients.fuzz.mutations import mutated

_COMMAND = 2  # the type of a descriptor that holds a command
_OPENS = {
    "GetFlightInfo": "Descriptor",
    "GetSchema": "Descriptor",
    "DoGet": "Ticket",
    "DoAction": "Action",
    "DoPut": "Data",
}
_PRINTABLE = bytes(range(32, 127))


@dataclass(frozen=True)
class Frame:
    """One call: the method, its headers, its messages."""

    method: str
    headers: tuple[tuple[str, str], ...]
    messages: tuple[bytes, ...]

    def told(self) -> dict[str, Any]:
        """The call as the sender reads it."""
        messages = [base64.b64encode(one).decode() for one in self.messages]
        return {"method": self.method, "metadata": self.headers, "messages": messages}


class Frames:
    """Makes calls as ann out of her messages and, now and then, bob's."""

    def __init__(self, seed: int, mine: Corpus, others: Corpus, token: str) -> None:
        self._chance = random.Random(seed)
        self._mine, self._others, self._token = mine, others, token
        self._signed = (("authorization", token),)
        self._shapes = [_flight_data(shape) for shape in batches()]

    def make(self) -> Frame:
        """The next call."""
        ways = (self._asks, self._fetches, self._acts, self._puts_rows, self._logs_in, self._elsewhere)
        return self._chance.choices(ways, (30, 25, 20, 15, 8, 2))[0]()

    def _any(self, part: str) -> Any:
        return self._chance.choice(getattr(self._others if self._chance.random() < 0.1 else self._mine, part))

    def _hurt(self, data: bytes) -> bytes:
        return mutated(self._chance, data, [*self._mine.commands, *self._mine.tickets])

    def _either(self, name: str, values: Values, number: int) -> bytes:
        """An envelope whose one field is damaged, or which is damaged itself."""
        if self._chance.random() < 0.6:
            return packed(name, values | {number: self._hurt(values[number])})
        return self._hurt(packed(name, values))

    def _asks(self) -> Frame:
        method = self._chance.choice(("GetFlightInfo", "GetFlightInfo", "GetSchema", "PollFlightInfo"))
        return Frame(method, self._signed, (self._either("Descriptor", {1: _COMMAND, 2: self._any("commands")}, 2),))

    def _fetches(self) -> Frame:
        return Frame("DoGet", self._signed, (self._either("Ticket", {1: self._any("tickets")}, 1),))

    def _acts(self) -> Frame:
        name, body = self._any("actions")
        return Frame("DoAction", self._signed, (self._either("Action", {1: name, 2: body}, 2),))

    def _puts_rows(self) -> Frame:
        handle = self._chance.choice(self._mine.prepared)
        command = wire.pack("CommandPreparedStatementQuery", prepared_statement_handle=handle)
        first, *more = self._chance.choice(self._shapes)
        parts = [first | {1: packed("Descriptor", {1: _COMMAND, 2: command})}, *more]
        sent = [packed("Data", part) for part in parts]
        at = self._chance.randrange(len(parts))
        sent[at] = self._either("Data", parts[at], self._chance.choice([key for key in parts[at] if key != 1]))
        return Frame("DoPut", self._signed, tuple(sent[: self._chance.randrange(1, 5)]))

    def _logs_in(self) -> Frame:
        text = bytes(byte for byte in self._hurt(self._token.encode()) if byte in _PRINTABLE).decode().strip()
        if self._chance.random() < 0.1:
            return Frame("Handshake", self._signed, (self._hurt(packed("Handshake", {1: 1, 2: b"ann"})),))
        return Frame(self._chance.choice(("ListActions", "Handshake")), (("authorization", text),), (b"",))

    def _elsewhere(self) -> Frame:
        method = self._chance.choice(("ListFlights", "DoExchange", "Nowhere"))
        return Frame(method, self._signed, (self._chance.randbytes(self._chance.randrange(64)),))


def is_forgery(frame: Frame, corpus: Corpus, token: str) -> bool:
    """Whether a call that succeeded used a handle or a token that was never given to its caller."""
    if decoded(dict(frame.headers)["authorization"]) != decoded(token):
        return True
    if frame.method not in _OPENS:
        return False
    sealed = _sealed(frame)
    return sealed is None or any(handle not in corpus.issued for handle in handles(sealed))


def _sealed(frame: Frame) -> bytes | None:
    """The Flight SQL message that may hold a handle, out of the envelope of its method; None where that is broken."""
    name = _OPENS[frame.method]
    envelope = opened(name, frame.messages[0])
    if name == "Data":
        name, envelope = "Descriptor", opened("Descriptor", envelope[1]) if envelope else None
    if envelope is None:
        return None
    return inside(envelope[1], envelope[2]) if name == "Action" else bytes(envelope[1 if name == "Ticket" else 2])


def _flight_data(batch: pa.RecordBatch) -> list[Values]:
    """The messages of a DoPut: the header and body of each Arrow message."""
    made: list[Values] = []
    for one in pa.ipc.MessageReader.open_stream(stream_of(batch)):
        body = one.body.to_pybytes() if one.body is not None else b""
        made.append({2: one.metadata.to_pybytes()} | ({1000: body} if body else {}))
    return made
