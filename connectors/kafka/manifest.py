"""Which segments hold a topic: one JSON file, replaced atomically, that is either the old truth or the new one."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Segment:
    """A Parquet file with every committed record of one partition at the offsets [start, end), and no other."""

    file: str
    partition: int
    start: int
    end: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that has been read of a topic: its segments, and for each partition the offset from which to read on."""

    topic_id: str = ""
    ends: Mapping[int, int] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    def of(self, partition: int) -> tuple[Segment, ...]:
        """The segments of one partition in order of offset."""
        return tuple(segment for segment in self.segments if segment.partition == partition)

    def with_partition(self, partition: int, segments: Iterable[Segment], end: int) -> "Manifest":
        """The same with one partition replaced."""
        others = tuple(segment for segment in self.segments if segment.partition != partition)
        ordered = sorted((*others, *segments), key=lambda segment: (segment.partition, segment.start))
        return replace(self, ends={**self.ends, partition: end}, segments=tuple(ordered))


def load(directory: Path) -> Manifest | None:
    """The committed manifest, or None when there is none that can be trusted (the topic is then read again)."""
    try:
        told = json.loads((directory / NAME).read_bytes())
        segments = tuple(Segment(**segment) for segment in told["segments"])
        whole = all((directory / segment.file).stat().st_size == segment.bytes for segment in segments)
        ends = {int(partition): int(end) for partition, end in told["ends"].items()}
        return Manifest(told["topic_id"], ends, segments) if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save(directory: Path, manifest: Manifest) -> None:
    """Commit: after this returns the manifest survives a crash, before it nothing has changed."""
    draft = directory / f"{NAME}.new"
    with draft.open("w") as file:
        json.dump(asdict(manifest), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(directory / NAME)
    sync_directory(directory)


def sync_directory(directory: Path) -> None:
    """Make renames and new files in a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
