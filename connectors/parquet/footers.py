"""What Parquet files say of themselves, read once per version of a file."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import StoreDataCorrupt
from connectors.parquet.columns import columns
from connectors.parquet.listing import File

_TAIL = 64 << 10
_MAGIC = b"PAR1"
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Footer:
    """Columns in the file's order as name → (DuckDB type, nullable); rows; bytes of the row groups on disk."""

    columns: dict[str, tuple[str, bool]]
    rows: int
    bytes: int


class Footers:
    """A bounded cache. Thread-safe; two threads may read the same footer twice, which is harmless."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Footer] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, file: File) -> Footer:
        """The footer of this version; raises :class:`StoreDataCorrupt` and what reading the file raises."""
        key = (file.path, file.version)
        with self._lock:
            if known := self._known.get(key):
                self._known.move_to_end(key)
                return known
        footer = _read(file)
        with self._lock:
            self._known[key] = footer
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return footer


def _read(file: File) -> Footer:
    try:
        data = pq.read_metadata(pa.BufferReader(_tail(file)))
        bytes_ = sum(data.row_group(at).total_byte_size for at in range(data.num_row_groups))
        found = columns(data)
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise _corrupt(file) from problem
    return Footer(found, data.num_rows, min(bytes_, file.size) if bytes_ else file.size)


def _tail(file: File) -> bytes:
    """The file's end, from the footer's first byte on."""
    if file.size < 12:
        raise _corrupt(file)
    tail = file.read_at(max(0, file.size - _TAIL), min(_TAIL, file.size))
    length = int.from_bytes(tail[-8:-4], "little") + 8
    if tail[-4:] != _MAGIC or length > file.size - 4:
        raise _corrupt(file)
    return tail[-length:] if length <= len(tail) else file.read_at(file.size - length, length)


def _corrupt(file: File) -> StoreDataCorrupt:
    return StoreDataCorrupt(f"The file {file.path!r} is not a whole Parquet file.", hint="Publish it again.")


def total(footers: Sequence[Footer]) -> tuple[int, int]:
    """Rows and bytes over files."""
    return sum(footer.rows for footer in footers), sum(footer.bytes for footer in footers)
