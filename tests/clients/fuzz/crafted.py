"""Record batches that no honest client makes: offsets, lengths, codes and views that point anywhere."""

import random

import pyarrow as pa

_TEXT_LIKE = (pa.utf8(), pa.binary(), pa.large_utf8(), pa.large_binary())
_FIXED = (pa.int64(), pa.decimal128(38, 0), pa.timestamp("ns", tz="UTC"), pa.date64(), pa.time32("s"), pa.duration("s"))


def batch(chance: random.Random) -> pa.RecordBatch:
    """Two such columns, of one row or two."""
    while True:
        try:
            return _batch(chance)
        except (pa.ArrowException, OverflowError):
            continue  # too broken even for Arrow's own constructors


def _batch(chance: random.Random) -> pa.RecordBatch:
    rows = chance.choice((1, 1, 1, 2))
    columns = [chance.choice((_text, _view, _union, _fixed, _dictionary, _nested))(chance, rows) for _ in range(2)]
    return pa.RecordBatch.from_arrays(columns, names=["1", "2"])


def _number(chance: random.Random, bits: int) -> int:
    edge = 2 ** (bits - 1)
    return chance.choice((0, 1, -1, 3, -5, 1 << 20, edge - 1, -edge, chance.randrange(-edge, edge)))


def _numbers(chance: random.Random, kind: pa.DataType, count: int) -> pa.Buffer:
    return pa.array([_number(chance, kind.bit_width) for _ in range(count)], kind).buffers()[1]


def _text(chance: random.Random, rows: int) -> pa.Array:
    kind = chance.choice(_TEXT_LIKE)
    wide = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    offsets = _numbers(chance, pa.int64() if wide else pa.int32(), rows + 1)
    return pa.Array.from_buffers(kind, rows, [_validity(chance), offsets, pa.py_buffer(b"\xffbc")])


def _view(chance: random.Random, rows: int) -> pa.Array:
    views = b"".join(_number(chance, 32).to_bytes(4, "little", signed=True) for _ in range(4 * rows))
    kind = chance.choice((pa.string_view(), pa.binary_view()))
    return pa.Array.from_buffers(kind, rows, [_validity(chance), pa.py_buffer(views), pa.py_buffer(b"x" * 100)])


def _union(chance: random.Random, rows: int) -> pa.Array:
    text = _text(chance, 1)
    kind = pa.dense_union([pa.field("n", pa.int64()), pa.field("t", text.type)])
    indices = [None, _numbers(chance, pa.int8(), rows), _numbers(chance, pa.int32(), rows)]
    return pa.UnionArray.from_buffers(kind, rows, indices, children=[pa.array([7]), text])


def _fixed(chance: random.Random, rows: int) -> pa.Array:
    kind = chance.choice(_FIXED)
    data = pa.py_buffer(chance.randbytes(rows * kind.bit_width // 8))
    return pa.Array.from_buffers(kind, rows, [_validity(chance), data])


def _dictionary(chance: random.Random, rows: int) -> pa.Array:
    indices = pa.Array.from_buffers(pa.int32(), rows, [None, _numbers(chance, pa.int32(), rows)])
    return pa.DictionaryArray.from_arrays(indices, _text(chance, 1), safe=False)


def _nested(chance: random.Random, rows: int) -> pa.Array:
    offsets = _numbers(chance, pa.int32(), rows + 1)
    child = _text(chance, 1)
    return pa.Array.from_buffers(pa.list_(child.type), rows, [None, offsets], children=[child])


def _validity(chance: random.Random) -> pa.Buffer | None:
    return chance.choice((None, None, pa.py_buffer(chance.randbytes(1))))
