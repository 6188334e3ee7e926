"""Which DuckDB type a Parquet column becomes: out of the file's own logical types, not out of a library's reading."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

OTHER = "OTHER"
"""Stands for types that do not cross the border, such as STRUCT, MAP and nanosecond times with a zone."""

_PHYSICAL = {
    "BOOLEAN": "BOOLEAN",
    "INT32": "INTEGER",
    "INT64": "BIGINT",
    "INT96": "TIMESTAMP",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "BYTE_ARRAY": "BLOB",
    "FIXED_LEN_BYTE_ARRAY": "BLOB",
}
_LOGICAL = {
    "String": "VARCHAR",
    "Enum": "VARCHAR",
    "JSON": "JSON",
    "BSON": "BLOB",
    "UUID": "UUID",
    "Date": "DATE",
    "Interval": "INTERVAL",
    "Float16": "FLOAT",
}
_INTEGERS = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}


def columns(data: pq.FileMetaData) -> dict[str, tuple[str, bool]]:
    """The columns in the file's order: name → (DuckDB type or :data:`OTHER`, nullable)."""
    found: dict[str, tuple[str, bool]] = {}
    at = 0
    for item in data.schema.to_arrow_schema():
        found[item.name] = _column(item.type, data.schema.column(at)), item.nullable
        at += _leaves(item.type)
    return found


def _column(arrow: pa.DataType, leaf: pq.ColumnSchema) -> str:
    """Lists nest around one leaf; what has several leaves or keys does not cross the border."""
    if _is_list(arrow):
        inner = _column(arrow.value_type, leaf)
        return OTHER if inner == OTHER else f"{inner}[]"
    return OTHER if pa.types.is_nested(arrow) else _scalar(leaf.physical_type, json.loads(leaf.logical_type.to_json()))


def _scalar(physical: str, logical: Mapping[str, Any]) -> str:
    match logical["Type"]:
        case "None":
            return _PHYSICAL.get(physical, OTHER)
        case "Int":
            return ("" if logical["isSigned"] else "U") + _INTEGERS[logical["bitWidth"]]
        case "Decimal" if logical["precision"] <= 38:
            return f"DECIMAL({logical['precision']},{logical['scale']})"
        case "Time" if not logical["isAdjustedToUTC"]:
            return OTHER if logical["timeUnit"] == "nanoseconds" else "TIME"
        case "Timestamp":
            return _timestamp(zoned=logical["isAdjustedToUTC"], fine=logical["timeUnit"] == "nanoseconds")
        case kind:
            return _LOGICAL.get(kind, OTHER)


def _timestamp(*, zoned: bool, fine: bool) -> str:
    if fine:
        return OTHER  # nanoseconds would be cut on their way
    return "TIMESTAMP WITH TIME ZONE" if zoned else "TIMESTAMP"


def _is_list(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_list(arrow) or pa.types.is_large_list(arrow) or pa.types.is_fixed_size_list(arrow))


def _leaves(arrow: pa.DataType) -> int:
    if pa.types.is_map(arrow):
        return _leaves(arrow.key_type) + _leaves(arrow.item_type)
    if _is_list(arrow):
        return _leaves(arrow.value_type)
    if pa.types.is_struct(arrow):
        return sum(_leaves(arrow.field(at).type) for at in range(arrow.num_fields))
    return 1
