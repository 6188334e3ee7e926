"""A store that is DuckDB itself: it claims everything, so what differs from pushdown=off is the planner's fault."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from connectors.call import Call
from connectors.errors import StoreValueError
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

FAMILIES = (
    Family.BOOLEAN,
    Family.INTEGER,
    Family.DECIMAL,
    Family.TEXT,
    Family.DATE,
    Family.TIMESTAMP,
)
_NUMBERS = (Family.INTEGER, Family.DECIMAL, Family.DOUBLE)
_DAYS = (Family.DATE, Family.TIMESTAMP)
_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
_LONG = ("DECADE", "CENTURY", "MILLENNIUM", "ISOYEAR")
_PARTS = ("DOW", "ISODOW", "DOY", "EPOCH", "JULIAN", "TIMEZONE", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")
# What stands over every family, and what over some of them only: DuckDB computes all of it.
_OVER_ALL = ("=", "<>", "<", "<=", ">", ">=", "IN", "BETWEEN", "IS NULL", "IS DISTINCT FROM", "GROUP BY", "ORDER BY")
_CHOOSING = ("CASE", "COALESCE", "NULLIF", "GREATEST", "LEAST", "COUNT", "COUNT DISTINCT", "MIN", "MAX")
_OF_TEXTS = ("LENGTH", "STRLEN", "BIT_LENGTH", "ASCII", "STRPOS", "SPLIT_PART", "||", "CONCAT", "CONCAT_WS", "ENCODE")
_SHAPED = ("TRIM", "LTRIM", "RTRIM", "SUBSTR", "LEFT", "RIGHT", "REPLACE", "TRANSLATE", "LPAD", "RPAD", "REPEAT")
_OF_BYTES = ("||", "SUBSTR", "OCTET_LENGTH", "BASE64", "MD5", "SHA256", "HEX")
_OVER_TEXT = (*_OF_TEXTS, *_SHAPED, "LOWER", "UPPER", "MD5", "SHA256", "HEX")
_MATCHING = ("LIKE", "ILIKE", "GLOB", "STARTS WITH", "ENDS WITH", "CONTAINS")
_MOVING = ("LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE")
_OVER_SOME: dict[tuple[str, ...], tuple[Family, ...]] = {
    ("+", "-", "*", "/", "//", "%", "NEG", "ABS", "ROUND", "CEIL", "FLOOR", "CAST TO DOUBLE"): _NUMBERS,
    ("SUM", "SUM DISTINCT", "AVG", "CAST TO DECIMAL", "CAST TO BOOLEAN", "CAST TO TEXT"): _NUMBERS[:2],
    ("CAST TO INTEGER",): (*_NUMBERS, Family.BOOLEAN),
    ("BOOL_AND", "BOOL_OR", "COUNT_IF", "NULL"): (Family.BOOLEAN,),
    ("BIT_AND", "BIT_OR", "BIT_XOR", "ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE"): (Family.INTEGER,),
    ("PERCENT_RANK", "CUME_DIST"): (Family.DOUBLE,),
    ("STRING_AGG",): (Family.TEXT,),
    ("ARRAY_AGG",): (Family.BOOLEAN, Family.INTEGER, Family.TEXT),
    ("TRUNC", "SIGN", "SQRT"): _NUMBERS,
    ("&", "|", "XOR", "GCD", "LCM"): (Family.INTEGER,),
    ("ISNAN",): (Family.REAL, Family.DOUBLE),
    ("ISINF", "ISFINITE"): (Family.REAL, Family.DOUBLE, *_DAYS),
    (*_OVER_TEXT, *_MATCHING): (Family.TEXT,),
    _OF_BYTES: (Family.BLOB,),
    tuple(f"{word} {unit}" for word in ("EXTRACT", "DATE_TRUNC") for unit in (*_UNITS, *_LONG)): _DAYS,
    tuple(f"EXTRACT {unit}" for unit in _PARTS): _DAYS,
    tuple(f"DATEDIFF {unit}" for unit in _UNITS): _DAYS,
    ("+ INTERVAL", "- INTERVAL", "LAST_DAY", "DAYNAME", "MONTHNAME"): _DAYS,
    ("+ INTEGER", "- INTEGER", "+ TIME"): _DAYS[:1],
    ("AT UTC", "TIME_BUCKET"): _DAYS[1:],
    ("MAKE_DATE", "TO_DAYS", "TO_TIMESTAMP"): _NUMBERS[:1],
    ("CAST TO DATE", "CAST TO TIMESTAMP"): _DAYS,
}
EVERYTHING = Capabilities(
    frozenset(
        {Claim(operator, family) for operator in (*_OVER_ALL, *_CHOOSING, *_MOVING) for family in FAMILIES}
        | {Claim(name, family) for names, families in _OVER_SOME.items() for name in names for family in families}
    ),
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
        self.engine.execute("SET GLOBAL TimeZone = 'UTC'")
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
        try:
            with self.engine.cursor() as cursor:
                found = cursor.sql(fragment.text).to_arrow_reader(1000).read_all()
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as problem:
            raise StoreValueError("DuckDB met a value that it cannot compute with.", store=self.name) from problem
        return Rows(fragment.schema, found.cast(fragment.schema).to_batches())

    def scan(self, table: Table, snapshot: Snapshot) -> Scan:
        raise NotImplementedError

    def render(self, fragment: Fragment) -> str:
        return fragment.text

    def close(self) -> None:
        self.engine.close()
