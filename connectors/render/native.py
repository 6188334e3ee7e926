"""How Postgres spells names, constants and types, and which DuckDB type stands for which of its own."""

import re

from sqlglot import exp

from connectors.types import IN_ARRAYS, Family, family

MAX_IDENTIFIER = 63
"""Bytes of an identifier beyond which Postgres cuts it off silently."""

_PLAIN = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "oid": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "bytea": "BLOB",
    "date": "DATE",
    "interval": "INTERVAL",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSON",
    "money": "DECIMAL(19,2)",
}
_TIMES = re.compile(r"(time|timestamp|interval)(\(\d\))?( with(?:out)? time zone)?")
_NUMERIC = re.compile(r"numeric\((\d+),(-?\d+)\)")
_TEXT = re.compile(r"text|character varying(\(\d+\))?")
_NAMES = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')
_TIME_TYPES = {
    ("time", " without time zone"): "TIME",
    ("timestamp", " without time zone"): "TIMESTAMP",
    ("timestamp", " with time zone"): "TIMESTAMP WITH TIME ZONE",
}


def duckdb_type(native: str) -> str:
    """The DuckDB type for a type name as ``format_type`` prints it; VARCHAR for all that has no counterpart.

    ``numeric`` without precision, or with more than 38 digits, has none: a contract may call it DECIMAL(38,s).
    """
    if native.endswith("[]"):
        item = duckdb_type(native[:-2])
        return f"{item}[]" if item in IN_ARRAYS and (item != "VARCHAR" or is_text(native[:-2])) else "VARCHAR"
    if match := _NUMERIC.fullmatch(native):
        digits, scale = int(match[1]), int(match[2])
        whole = max(digits, scale) if scale >= 0 else digits - scale
        return f"DECIMAL({whole},{max(scale, 0)})" if whole <= 38 else "VARCHAR"
    if match := _TIMES.fullmatch(native):
        return "INTERVAL" if match[1] == "interval" else _TIME_TYPES.get((match[1], match[3]), "VARCHAR")
    return _PLAIN.get(native, "VARCHAR")


def is_text(native: str) -> bool:
    """Whether values of this native type are text as they stand: no padding, no labels, no conversion."""
    return _TEXT.fullmatch(native) is not None


def identifier(name: str) -> str:
    """``"name"``. Raises ValueError for names that Postgres would cut off or cannot hold."""
    if not name or "\0" in name or len(name.encode()) > MAX_IDENTIFIER:
        raise ValueError("a name is empty, holds NUL or is too long for Postgres")
    return '"' + name.replace('"', '""') + '"'


def table_parts(name: str) -> tuple[str, str]:
    """Schema and table of a physical name: ``table``, ``schema.table``, each part possibly in double quotes.

    Raises ValueError for anything else. The schema is ``public`` where none is given.
    """
    parts, at = [], 0
    while match := _NAMES.match(name, at):
        parts.append(match[1].replace('""', '"') if match[1] is not None else match[2])
        at = match.end()
        if at == len(name) or name[at] != ".":
            break
        at += 1
    if at != len(name) or name.endswith(".") or not 1 <= len(parts) <= 2:
        raise ValueError("a table is named as schema.table")
    return (parts[0], parts[1]) if len(parts) == 2 else ("public", parts[0])


def table_name(name: str) -> str:
    """A physical table name, schema-qualified and quoted."""
    return ".".join(identifier(part) for part in table_parts(name))


def text(value: str) -> str:
    """A string constant, read as it stands because standard_conforming_strings is pinned. Refuses NUL."""
    if "\0" in value:
        raise ValueError("a string constant holds NUL, which Postgres cannot")
    return "'" + value.replace("'", "''") + "'"


