"""The bench on which a store and DuckDB stand side by side: the same tables in both, and both asked the same."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product, zip_longest

import pyarrow as pa

from connectors.border import checked
from connectors.call import Call
from connectors.spi import NO_HINTS, Column, Connector, Fragment, Hints, Snapshot, Table
from connectors.testing.awkward import VALUES
from connectors.testing.case import Case
from connectors.testing.fragments import fragment, quoted
from connectors.testing.oracle import Oracle, Rows
from connectors.testing.subject import Subject

Texts = Sequence[Sequence[str | None]]
TIMEOUT = 60.0


@dataclass(frozen=True)
class Side:
    """A table as the store has it, and the columns that the kit asked for."""

    table: Table
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns the kit asked for."""
        return [column.name for column in self.columns]


class Bench:
    """Loads tables into the store and the oracle, and reads them back."""

    def __init__(self, subject: Subject, connector: Connector) -> None:
        self.subject = subject
        self.connector = connector
        in_place = connector.capabilities.in_place
        self.oracle = Oracle(subject.surroundings.files if in_place else None)
        self.everything = cache(self._everything)
        self.numbers = cache(self._numbers)
        self.pair = cache(self._pair)
        self._made = 0
        self._lock = threading.Lock()

    def load(self, columns: Sequence[Column], rows: Texts) -> Side:
        """A new table with these rows, in the store and in the oracle."""
        with self._lock:
            self._made += 1
        data = self.oracle.build(columns, rows)
        table = self._with_facts(self.subject.load(f"kit_{self._made}", columns, data))
        self.oracle.add(table.name, columns, data)
        return Side(table, tuple(columns))

    def _with_facts(self, table: Table) -> Table:
        """The table with what the store says of its columns, as the gateway's catalog would hand it over."""
        told = {column.physical: column for column in self.connector.describe(table, Call(timeout=TIMEOUT)).columns}
        columns = tuple(
            replace(column, native=told[column.physical].native, facts=told[column.physical].facts)
            if column.physical in told
            else column
            for column in table.columns
        )
        return replace(table, columns=columns)

    def append(self, side: Side, rows: Texts) -> None:
        """More rows, in the store alone."""
        self.subject.append(side.table, self.oracle.build(side.columns, rows))

    def values(self, type_name: str) -> list[str]:
        """The awkward values of a type that the store can hold."""
        return [value for value in VALUES[type_name] if self.subject.holds(type_name, value)]

    def read(self, side: Side, *, snapshot: Snapshot | None = None, call: Call | None = None) -> Rows:
        """All rows of a table, sorted, in the way the gateway would get at them."""
        call = call or Call(timeout=TIMEOUT)
        if snapshot is None:
            with self.connector.snapshot([side.table], call) as taken:
                return self.read(side, snapshot=taken, call=call)
        if self.connector.capabilities.in_place:
            return ordered(self.oracle.scanned(self.connector.scan(side.table, snapshot), side.names))
        return ordered(self.computed(self.whole(side), snapshot, call))

    def whole(self, side: Side) -> Fragment:
        """The fragment that gives out every column of a table."""
        columns = ", ".join(f"t.{quoted(name)}" for name in side.names)
        return self.fragment(f"SELECT {columns} FROM t AS t", side)

    def fragment(self, sql: str, side: Side) -> Fragment:
        """A fragment of DuckDB text in which the table is called ``t``."""
        return fragment(sql, {"t": side.table}, self.oracle.con)

    def computed(self, made: Fragment, snapshot: Snapshot, call: Call, hints: Hints = NO_HINTS) -> Rows:
        """The store's rows for a fragment, in the store's order, checked at the border."""
        stream = checked(self.connector.open(made, snapshot, hints, call), made.schema, call, store=self.connector.name)
        try:
            return self.oracle.rows(pa.Table.from_batches(stream, made.schema), made.columns)
        finally:
            stream.close()

    def side(self, case: Case) -> Side | None:
        """The table for a case; None when the store cannot hold one of its types at all."""
        return self.pair(*case.types) if all(self.values(name) for name in case.types) else None

    def expected(self, side: Side) -> Rows:
        """The rows that were loaded, sorted."""
        return ordered(self.oracle.answer(self.whole(side)))

    def _everything(self) -> Side:
        """One column per type the store holds, one awkward value per cell, and a row of NULLs."""
        held = [name for name in VALUES if self.values(name)]
        rows = [*zip_longest(*(self.values(name) for name in held)), (None,) * len(held)]
        return self.load(
            [Column("id", "INTEGER"), *(Column(f"c{number}", name) for number, name in enumerate(held))],
            [(str(number), *row) for number, row in enumerate(rows)],
        )

    def _numbers(self, rows: int) -> Side:
        """A table of ``rows`` rows: an integer and a text."""
        return self.load(
            [Column("id", "INTEGER"), Column("word", "VARCHAR")],
            [(str(number), f"word {number}") for number in range(rows)],
        )

    def _pair(self, left: str, right: str) -> Side:
        """Every value of one type beside every value of another, NULL included."""
        rows = [
            (str(number), None if number % 4 == 3 else str(number % 4), one, other, None)
            for number, (one, other) in enumerate(product([*self.values(left), None], [*self.values(right), None]))
        ]
        return self.load(
            [
                Column("id", "INTEGER"),
                Column("g", "INTEGER"),
                Column("a", left),
                Column("b", right),
                Column("n", left),
            ],
            rows,
        )


def ordered(rows: Rows) -> Rows:
    """Rows in one order of their own, for comparison without regard to order."""
    return sorted(rows, key=lambda row: [(value is None, value or "") for value in row])
