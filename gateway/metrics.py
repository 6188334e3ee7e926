"""Counters, gauges and histograms that write themselves in the text format of Prometheus.

Labels are codes, methods and names of the configuration, never what a user wrote; and whatever happens, a metric
keeps at most :data:`MOST_SERIES` of them apart.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

MOST_SERIES = 500
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Metric(Protocol):
    def lines(self) -> Iterator[str]: ...


class Counter:
    """A sum that only grows, apart for each combination of its labels' values."""

    def __init__(self, name: str, told: str, labels: Sequence[str] = ()) -> None:
        self._name = name
        self._told = told
        self._labels = labels
        self._sums: dict[tuple[str, ...], float] = {} if labels else {(): 0}
        self._lock = threading.Lock()

    def add(self, amount: float, *values: str) -> None:
        """Add to the series of these values of the labels."""
        with self._lock:
            if values not in self._sums and len(self._sums) >= MOST_SERIES:
                values = ("other",) * len(values)
            self._sums[values] = self._sums.get(values, 0) + amount

    def lines(self) -> Iterator[str]:
        """The metric as text."""
        with self._lock:
            sums = sorted(self._sums.items())
        yield from _head(self._name, self._told, "counter")
        for values, amount in sums:
            yield f"{self._name}{_labelled(self._labels, values)} {_number(amount)}"


class Gauge:
    """A value that is asked for when the metrics are read."""

    def __init__(self, name: str, told: str, read: Callable[[], float], kind: str = "gauge") -> None:
        self._name = name
        self._told = told
        self._read = read
        self._kind = kind

    def lines(self) -> Iterator[str]:
        """The metric as text."""
        yield from _head(self._name, self._told, self._kind)
        yield f"{self._name} {_number(self._read())}"


class Histogram:
    """How many values were at most each of the bounds, and the sum of all."""

    def __init__(self, name: str, told: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._told = told
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, value: float) -> None:
        """Count a value in."""
        with self._lock:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._sum += value

    def lines(self) -> Iterator[str]:
        """The metric as text."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        yield from _head(self._name, self._told, "histogram")
        below = 0
        for bound, count in zip((*(_number(bound) for bound in self._bounds), "+Inf"), counts, strict=True):
            below += count
            yield f'{self._name}_bucket{{le="{bound}"}} {below}'
        yield f"{self._name}_sum {_number(total)}"
        yield f"{self._name}_count {below}"


class Metrics:
    """All metrics of a process."""

    def __init__(self) -> None:
        self._metrics: list[_Metric] = []

    def counter(self, name: str, told: str, labels: Sequence[str] = ()) -> Counter:
        """Make a counter."""
        made = Counter(name, told, labels)
        self._metrics.append(made)
        return made

    def gauge(self, name: str, told: str, read: Callable[[], float], kind: str = "gauge") -> None:
        """Have a value read whenever the metrics are; ``kind`` may be ``counter`` for one that only grows."""
        self._metrics.append(Gauge(name, told, read, kind))

    def histogram(self, name: str, told: str, bounds: Sequence[float]) -> Histogram:
        """Make a histogram with these upper bounds, ascending."""
        made = Histogram(name, told, bounds)
        self._metrics.append(made)
        return made

    def text(self) -> str:
        """All metrics, in the order in which they were made."""
        return "".join(f"{line}\n" for metric in self._metrics for line in metric.lines())


def _head(name: str, told: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} {kind}"


def _labelled(labels: Sequence[str], values: Sequence[str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{label}="{_escaped(value)}"' for label, value in zip(labels, values, strict=True)) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
