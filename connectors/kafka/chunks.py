"""Decodes what is read beside the reading, many records at a time, and gives it back in the order it was read in."""

from collections import defaultdict, deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa

from connectors.errors import HeadgateError
from connectors.kafka import raw
from connectors.kafka.decode import Decoder
from connectors.kafka.reading import Batch

ROWS = 16_384
BYTES = 2 * 1024 * 1024
WORKERS = 2
AHEAD = 3
"""Chunks that may be under way, so that the reading cannot run away from the decoding."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Rows of some partitions, each in order of offset, and the offsets reached after them (also without rows)."""

    rows: Mapping[int, pa.Table]
    reached: Mapping[int, int]

    @property
    def bytes(self) -> int:
        """The size of the rows in memory."""
        return sum(table.nbytes for table in self.rows.values())


@dataclass(slots=True)
class _Chunk:
    records: dict[int, list[pa.RecordBatch]] = field(default_factory=lambda: defaultdict(list))
    reached: dict[int, int] = field(default_factory=dict)
    rows: int = 0
    bytes: int = 0

    def add(self, batch: Batch) -> bool:
        """Take a batch in; tells whether that is enough to be decoded."""
        self.reached[batch.partition] = batch.reached
        if batch.messages:
            records = raw.taken(batch.partition, batch.messages)
            self.records[batch.partition].append(records)
            self.rows += records.num_rows
            self.bytes += records.nbytes
        return self.rows >= ROWS or self.bytes >= BYTES

    def decode(self, decoder: Decoder) -> Decoded:
        """Decode all partitions together, because a call is dear, and part them again, because a slice is not."""
        batches = [batch for several in self.records.values() for batch in several]
        table, rows, start = decoder.decode(pa.Table.from_batches(batches, raw.SCHEMA)), {}, 0
        for partition, several in self.records.items():
            count = sum(batch.num_rows - batch.column("value").null_count for batch in several)
            rows[partition] = table.slice(start, count)
            start += count
        return Decoded(rows, self.reached)


def decoded(batches: Iterable[Batch], decoder: Decoder) -> Generator[Decoded]:
    """All batches' records; when reading fails, what came before the failure is given first.

    Raises what reading raises, and StoreDataCorrupt as the decoder does; nothing is given after that.
    """
    waiting: deque[Future[Decoded]] = deque()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="headgate-decode") as pool:
        for future in _submitted(batches, decoder, pool):
            waiting.append(future)
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _submitted(batches: Iterable[Batch], decoder: Decoder, pool: Executor) -> Iterator[Future[Decoded]]:
    chunk, failed = _Chunk(), None
    try:
        for batch in batches:
            if chunk.add(batch):
                yield pool.submit(chunk.decode, decoder)
                chunk = _Chunk()
    except HeadgateError as error:
        failed = Future[Decoded]()
        failed.set_exception(error)
    yield pool.submit(chunk.decode, decoder)
    if failed is not None:
        yield failed
