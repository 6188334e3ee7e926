"""What the gateway keeps of one topic under one shape: segments up to a position, and how they catch up.

A snapshot is exactly the records with offsets in [low, end) of each partition, where ``low`` is where the topic begins
and ``end`` its last stable offset, both asked for when the snapshot starts. Records that retention has deleted by then
are no longer part of it, whether they were read before or not. The directory belongs to one process at a time.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow as pa

from connectors.call import Call
from connectors.kafka import faults, manifest, segments
from connectors.kafka.broker import Broker, Frozen
from connectors.kafka.chunks import Decoded, decoded
from connectors.kafka.decode import Decoder
from connectors.kafka.keeping import Keeping
from connectors.kafka.manifest import Manifest, Segment
from connectors.kafka.reading import read
from connectors.spi import Column

WRITERS = 4


class Topic:
    """One topic decoded into one set of columns. All but :meth:`locked` is called with the lock held."""

    def __init__(self, directory: Path, name: str, columns: Sequence[Column]) -> None:
        self.directory = directory
        self.name = name
        self._decoder = Decoder(name, columns)
        self._lock = threading.Lock()
        self._manifest: Manifest | None = None
        self._empty: Segment | None = None
        self._pins: Counter[str] = Counter()
        self._pins_lock = threading.Lock()

    @contextmanager
    def locked(self, call: Call) -> Iterator[None]:
        """Alone with this topic; while waiting for it the call's deadline and cancellation hold."""
        while not self._lock.acquire(timeout=0.05):
            call.check()
        try:
            yield
        finally:
            self._lock.release()

    def catch_up(self, frozen: Frozen, broker: Broker, call: Call) -> tuple[Segment, ...]:
        """Read what is new up to the frozen ends; returns the segments that hold exactly the frozen ranges.

        What was read is kept even when this fails half-way, so the next attempt reads on from there.
        """
        self._commit(self._trimmed(self._fitting(frozen), frozen))
        wanted = {
            partition: (self._known.ends[partition], end)
            for partition, (_, end) in frozen.ranges.items()
            if self._known.ends[partition] < end
        }
        if wanted:
            self._read(wanted, broker, call)
            if broker.topic_id(self.name, call) != frozen.id:
                raise faults.changed(self.name)
        held = self._known.segments or (self._blank(),)
        self._sweep(held)
        return held

    @contextmanager
    def pinned(self, held: Sequence[Segment]) -> Iterator[None]:
        """While inside the block these segments' files stay, whatever happens to the topic."""
        names = [segment.file for segment in held]
        with self._pins_lock:
            self._pins.update(names)
        try:
            yield
        finally:
            with self._pins_lock:
                self._pins.subtract(names)

    @property
    def _known(self) -> Manifest:
        assert self._manifest is not None
        return self._manifest

    def _fitting(self, frozen: Frozen) -> Manifest:
        """What is known, unless it is about another topic of that name, or about offsets this one does not have."""
        if not (self.directory / manifest.NAME).exists():  # nobody has asked for a day, or the state was cleared
            self._manifest = None
        known = self._manifest or manifest.load(self.directory)
        if known is None or known.topic_id != frozen.id:
            return Manifest(frozen.id)
        beyond = any(known.ends[p] > frozen.ranges.get(p, (0, 0))[1] for p in known.ends)
        return Manifest(frozen.id) if beyond else known

    def _trimmed(self, known: Manifest, frozen: Frozen) -> Manifest:
        self.directory.mkdir(parents=True, exist_ok=True)
        for partition, (low, _) in frozen.ranges.items():
            held = known.of(partition)
            if known.ends.get(partition, -1) < low or any(part.start < low for part in held):
                kept = segments.cut(self.directory, held, low)
                known = known.with_partition(partition, kept, max(low, known.ends.get(partition, low)))
        return known

    def _commit(self, new: Manifest) -> None:
        if new != self._manifest:
            manifest.save(self.directory, new)
            self._manifest = new

    def _read(self, wanted: dict[int, tuple[int, int]], broker: Broker, call: Call) -> None:
        with (
            Keeping(self._keep) as keeping,
            closing(read(broker, self.name, wanted, call)) as batches,
            closing(decoded(batches, self._decoder)) as chunks,
        ):
            for chunk in chunks:
                keeping.put(chunk)

    def _keep(self, portion: Sequence[Decoded]) -> None:
        """Commit what came: a segment of each partition, written side by side, since each waits for the disk."""
        known, ends = self._known, {partition: end for chunk in portion for partition, end in chunk.reached.items()}

        def appended(partition: int) -> tuple[Segment, ...]:
            tables = [chunk.rows[partition] for chunk in portion if partition in chunk.rows]
            rows, held = pa.concat_tables([self._decoder.schema.empty_table(), *tables]), known.of(partition)
            if not rows.num_rows:
                return held
            return segments.append(self.directory, held, rows, partition, known.ends[partition], ends[partition])

        new = known
        with ThreadPoolExecutor(WRITERS, thread_name_prefix="headgate-write") as pool:
            for partition, held in zip(ends, pool.map(appended, list(ends)), strict=True):
                new = new.with_partition(partition, held, ends[partition])
        self._commit(new)

    def _sweep(self, held: Sequence[Segment]) -> None:
        """Remove files that neither this query nor a running one needs: what crashes and rewrites left behind."""
        with self._pins_lock:
            needed = {name for name, count in self._pins.items() if count > 0}
            self._pins = +self._pins
            needed |= {segment.file for segment in held}
            for path in self.directory.glob("*.parquet"):
                if path.name not in needed:
                    path.unlink(missing_ok=True)

    def _blank(self) -> Segment:
        """A segment without rows, which gives an empty topic its columns; not written again for each question."""
        if self._empty is None or not (self.directory / self._empty.file).exists():
            self._empty = segments.write(self.directory, self._decoder.schema.empty_table(), 0, 0, 0)
        return self._empty
