"""What is asked about: the small mesh of tests/mesh.py, and a product of values over which stores disagree."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa

from connectors.spi import Column, Table, arrow_schema
from tests import mesh

KINDS = {
    "INTEGER": "int",
    "BIGINT": "int",
    "DECIMAL(12,4)": "decimal",
    "DECIMAL(18,3)": "decimal",
    "DECIMAL(38,10)": "decimal",
    "DOUBLE": "double",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "BOOLEAN": "bool",
}
_NATIVE = {**mesh.NATIVE, "DOUBLE": "double precision", "DECIMAL(18,3)": "numeric(18,3)"}
_NATIVE |= {"DECIMAL(38,10)": "numeric(38,10)", "ci": "text COLLATE ignore_case", "ch": "character(5)"}

THINGS = (
    ("id", "INTEGER"),
    ("n", "INTEGER"),
    ("big", "BIGINT"),
    ("d", "DECIMAL(18,3)"),
    ("wide", "DECIMAL(38,10)"),
    ("x", "DOUBLE"),
    ("t", "VARCHAR"),
    ("ci", "VARCHAR"),
    ("ch", "VARCHAR"),
    ("day", "DATE"),
    ("moment", "TIMESTAMP"),
    ("flag", "BOOLEAN"),
)
ODD = {
    "things": (("id",), THINGS),
    "empty": (("id",), (("id", "INTEGER"), ("n", "INTEGER"), ("t", "VARCHAR"), ("x", "DOUBLE"))),
    "twins": ((), (("n", "INTEGER"), ("t", "VARCHAR"), ("day", "DATE"), ("d", "DECIMAL(18,3)"))),
}
PRODUCTS = {**mesh.PRODUCTS, "oddities": ("odd", tuple(ODD))}
_KEPT_ROWS = {"artists": 60, "labels": 12, "rates": 40, "plays": 120}


@dataclass(frozen=True)
class Source:
    """A dataset that a question may read: where it is, its columns with their kinds, and its key."""

    name: str
    address: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]


def tables() -> dict[str, Table]:
    """Every table with the facts that a database with a plain collation would tell."""
    made = {
        name: Table(name, tuple(_column(*column, column[0] in key) for column in columns), key)
        for name, (key, columns) in ODD.items()
    }
    return {**mesh.TABLES, **made}


def native(table: Table) -> dict[str, str]:
    """PostgreSQL's types for the columns of a table, collations of all sorts among them."""
    odd = {column.name: _NATIVE[column.name] for column in table.columns if column.name in ("ci", "ch")}
    words = {"VARCHAR": "text COLLATE words"} if table.name in mesh.TABLES else {}
    return {**words, **odd}


def _column(name: str, kind: str, total: bool) -> Column:
    facts = ({"not null"} if total else set()) | ({"collation:default"} if kind == "VARCHAR" else set())
    return Column(name, kind, not total, native=_NATIVE[kind], facts=frozenset(facts))


def sources() -> tuple[Source, ...]:
    """Every dataset."""
    held = tables()
    return tuple(
        Source(
            item,
            f"{domain}.{product}.{item}",
            tuple((column.name, KINDS[column.type]) for column in held[item].columns),
            held[item].key,
        )
        for product, (domain, items) in PRODUCTS.items()
        for item in items
    )


def rows(*, finite: bool = False) -> dict[str, pa.Table]:
    """The rows of every table, always the same; ``finite`` leaves out what JSON cannot say."""
    made = {name: table.slice(0, _KEPT_ROWS[name]) for name, table in mesh.rows().items()}
    held = tables()
    chance = random.Random(11)
    odd = {
        "things": [_thing(chance, number) for number in range(48)],
        "empty": [],
        "twins": [_twin(chance) for _ in range(40)],
    }
    for name, listed in odd.items():
        filled = pa.Table.from_pylist(listed, schema=arrow_schema(held[name].columns))
        made[name] = filled if finite else _with_infinities(name, filled)
    return made


def _thing(chance: random.Random, number: int) -> dict[str, object]:
    def some(*values: object) -> object:
        return None if chance.random() < 0.3 else chance.choice(values)

    return {
        "id": number,
        "n": some(0, 1, 2, 3, 7, -1, 2**31 - 1, -(2**31)),
        "big": some(0, 1, -1, 2**40, 9007199254740993, 2**63 - 1),
        "d": some(*map(Decimal, ("0", "0.1", "-0.001", "1.5", "7", "999999999999999.999"))),
        "wide": some(*map(Decimal, ("0", "0.1", "1.0000000001", "-3", "9999999999999999999999999999.9999999999"))),
        "x": some(0.0, 0.1, 1.0, -1.5, 1e300, 9007199254740992.0, 5e-324),
        "t": some("", " ", "a", "A", "a ", "B", "ä", "Z", "ß", "a%", "a_", "a\\", "it's", "日本", "9", "10", "-"),
        "ci": some("", "a", "A", "b", "B", "Ä", "ä", "ss", "ß"),
        "ch": some("a", "A", "ab", "abcde", "b"),
        "day": some(date(1970, 1, 1), date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), date(2026, 11, 5)),
        "moment": some(
            datetime(1970, 1, 1), datetime(2024, 2, 29, 12, 0, 0, 123456), datetime(1969, 12, 31, 23, 59, 59)
        ),
        "flag": some(True, False),
    }


def _twin(chance: random.Random) -> dict[str, object]:
    return {
        "n": chance.choice([None, 1, 2, 3, 7]),
        "t": chance.choice([None, "a", "A", "", "phone"]),
        "day": chance.choice([None, date(2026, 11, 5), date(2026, 11, 6), date(1970, 1, 1) + timedelta(days=1)]),
        "d": chance.choice([None, Decimal("1.500"), Decimal("0.100")]),
    }


def _with_infinities(name: str, filled: pa.Table) -> pa.Table:
    """DuckDB writes the values that Python's types do not have."""
    if name != "things":
        return filled
    odd = {
        "x": "['nan', 'inf', '-inf', '-0.0']",
        "day": "['infinity', '-infinity']",
        "moment": "['infinity', '-infinity']",
    }
    changed = ", ".join(
        f"CASE WHEN id % {step} = 0 THEN CAST(({values})[1 + (id // {step}) % {values.count(',') + 1}] "
        f"AS {kind}) ELSE {column} END AS {column}"
        for (column, values), kind, step in zip(odd.items(), ("DOUBLE", "DATE", "TIMESTAMP"), (4, 5, 6), strict=True)
    )
    with duckdb.connect() as plain:
        plain.register("filled", filled)
        found = plain.sql(f"SELECT * REPLACE ({changed}) FROM filled").to_arrow_table()
    return found.cast(filled.schema)
