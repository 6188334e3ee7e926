"""The type of a property: what ``physicalType`` says if it is given, else what ``logicalType`` implies."""

import re

from open_data_contract_standard.model import SchemaProperty

from connectors.types import is_supported

SYNONYMS = {
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "INT2": "SMALLINT",
    "INT4": "INTEGER",
    "INT8": "BIGINT",
    "REAL": "FLOAT",
    "FLOAT4": "FLOAT",
    "FLOAT8": "DOUBLE",
    "DOUBLE PRECISION": "DOUBLE",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "CHAR": "VARCHAR",
    "BPCHAR": "VARCHAR",
    "CHARACTER": "VARCHAR",
    "CHARACTER VARYING": "VARCHAR",
    "BYTEA": "BLOB",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
    "TIME WITHOUT TIME ZONE": "TIME",
    "JSONB": "JSON",
}
"""Other names under which a ``physicalType`` may be given, and the type each stands for."""

LOGICAL = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
}
"""What a ``logicalType`` stands for where no ``physicalType`` is given."""

_LONGEST = 100
_SIZED = re.compile(r"([A-Z][A-Z ]*?)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
_WITH_LENGTH = ("VARCHAR", "CHAR", "BPCHAR", "CHARACTER", "CHARACTER VARYING")


def duckdb_type(told: SchemaProperty) -> str:
    """The DuckDB type name of a property. Raises ValueError for one that the gateway cannot carry."""
    if told.physicalType:
        if len(told.physicalType) > _LONGEST:
            raise ValueError("the physicalType is too long to be one")
        return _physical(told.physicalType)
    if told.logicalType == "array" and told.items:
        return f"{duckdb_type(told.items)}[]"
    if told.logicalType == "timestamp" and (told.logicalTypeOptions or {}).get("timezone") is True:
        return "TIMESTAMP WITH TIME ZONE"
    if told.logicalType in LOGICAL:
        return LOGICAL[told.logicalType]
    if not told.logicalType:
        raise ValueError("has no type; give a physicalType")
    raise ValueError(f"the logicalType {told.logicalType[:_LONGEST]} cannot be carried; give a physicalType")


def _physical(text: str) -> str:
    name = " ".join(text.upper().split())
    if name.endswith("[]"):
        return f"{_physical(name[:-2])}[]"
    sized = _SIZED.fullmatch(name)
    if sized and sized[1] in ("DECIMAL", "NUMERIC"):
        name = _decimal(text, int(sized[2]), int(sized[3] or 0))
    elif sized and sized[1] in _WITH_LENGTH and not sized[3]:
        name = "VARCHAR"
    elif name in ("DECIMAL", "NUMERIC"):
        raise ValueError(f"the type {text} needs its digits, such as {text}(12,2)")
    name = SYNONYMS.get(name, name)
    if not is_supported(name):
        raise ValueError(f"the type {text} cannot be carried")
    return name


def _decimal(text: str, precision: int, scale: int) -> str:
    if not 1 <= precision <= 38:
        raise ValueError(f"the type {text} has more digits than can be carried, which are 1 to 38")
    if scale > precision:
        raise ValueError(f"the type {text} has more digits behind the point than digits")
    return f"DECIMAL({precision},{scale})"
