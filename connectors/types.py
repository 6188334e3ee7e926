"""The one type system of the house: DuckDB's type names, their families, and their Arrow form at the border."""

import re
from enum import StrEnum

import pyarrow as pa


class Family(StrEnum):
    """Types that operators treat alike. Capabilities are claimed per family."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    REAL = "real"
    DOUBLE = "double"
    TEXT = "text"
    BLOB = "blob"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    OTHER = "other"


# DuckDB's name as DESCRIBE prints it → (family, the Arrow type that crosses the border)
_PLAIN: dict[str, tuple[Family, pa.DataType]] = {
    "BOOLEAN": (Family.BOOLEAN, pa.bool_()),
    "TINYINT": (Family.INTEGER, pa.int8()),
    "SMALLINT": (Family.INTEGER, pa.int16()),
    "INTEGER": (Family.INTEGER, pa.int32()),
    "BIGINT": (Family.INTEGER, pa.int64()),
    "HUGEINT": (Family.INTEGER, pa.decimal128(38, 0)),
    "UTINYINT": (Family.INTEGER, pa.uint8()),
    "USMALLINT": (Family.INTEGER, pa.uint16()),
    "UINTEGER": (Family.INTEGER, pa.uint32()),
    "UBIGINT": (Family.INTEGER, pa.uint64()),
    "FLOAT": (Family.REAL, pa.float32()),
    "DOUBLE": (Family.DOUBLE, pa.float64()),
    "VARCHAR": (Family.TEXT, pa.utf8()),
    "BLOB": (Family.BLOB, pa.binary()),
    "DATE": (Family.DATE, pa.date32()),
    "TIME": (Family.TIME, pa.time64("us")),
    "TIMESTAMP": (Family.TIMESTAMP, pa.timestamp("us")),
    "TIMESTAMP WITH TIME ZONE": (Family.TIMESTAMPTZ, pa.timestamp("us", tz="UTC")),
    "INTERVAL": (Family.INTERVAL, pa.month_day_nano_interval()),
    "UUID": (Family.UUID, pa.utf8()),
    "JSON": (Family.JSON, pa.utf8()),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
# These arrive in DuckDB as another type than the one they stand for, so the reading side casts them back.
_CAST_ON_ARRIVAL = frozenset({"HUGEINT", "UUID", "JSON"})

IN_ARRAYS = frozenset({"SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "BOOLEAN", "VARCHAR", "UUID"})
"""DuckDB types of which a store may give out arrays."""


def family(type_name: str) -> Family:
    """The family of a DuckDB type name; OTHER for nested and unknown types, which nothing claims."""
    if _DECIMAL.fullmatch(type_name):
        return Family.DECIMAL
    return _PLAIN[type_name][0] if type_name in _PLAIN else Family.OTHER


def is_supported(type_name: str) -> bool:
    """Whether columns of this DuckDB type may cross the border."""
    try:
        arrow_type(type_name)
    except ValueError:
        return False
    return True


def arrow_type(type_name: str) -> pa.DataType:
    """The Arrow type in which columns of a DuckDB type cross the border. Raises ValueError for unknown names."""
    if type_name in _PLAIN:
        return _PLAIN[type_name][1]
    if match := _DECIMAL.fullmatch(type_name):
        return pa.decimal128(int(match[1]), int(match[2]))
    if type_name.endswith("[]"):
        return pa.list_(arrow_type(type_name[:-2]))
    raise ValueError(f"no Arrow form for the type {type_name!r}")


def duckdb_type(arrow: pa.DataType) -> str:
    """The DuckDB type that an Arrow type stands for when nothing else is known of it: utf8 is VARCHAR, never UUID.

    Raises ValueError for Arrow types that do not cross the border.
    """
    if pa.types.is_decimal128(arrow):
        return f"DECIMAL({arrow.precision},{arrow.scale})"
    if pa.types.is_list(arrow):
        return f"{duckdb_type(arrow.value_type)}[]"
    for name, (_, plain) in _PLAIN.items():
        if plain == arrow:
            return name
    raise ValueError(f"no DuckDB type for the Arrow type {arrow}")


def needs_cast(type_name: str) -> bool:
    """Whether DuckDB sees another type than ``type_name`` when it scans the Arrow form."""
    return type_name.removesuffix("[]") in _CAST_ON_ARRIVAL
