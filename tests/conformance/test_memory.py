"""The reference connector keeps the contract. These are the twenty lines that docs/connectors.md shows."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from connectors.memory import Memory
from connectors.spi import Column, Connector, Table
from connectors.testing import ConnectorConformance, Subject


class MemorySubject(Subject):
    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, pa.Table] = {}
        self.stores: list[Memory] = []

    def connect(self) -> Connector:
        self.stores.append(Memory("memory", self.tables))
        return self.stores[-1]

    def load(self, name: str, columns: Sequence[Column], rows: pa.Table) -> Table:
        self.tables[name] = rows
        for store in self.stores:
            store.replace(name, rows)
        return Table(name, tuple(columns))

    def append(self, table: Table, rows: pa.Table) -> None:
        self.load(table.name, table.columns, pa.concat_tables([self.tables[table.name], rows]))


@pytest.fixture(scope="module")
def subject() -> Subject:
    return MemorySubject()


class TestMemory(ConnectorConformance):
    pass
