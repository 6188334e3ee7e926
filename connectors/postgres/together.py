"""Several streams of one snapshot as one."""

from collections import deque
from collections.abc import Iterator, Sequence

import pyarrow as pa

from connectors.postgres.stream import GRACE, PostgresStream


class Together:
    """Streams of one schema as one stream, a batch of each in turn."""

    def __init__(self, streams: Sequence[PostgresStream]) -> None:
        self._streams = streams

    @property
    def schema(self) -> pa.Schema:
        """The schema of every batch."""
        return self._streams[0].schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches of all; where one stream fails, the others are stopped."""
        turns = deque(iter(stream) for stream in self._streams)
        try:
            while turns:
                turn = turns.popleft()
                if (batch := next(turn, None)) is not None:
                    turns.append(turn)
                    yield batch
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Stop all at once. Idempotent, returns within a second."""
        for stream in self._streams:
            stream.stop()
        for stream in self._streams:
            stream.wait(GRACE / len(self._streams))
