"""Small and large damage to bytes, all of it from one random source, so that a seed makes it again."""

import random
from collections.abc import Callable, Sequence

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]
_BOUNDARIES = (
    b"\x00",
    b"\x7f",
    b"\xff",
    b"\xff\xff\xff\xff\x0f",
    b"\xff" * 9 + b"\x01",
    (2**31 - 1).to_bytes(4, "little"),
    (2**31).to_bytes(4, "little"),
    (2**62).to_bytes(8, "little"),
    (2**63).to_bytes(8, "little"),
)


def mutated(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The data with one to three kinds of damage, which may come from the other messages."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(_ALL)(chance, data, others)
    return data


def _flip(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    whole = bytearray(data or b"\0")
    for _ in range(chance.choice((1, 1, 2, 8))):
        whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return bytes(whole)


def _overwrite(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    at, value = _place(chance, data), chance.choice(_BOUNDARIES)
    return data[:at] + value + data[at + len(value) :]


def _insert(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return (
        data[:at] + chance.choice((chance.choice(_BOUNDARIES), chance.randbytes(chance.randrange(1, 40)))) + data[at:]
    )


def _drop(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return data[:at] + data[at + chance.randrange(1, 16) :]


def _repeat(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    at = _place(chance, data)
    return data[:at] + data[at : at + chance.randrange(1, 64)] * chance.randrange(2, 5) + data[at:]


def _truncate(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    return data[: _place(chance, data)]


def _splice(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return data[: _place(chance, data)] + other[_place(chance, other) :]


def _place(chance: random.Random, data: bytes) -> int:
    return chance.randrange(len(data) + 1)


_ALL: tuple[Mutation, ...] = (_flip, _flip, _flip, _overwrite, _insert, _drop, _repeat, _truncate, _splice)
