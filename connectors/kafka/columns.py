"""Which columns a topic's records are read into: those of the contract, and four that every topic has."""

import hashlib
import json

import pyarrow as pa

from connectors.errors import StoreSchemaMismatch
from connectors.spi import Column, Table
from connectors.types import Family, arrow_type

# By this fact whoever merges descriptions with contracts knows columns that no contract has to declare.
_ADDED = frozenset({"extra"})
EXTRAS = (
    Column("_partition", "INTEGER", nullable=False, facts=_ADDED),
    Column("_offset", "BIGINT", nullable=False, facts=_ADDED),
    Column("_timestamp", "TIMESTAMP WITH TIME ZONE", facts=_ADDED),
    Column("_key", "VARCHAR", facts=_ADDED),
)
_EXTRA_NAMES = frozenset(column.name for column in EXTRAS)
_AS_TEXT = {Family.DATE, Family.TIME, Family.UUID}
_DIRECT = {
    Family.BOOLEAN,
    Family.INTEGER,
    Family.DECIMAL,
    Family.REAL,
    Family.DOUBLE,
    Family.TEXT,
    Family.TIMESTAMP,
    Family.TIMESTAMPTZ,
}


def declared(table: Table) -> tuple[Column, ...]:
    """The contract's columns of a table, without the four extras. Raises StoreSchemaMismatch for what cannot be."""
    columns = tuple(column for column in table.columns if column.name.lower() not in _EXTRA_NAMES)
    fields = [column.physical for column in columns]
    if not columns:
        raise StoreSchemaMismatch(f"The contract of the topic {table.name!r} declares no columns.")
    if twice := sorted({name for name in fields if fields.count(name) > 1 or name in _EXTRA_NAMES}):
        raise StoreSchemaMismatch(f"The topic {table.name!r} cannot have two columns for the key {twice[0]!r}.")
    for column in columns:
        if json_type(column.type) is None:
            raise StoreSchemaMismatch(
                f"The column {column.name!r} of the topic {table.name!r} has the type {column.type}, "
                "which is not read from JSON.",
                hint="Numbers, text, BOOLEAN, DATE, TIME, TIMESTAMP, UUID and lists of numbers or text are.",
            )
    return columns


def check_format(table: Table) -> None:
    """Raises StoreSchemaMismatch unless the contract's message format is one that can be decoded."""
    wanted = dict(table.options).get("format", "json")
    if wanted != "json":
        raise StoreSchemaMismatch(
            f"The topic {table.name!r} has the format {wanted!r}, which is not decoded.", hint="The format is 'json'."
        )


def json_type(type_name: str) -> pa.DataType | None:
    """The Arrow type in which JSON values of a DuckDB type are first read, or None when they are not."""
    if type_name.endswith("[]"):
        inner = json_type(type_name[:-2])
        return None if inner is None or inner != arrow_type(type_name[:-2]) else pa.list_(inner)
    kind = Column("", type_name).family
    if kind in _AS_TEXT:
        return pa.utf8()
    return arrow_type(type_name) if kind in _DIRECT else None


def segment_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The schema of segments: declared columns under their physical names, then the extras."""
    return pa.schema([pa.field(column.physical, arrow_type(column.type)) for column in (*columns, *EXTRAS)])


def fingerprint(columns: tuple[Column, ...]) -> str:
    """Changes when records would be decoded into something else; 16 hex digits."""
    shape = sorted((column.physical, column.type, column.nullable) for column in columns)
    return hashlib.sha256(json.dumps(["json", 1, shape]).encode()).hexdigest()[:16]
