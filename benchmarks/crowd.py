"""Many clients at once, each with a connection of its own, and what they saw."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.ratios import quantile
from benchmarks.results import Case, Figure
from benchmarks.systems import Failed, System
from benchmarks.systems.gateway import Gateway, ask
from benchmarks.systems.trino import Trino
from benchmarks.systems.trino_client import Client

Asker = Callable[[str], object]
_START_SECONDS = 60.0


@dataclass
class Load:
    """What some clients saw: the milliseconds of each answer, and what went wrong instead of one."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def load(system: System, questions: Sequence[Sequence[str]], seconds: float) -> Load:
    """Have a client for each list of questions ask them over and over, all at once, for so many seconds."""
    seen, ready, deadline = Load(), threading.Barrier(len(questions) + 1), [0.0]
    texts = [[system.text(sql) for sql in mine] for mine in questions]
    workers = [threading.Thread(target=_client, args=(system, mine, ready, deadline, seen)) for mine in texts]
    for worker in workers:
        worker.start()
    deadline[0] = time.perf_counter() + 3600
    ready.wait(_START_SECONDS)
    started = time.perf_counter()
    deadline[0] = started + seconds
    for worker in workers:
        worker.join()
    seen.seconds = time.perf_counter() - started
    return seen


def note(cases: list[Case], name: str, clients: int, seen: Load) -> None:
    """Add what so many clients of a system saw to the cases of that number of clients, made when they are missing."""
    told = {"throughput": ("1/s", len(seen.times) / seen.seconds), "errors": ("errors", float(len(seen.errors)))}
    if seen.times:
        told |= {"p50": ("ms", quantile(seen.times, 0.5)), "p99": ("ms", quantile(seen.times, 0.99))}
    for what, (unit, value) in told.items():
        title = f"{clients} clients, {what}"
        case = next((one for one in cases if one.name == title), None)
        if case is None:
            case = Case(title, unit, more=what == "throughput")
            cases.append(case)
        case.figures.setdefault(name, Figure()).values.append(value)


def _client(system: System, texts: list[str], ready: threading.Barrier, deadline: list[float], seen: Load) -> None:
    asker, close = _connected(system)
    ready.wait(_START_SECONDS)
    number = 0
    while time.perf_counter() < deadline[0]:
        started = time.perf_counter()
        try:
            asker(texts[number % len(texts)])
            seen.times.append((time.perf_counter() - started) * 1000)
        except Failed as problem:
            seen.errors.append(str(problem))
        number += 1
    close()


def _connected(system: System) -> tuple[Asker, Callable[[], object]]:
    """A connection of the client's own: how to ask over it, and how to close it."""
    if isinstance(system, Gateway):
        connection = system.connect()
        return lambda text: ask(connection, text), connection.close
    assert isinstance(system, Trino)
    client = Client(system.port)
    return client.ask, client.close
