"""Kafka keeps the contract: JSON records over three partitions of a real broker."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from confluent_kafka import Producer

from connectors import registry
from connectors.spi import Column, Connector, Table
from connectors.testing import ConnectorConformance, Subject

pytestmark = pytest.mark.kafka

PARTITIONS = 3
JSON: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(["BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DOUBLE"], str),
    **dict.fromkeys(["DECIMAL(9,2)", "DECIMAL(18,3)", "DECIMAL(38,10)"], str),
    **dict.fromkeys(["VARCHAR", "DATE"], json.dumps),
    "TIMESTAMP": lambda text: json.dumps(text.replace(" ", "T")),
    "TIMESTAMP WITH TIME ZONE": lambda text: json.dumps(text.replace(" ", "T").replace("+00", "Z")),
}
# JSON has no NaN and no infinity, and ISO 8601 has years of four digits.
NOT_IN_JSON = re.compile(r"-?inf(inity)?|nan|.*\(BC\).*|\d{5,}-.*")


class KafkaSubject(Subject):
    def __init__(self, broker: Any) -> None:
        super().__init__()
        self.broker = broker

    def connect(self) -> Connector:
        return registry.connect("kafka")("events", {"bootstrap_servers": self.broker.bootstrap}, self.surroundings)

    def holds(self, type_name: str, value: str) -> bool:
        return type_name in JSON and not NOT_IN_JSON.fullmatch(value)

    @contextmanager
    def outage(self) -> Iterator[None]:
        self.broker.kill()
        try:
            yield
        finally:
            self.broker.restart()

    def load(self, name: str, columns: Sequence[Column], rows: pa.Table) -> Table:
        self.broker.create_topic(name, partitions=PARTITIONS)
        table = Table(name, tuple(columns), options=(("format", "json"),))
        self.append(table, rows)
        return table

    def append(self, table: Table, rows: pa.Table) -> None:
        columns = [column for column in table.columns if column.name in rows.column_names]
        producer = Producer({"bootstrap.servers": self.broker.bootstrap, "linger.ms": 5})
        for number, row in enumerate(texts(rows)):
            producer.poll(0)
            producer.produce(table.name, record(columns, row), partition=number % PARTITIONS)
        assert producer.flush(30) == 0


def texts(rows: pa.Table) -> list[tuple[str | None, ...]]:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("loaded", rows)
        return con.sql("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM loaded").fetchall()


def record(columns: Sequence[Column], row: Sequence[str | None]) -> str:
    fields = [
        f"{json.dumps(column.name)}: {'null' if text is None else JSON[column.type](text)}"
        for column, text in zip(columns, row, strict=True)
    ]
    return "{" + ", ".join(fields) + "}"


@pytest.fixture(scope="module")
def subject(kafka_broker: Any) -> Subject:
    return KafkaSubject(kafka_broker)


class TestKafka(ConnectorConformance):
    pass