_WHOLE = (("INTEGER", 2**31 - 1), ("BIGINT", 2**63 - 1))
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)")
_FLOAT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|nan|[+-]?inf(?:inity)?", re.IGNORECASE)
_DAY = r"-?infinity|\d{4,6}-\d\d-\d\d"
_HOUR = r"\d\d:\d\d:\d\d(?:\.\d{1,6})?"
_HOURS = r"-?\d{2,6}:\d\d:\d\d(?:\.\d{1,6})?"
_SHAPES = {
    Family.BOOLEAN: re.compile("true|false"),
    Family.INTEGER: re.compile(r"[+-]?\d{1,39}"),
    Family.DECIMAL: re.compile(r"[+-]?(?:\d{1,38}(?:\.\d{0,38})?|\.\d{1,38})"),
    Family.REAL: _FLOAT,
    Family.DOUBLE: _FLOAT,
    Family.DATE: re.compile(_DAY),
    Family.TIME: re.compile(_HOUR),
    Family.INTERVAL: re.compile(rf"(?=.)(?:(?:^| )-?\d{{1,9}} (?:year|month|day)s?){{0,3}}(?:(?:^| ){_HOURS})?"),
    Family.TIMESTAMP: re.compile(rf"(?:{_DAY})(?:[ T]{_HOUR})?"),
    Family.TIMESTAMPTZ: re.compile(rf"-?infinity|\d{{4,6}}-\d\d-\d\d[ T]{_HOUR}(?:Z|[+-]00(?::00)?)"),
    Family.UUID: re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
_BLOB = re.compile(r"\\x([0-9A-Fa-f]{2})|([\x20-\x5b\x5d-\x7e])")
_SPELLED = {
    Family.BOOLEAN: "boolean",
    Family.REAL: "real",
    Family.DOUBLE: "double precision",
    Family.DATE: "date",
    Family.TIME: "time",
    Family.INTERVAL: "interval",
    Family.TIMESTAMP: "timestamp",
    Family.TIMESTAMPTZ: "timestamptz",
    Family.UUID: "uuid",
}


def number(digits: str) -> tuple[str, str]:
    """An unsigned number and its DuckDB type: whole, decimal, or DOUBLE with an exponent or beyond 38 digits."""
    if not _NUMBER.fullmatch(digits) or len(digits) - digits.count(".") > 38:
        return typed(digits, "DOUBLE"), "DOUBLE"
    if "." in digits:
        whole, fraction = digits.split(".")
        return digits, f"DECIMAL({max(len(whole) + len(fraction), 1)},{len(fraction)})"
    return digits, next((name for name, most in _WHOLE if int(digits) <= most), "HUGEINT")


def typed(value: str, type_name: str) -> str:
    """``'value'::type`` for a DuckDB type name, only in spellings that both engines read alike; else ValueError."""
    of = family(type_name)
    if of is Family.TEXT:
        return f"{text(value)}::text"
    if of is Family.BLOB:
        return f"'\\x{_blob(value).hex()}'::bytea"
    shape = _SHAPES.get(of)
    if shape is None or not shape.fullmatch(value):
        raise ValueError(f"a constant is not in the one spelling of {of} that is sent to a store")
    if of is Family.INTEGER:
        return f"{text(value)}::{_integer(type_name)}"
    if of is Family.DECIMAL:
        return f"{text(value)}::{type_name.replace('DECIMAL', 'numeric')}"
    return f"{text(value)}::{_SPELLED[of]}"


def _integer(type_name: str) -> str:
    signed = {"TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint"}
    return signed.get(type_name, "numeric")


_COMPUTED = {
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(38,0)",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20,0)",
    "VARCHAR": "text",
    "BLOB": "bytea",
    "INTERVAL": "interval",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "UUID": "uuid",
}


def native_type(type_name: str) -> str:
    """The native type in which values of a DuckDB type are computed. Raises ValueError for those that never are."""
    if family(type_name) is Family.DECIMAL:
        return type_name.replace("DECIMAL", "numeric").replace(" ", "")
    if type_name not in _COMPUTED:
        raise ValueError(f"values of {family(type_name)} are not computed with")
    return _COMPUTED[type_name]


def _blob(value: str) -> bytes:
    """The bytes of DuckDB's spelling of a blob: printable ASCII as it stands, all else as ``\\xHH``."""
    found, at = bytearray(), 0
    while at < len(value):
        match = _BLOB.match(value, at)
        if match is None:
            raise ValueError("a blob constant is not in the one spelling that is sent to a store")
        found += bytes.fromhex(match[1]) if match[1] else match[2].encode()
        at = match.end()
    return bytes(found)


_TYPE_NAMES = {
    exp.DType.BOOLEAN: "BOOLEAN",
    exp.DType.TINYINT: "TINYINT",
    exp.DType.SMALLINT: "SMALLINT",
    exp.DType.INT: "INTEGER",
    exp.DType.BIGINT: "BIGINT",
    exp.DType.INT128: "HUGEINT",
    exp.DType.FLOAT: "FLOAT",
    exp.DType.DOUBLE: "DOUBLE",
    exp.DType.TEXT: "VARCHAR",
    exp.DType.VARCHAR: "VARCHAR",
    exp.DType.VARBINARY: "BLOB",
    exp.DType.DATE: "DATE",
    exp.DType.TIME: "TIME",
    exp.DType.INTERVAL: "INTERVAL",
    exp.DType.TIMESTAMP: "TIMESTAMP",
    exp.DType.TIMESTAMPNTZ: "TIMESTAMP",
    exp.DType.TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
    exp.DType.UUID: "UUID",
}


def type_name(node: exp.DataType) -> str:
    """The DuckDB name of a type in a query; ValueError for types that no constant may have."""
    if node.this == exp.DType.DECIMAL:
        sizes = [item.this.this for item in node.expressions] or ["18", "3"]
        return f"DECIMAL({sizes[0]},{sizes[1] if len(sizes) > 1 else 0})"
    if node.this not in _TYPE_NAMES or (node.expressions and node.this != exp.DType.VARCHAR):
        raise ValueError("a constant has a type that is not sent to a store")
    return _TYPE_NAMES[node.this]
