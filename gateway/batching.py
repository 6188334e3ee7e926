"""How many rows DuckDB is asked for at a time: about as many as go to a client in one message."""

import pyarrow as pa

_BYTES = 2 << 20
_VECTOR = 2_048  # the rows that DuckDB computes together
_MOST = 65_536
_TEXT = 24  # bytes that a value without a fixed width is guessed to take


def batch_rows(schema: pa.Schema) -> int:
    """Rows of this schema in about 2 MiB, between 2,048 and 65,536.

    Batches that are larger would have to be measured and cut, and each would fill what DuckDB holds for its reader,
    so that its threads would wait for each other.
    """
    width = sum(_bits(field.type) for field in schema) / 8
    rows = int(_BYTES / max(width, 1)) // _VECTOR * _VECTOR
    return min(max(rows, _VECTOR), _MOST)


def _bits(kind: pa.DataType) -> int:
    """Bits of a value, and one that tells whether it is there."""
    try:
        return int(kind.bit_width) + 1
    except ValueError:
        return _TEXT * 8 + 1
