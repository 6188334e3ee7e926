"""Type profiles: which DuckDB types a client is given as they are, and which as another that it can read.

``common`` is what every JDBC, ODBC and BI client reads rightly; ``full`` (ADBC, pyarrow) changes only what arrives
wrong or unreadable everywhere. A profile maps type *names*; the service casts in SQL, so nested values are right too.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import pyarrow as pa

from connectors.types import arrow_type, is_supported
from gateway.service import Present

PROFILES = ("common", "full")

_ALWAYS = {
    "HUGEINT": "DECIMAL(38,0)",  # what Arrow carries it as; 39 digits must be an error, not a value that is no such
    "UHUGEINT": "VARCHAR",  # its largest value would arrive as -1
    "TIME WITH TIME ZONE": "VARCHAR",  # Arrow has no offset to keep
    "BIT": "VARCHAR",
    "BIGNUM": "VARCHAR",
    "VARIANT": "JSON",
    "NULL": "VARCHAR",
    '"NULL"': "VARCHAR",
}
_COMMON = _ALWAYS | {
    "UTINYINT": "SMALLINT",  # JDBC reads unsigned values as signed ones
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "INTERVAL": "VARCHAR",  # ODBC has no accessor for it
}
_ARRAY = re.compile(r"(.*)(\[\d*\])", re.DOTALL)


@lru_cache(maxsize=8)
def present(profile: str) -> Present:
    """The mapping of a profile, from DuckDB type name to DuckDB type name; one object for each, to be compared by."""
    table = _ALWAYS if profile == "full" else _COMMON
    return lambda name: _present(name, table)


def profile_for(header: str, session: str, user_agent: str) -> str:
    """The profile of a call: what its header ``x-headgate-type-profile`` or its session names, else by user agent."""
    for chosen in (header, session):
        if chosen in PROFILES:
            return chosen
    return "full" if user_agent.startswith("ADBC ") else "common"


def presented_arrow(name: str, profile: str) -> pa.DataType:
    """The Arrow type in which a column of a DuckDB type reaches a client; text for what has no Arrow form."""
    shown = present(profile)(name)
    return arrow_type(shown) if is_supported(shown) else pa.utf8()


def with_digits(schema: pa.Schema, profile: str) -> pa.Schema:
    """For clients that are not given all types as they are: decimals that tell their digits in metadata as well.

    JDBC and ODBC look for the precision and the scale of a result's column nowhere else.
    """
    return schema if profile == "full" else pa.schema([_with_digits(field) for field in schema])


def _with_digits(field: pa.Field) -> pa.Field:
    if not pa.types.is_decimal(field.type):
        return field
    digits = {"PRECISION": field.type.precision, "SCALE": field.type.scale}
    return field.with_metadata({f"ARROW:FLIGHT:SQL:{name}": str(value) for name, value in digits.items()})


def _present(name: str, table: dict[str, str]) -> str:
    if match := _ARRAY.fullmatch(name):
        return _present(match[1], table) + match[2]
    head, _, rest = name.partition("(")
    inside = rest[:-1]
    if head in ("ENUM", "UNION"):
        return "VARCHAR"
    if head == "STRUCT":
        members = (_member(text) for text in _parts(inside))
        return f"STRUCT({', '.join(f'{field} {_present(kind, table)}' for field, kind in members)})"
    if head == "MAP":
        return f"MAP({', '.join(_present(part, table) for part in _parts(inside))})"
    return table.get(name, name)


def _parts(text: str) -> Iterator[str]:
    """The members of ``a INTEGER, "b, c" DECIMAL(3,1)``: split at commas outside quotes and parentheses."""
    depth, start, quote = 0, 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _member(text: str) -> tuple[str, str]:
    """The name, quoted as it stands, and the type of one member of a STRUCT."""
    match = re.match(r'("(?:[^"]|"")*"|\S+)\s+(.*)', text, re.DOTALL)
    return (match[1], match[2]) if match else (text, "VARCHAR")
