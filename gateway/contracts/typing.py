"""The type of a property: what ``physicalType`` says if it is a type we know, else what ``logicalType`` implies."""

import re

from open_data_contract_standard.model import SchemaProperty

from connectors.types import is_supported

_SYNONYMS = {
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "INT2": "SMALLINT",
    "INT4": "INTEGER",
    "INT8": "BIGINT",
    "REAL": "FLOAT",
    "DOUBLE PRECISION": "DOUBLE",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "CHAR": "VARCHAR",
    "CHARACTER": "VARCHAR",
    "CHARACTER VARYING": "VARCHAR",
    "BYTEA": "BLOB",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
    "JSONB": "JSON",
}
_LOGICAL = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
}
_SIZED = re.compile(r"([A-Z][A-Z ]*?)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


def duckdb_type(told: SchemaProperty) -> str:
    """The DuckDB type name of a property. Raises ValueError for one that the gateway cannot carry."""
    if told.physicalType:
        return _physical(told.physicalType)
    if told.logicalType in _LOGICAL:
        return _LOGICAL[told.logicalType]
    raise ValueError(f"the type {told.logicalType or 'that is missing'} cannot be carried; give a physicalType")


def _physical(text: str) -> str:
    name = " ".join(text.upper().split())
    if name.endswith("[]"):
        return f"{_physical(name[:-2])}[]"
    sized = _SIZED.fullmatch(name)
    if sized and sized[1] in ("DECIMAL", "NUMERIC"):
        name = f"DECIMAL({sized[2]},{sized[3] or 0})"
        if not 1 <= int(sized[2]) <= 38 or int(sized[3] or 0) > int(sized[2]):
            raise ValueError(f"the type {text} has more digits than can be carried")
    elif sized and sized[1] in ("VARCHAR", "CHAR", "CHARACTER", "CHARACTER VARYING"):
        name = "VARCHAR"
    name = _SYNONYMS.get(name, name)
    if not is_supported(name):
        raise ValueError(f"the type {text} cannot be carried")
    return name
