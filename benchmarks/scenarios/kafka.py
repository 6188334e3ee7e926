"""A topic of events: the first question, which reads all of it, and later ones, which read what is new."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
from confluent_kafka import Producer

from benchmarks import contracts
from benchmarks.landscape import Landscape
from benchmarks.processes import Peaks
from benchmarks.results import Case, Figure, Goal, Scenario
from benchmarks.scenarios import Setting
from benchmarks.systems.gateway import Gateway

MESSAGES = 5_000_000
PARTITIONS = 4
TOPIC = "events"
COLUMNS = {"id": "BIGINT", "user_id": "BIGINT", "amount": "DECIMAL(12,2)", "kind": "VARCHAR", "seen": "TIMESTAMP"}
TOLD = "A topic of 5 million JSON messages at scale 1, in 4 partitions; a gateway that knows nothing of it reads it."
WORKER = Path(__file__).parents[1] / "workers" / "consume.py"
QUESTION = "SELECT count(*), sum(amount), max(id), count(DISTINCT kind) FROM bench.stream.events"
_TEXTS = (
    "SELECT json_object('id', i, 'user_id', i % 9973, 'amount', ((i % 10007) / 100)::DECIMAL(12,2)::VARCHAR, "
    "'kind', 'kind' || i % 7, 'seen', strftime(TIMESTAMP '2026-01-01' + to_seconds(i), '%Y-%m-%dT%H:%M:%S')) "
    "FROM range({}, {}) AS made(i)"
)
FIRST, CATCH_UP, NOTHING = "first snapshot", "catch-up of 1 %", "nothing new"


def snapshot(setting: Setting) -> Scenario:
    """Measure messages per second of the first reading, and milliseconds of those that follow."""
    scenario, land = Scenario("kafka", TOLD), setting.landscape
    total, share = round(MESSAGES * setting.scale), round(MESSAGES * setting.scale / 100)
    land.topic(TOPIC, PARTITIONS)
    produce(land, 0, total)
    first = Case(FIRST, "1/s", more=True, figures={"gateway": Figure(), "librdkafka": Figure()})
    later = Case(CATCH_UP, figures={"gateway": Figure(), "librdkafka": Figure()})
    nothing = Case(NOTHING, figures={"gateway": Figure()})
    scenario.cases += [first, later, nothing]
    ends: dict[str, int] = {}
    peaks = Peaks()
    for number in range(min(setting.rounds, 3)):
        gateway = Gateway(land, {"events": "kafka"}, _publish)
        try:
            first.figures["gateway"].values.append(total / _asked(gateway, first.figures["gateway"], total))
            raw = consume(land, {})
            first.figures["librdkafka"].values.append(raw["count"] / raw["seconds"])
            ends, total = raw["ends"], total + share
            produce(land, total - share, total)
            later.figures["gateway"].values.append(_asked(gateway, later.figures["gateway"], total) * 1000)
            raw = consume(land, ends)
            later.figures["librdkafka"].values.append(raw["seconds"] * 1000)
            nothing.figures["gateway"].values.append(_asked(gateway, nothing.figures["gateway"], total) * 1000)
            peaks.look(gateway.processes())
        finally:
            gateway.close()
        scenario.memory = {"gateway": peaks.bytes}
        scenario.notes.append(f"Round {number + 1}: {raw['count']:,} of {total:,} messages were new.")
    scenario.goals.append(_proportional(first, later, nothing, total))
    return scenario


def produce(landscape: Landscape, start: int, stop: int) -> None:
    """Append the messages of these numbers, partitions in turn."""
    producer = Producer(
        {"bootstrap.servers": landscape.kafka.bootstrap, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000}
    )
    with duckdb.connect() as con:
        for begin in range(start, stop, 100_000):
            rows = con.execute(_TEXTS.format(begin, min(begin + 100_000, stop))).fetchall()
            for number, (text,) in enumerate(rows):
                producer.produce(TOPIC, text, partition=number % PARTITIONS)
            producer.flush(60)


def consume(landscape: Landscape, begin: dict[str, int]) -> dict[str, Any]:
    """What librdkafka alone needs for the messages from these offsets on."""
    command = [sys.executable, str(WORKER), landscape.kafka.bootstrap, TOPIC, json.dumps(begin)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=600)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _publish(folder: Path) -> None:
    dataset = contracts.dataset("events", "kafka", COLUMNS, physical=TOPIC)
    contracts.publish(folder, "bench", "stream", "kafka", [dataset])


def _asked(gateway: Gateway, figure: Figure, expected: int) -> float:
    answer = gateway.ask(QUESTION, keep="rows")
    if not answer.rows or answer.rows[0][0] != expected or answer.rows[0][2] != expected - 1:
        figure.flaw = f"{answer.rows} is not the answer over {expected} messages"
    return answer.seconds


def _proportional(first: Case, later: Case, nothing: Case, total: int) -> Goal:
    """What one new message costs beyond a question over nothing new, beside one of the first snapshot."""
    ours = [case.figures["gateway"].values for case in (first, later, nothing)]
    if not all(ours):
        return Goal("catch-up proportional to what is new", "not measured", None)
    rate, again, idle = (sorted(values)[len(values) // 2] for values in ours)
    share = max(again - idle, 0.0) / 1000 / (total / rate)
    told = f"{100 * share:.1f} % of the first snapshot's time, beyond what nothing new costs"
    return Goal("catch-up of 1 % proportional: at most 2 % of the first snapshot's time", told, share <= 0.02)
