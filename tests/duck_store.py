"""A store that is DuckDB itself: it claims everything, so what differs from pushdown=off is the planner's fault."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from connectors.call import Call
from connectors.spi import (
    Capabilities,
    Claim,
    Clause,
    Description,
    Estimate,
    Fragment,
    Hints,
    Scan,
    Snapshot,
    Table,
)
from connectors.types import Family

OPERATORS = (
    "=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "IN",
    "BETWEEN",
    "IS NULL",
    "IS DISTINCT FROM",
    "COUNT",
    "SUM",
    "MIN",
    "MAX",
)
FAMILIES = (
    Family.BOOLEAN,
    Family.INTEGER,
    Family.DECIMAL,
    Family.TEXT,
    Family.DATE,
    Family.TIMESTAMP,
)
EVERYTHING = Capabilities(
    frozenset(Claim(operator, family) for operator in (*OPERATORS, "GROUP BY", "ORDER BY") for family in FAMILIES),
    frozenset(Clause),
)


@dataclass(frozen=True)
class Held:
    version: str = "fixed"


@dataclass
class Rows:
    schema: pa.Schema
    batches: list[pa.RecordBatch]

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return iter(self.batches)

    def close(self) -> None:
        pass


@dataclass
class DuckStore:
    """Answers fragments by running their own text over ``tables``; keeps the texts it was asked for."""

    name: str
    tables: Mapping[str, pa.Table]
    capabilities: Capabilities = EVERYTHING
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = duckdb.connect()
        self.engine.execute("SET TimeZone='UTC'")
        for name, rows in self.tables.items():
            self.engine.register("loading", rows)
            self.engine.execute(f'CREATE TABLE "{name}" AS SELECT * FROM loading')

    def describe(self, table: Table, call: Call) -> Description:
        return Description(table.columns, table.key)

    @contextmanager
    def snapshot(self, tables: Sequence[Table], call: Call) -> Iterator[Snapshot]:
        yield Held()

    def estimate(self, fragment: Fragment) -> Estimate | None:
        return None

    def open(self, fragment: Fragment, snapshot: Snapshot, hints: Hints, call: Call) -> Rows:
        self.asked.append(fragment.text)
        with self.engine.cursor() as cursor:
            found = cursor.sql(fragment.text).to_arrow_reader(1000).read_all()
        return Rows(fragment.schema, found.cast(fragment.schema).to_batches())

    def scan(self, table: Table, snapshot: Snapshot) -> Scan:
        raise NotImplementedError

    def render(self, fragment: Fragment) -> str:
        return fragment.text

    def close(self) -> None:
        self.engine.close()
