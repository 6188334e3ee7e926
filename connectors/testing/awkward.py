"""The data on which stores and DuckDB are known to disagree, as DuckDB's own text for each value."""

import re

from connectors.types import Family, family

VALUES: dict[str, tuple[str, ...]] = {
    "BOOLEAN": ("true", "false"),
    "TINYINT": ("-128", "-1", "0", "1", "7", "127"),
    "SMALLINT": ("-32768", "-42", "-1", "0", "1", "7", "32767"),
    "INTEGER": ("-2147483648", "-42", "-1", "0", "1", "7", "2147483647"),
    "BIGINT": ("-9223372036854775808", "-42", "-1", "0", "7", "9007199254740993", "9223372036854775807"),
    "HUGEINT": ("-99999999999999999999999999999999999999", "-1", "0", "99999999999999999999999999999999999999"),
    "UTINYINT": ("0", "1", "255"),
    "USMALLINT": ("0", "1", "65535"),
    "UINTEGER": ("0", "1", "4294967295"),
    "UBIGINT": ("0", "1", "9223372036854775808", "18446744073709551615"),
    "DECIMAL(9,2)": ("-9999999.99", "-2.50", "-0.01", "0.00", "0.10", "12.35", "9999999.99"),
    "DECIMAL(18,3)": ("-999999999999999.999", "-0.001", "0.000", "0.100", "2.500", "999999999999999.999"),
    "DECIMAL(38,10)": ("-9999999999999999999999999999.9999999999", "0.0000000000", "0.1000000000", "1.0000000001"),
    "FLOAT": ("-inf", "-3.4028235e38", "-0.0", "0.0", "0.1", "1.4e-45", "inf", "nan"),
    "DOUBLE": (
        "-inf",
        "-1.7976931348623157e308",
        "-0.0",
        "0.0",
        "0.1",
        "5e-324",
        "2.5",
        "-3.5",
        "9007199254740993",
        "inf",
        "nan",
    ),
    "VARCHAR": (
        "",
        " ",
        "a",
        "a ",
        "A",
        "B",
        "ä",
        "Z",
        "ß",
        "a%",
        "a_",
        "a\\",
        "it's",
        "naïve 😀",
        "日本",
        "e\u0301",
        "\u212a",
        "\u00a0a\u3000",
        "9",
        "10",
        "-",
    ),
    "BLOB": ("", "a", r"\x00", r"\x80\xFF", r"a\x00b", "b"),
    "DATE": (
        "-infinity",
        "0001-01-01",
        "0044-03-15 (BC)",
        "1582-10-10",
        "1970-01-01",
        "2024-02-29",
        "9999-12-31",
        "infinity",
    ),
    "TIME": ("00:00:00", "00:00:00.000001", "12:30:00", "23:59:59.999999", "24:00:00"),
    "TIMESTAMP": (
        "-infinity",
        "0044-03-15 (BC) 10:00:00.5",
        "0001-01-01 00:00:00",
        "1969-12-31 23:59:59.999999",
        "1970-01-01 00:00:00",
        "2024-02-29 12:00:00.123456",
        "9999-12-31 23:59:59.999999",
        "294246-12-31 00:00:00",
        "infinity",
    ),
    "TIMESTAMP WITH TIME ZONE": (
        "-infinity",
        "0044-03-15 (BC) 10:00:00.5+00",
        "0001-01-01 00:00:00+00",
        "1969-12-31 23:59:59.999999+00",
        "2024-03-31 01:30:00+00",
        "9999-12-31 23:59:59.999999+00",
        "infinity",
    ),
    "INTERVAL": (
        "0 days",
        "1 month",
        "30 days",
        "24 hours",
        "1 day",
        "-1 microsecond",
        "-25 months 40 days -30:00:00.123457",
        "1999 years 11 months -30 days 23:59:59.999999",
    ),
    "UUID": (
        "00000000-0000-0000-0000-000000000000",
        "7fffffff-ffff-ffff-ffff-ffffffffffff",
        "80000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ),
    "INTEGER[]": ("[]", "[1, 2]", "[NULL]", "[-2147483648, NULL, 2147483647]"),
    "JSON": ("null", "{}", '{"b": 1, "a": [1, null]}', '"text"', "1.0"),
}

# Types of one family, or of families that promote alike, that a query may compare with each other.
MIXED: tuple[tuple[str, str], ...] = (
    ("SMALLINT", "BIGINT"),
    ("BIGINT", "UBIGINT"),
    ("INTEGER", "HUGEINT"),
    ("DECIMAL(9,2)", "DECIMAL(18,3)"),
    ("INTEGER", "DECIMAL(18,3)"),
    ("BIGINT", "DOUBLE"),
    ("DECIMAL(18,3)", "DOUBLE"),
    ("DATE", "TIMESTAMP"),
)

# Constants of another type than the column they stand beside, in the spellings the planner sends. HUGEINT has none:
# beside a fraction DuckDB casts the column to DECIMAL(38,s) and raises where a store would answer.
FOREIGN: dict[str, tuple[str, ...]] = {
    "INTEGER": ("0.5", "-1.0", "CAST('0.10' AS DECIMAL(9,2))"),
    "BIGINT": ("0.5", "9007199254740993.5"),
    "UBIGINT": ("-1", "0.5"),
    "DECIMAL(9,2)": ("0", "-1", "0.1", "0.0010"),
    "DECIMAL(18,3)": ("0", "0.1", "0.10001"),
    "FLOAT": ("0", "1", "0.1", "-0.5", "16777217"),
    "DOUBLE": ("0", "1", "0.1", "-0.5"),
    "DATE": ("CAST('1970-01-01 00:00:00' AS TIMESTAMP)", "CAST('2024-02-29 12:00:00' AS TIMESTAMP)"),
    "TIMESTAMP": ("CAST('1970-01-01' AS DATE)",),
}
# Constants of the widest type beside narrower numbers, which are then compared in it, where a store does that alike.
WIDE: dict[str, tuple[str, ...]] = {
    "INTEGER": ("1e0", "0.5e0", "-1e0"),
    "BIGINT": ("9007199254740992e0", "CAST('9223372036854775807' AS DOUBLE)"),
    "DECIMAL(18,3)": ("1e-1", "CAST('nan' AS DOUBLE)"),
    "FLOAT": ("1e-1", "CAST('0.1' AS DOUBLE)", "CAST('-inf' AS DOUBLE)"),
}

# The spellings in which the planner writes constants into fragments; no others are sent to a store.
_SPELLINGS = {
    Family.BOOLEAN: r"true|false",
    Family.INTEGER: r"-?\d{1,18}",
    Family.DECIMAL: r"-?\d{1,18}(\.\d{1,18})?",
    Family.REAL: r"[^\0]*",
    Family.DOUBLE: r"[^\0]*",
    Family.DATE: r"\d{4}-\d\d-\d\d",
    Family.TIME: r"\d\d:\d\d:\d\d(\.\d{1,6})?",
    Family.TIMESTAMP: r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?",
    Family.TIMESTAMPTZ: r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00",
    Family.TEXT: r"[^\0]*",
    Family.UUID: r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    Family.BLOB: r"(\\x[0-9A-F]{2}|[a-z])*",
    Family.INTERVAL: r"(?=.)((^| )-?\d{1,9} (year|month|day)s?)*((^| )-?\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?",
}
_PLAIN = frozenset({Family.BOOLEAN, Family.INTEGER, Family.DECIMAL})


def constants(type_name: str) -> tuple[str, ...]:
    """SQL for the awkward values of a type that fragments may carry as constants; none for JSON and the like."""
    of = family(type_name)
    spelling = _SPELLINGS.get(of)
    if spelling is None:
        return ()
    fitting = [value for value in VALUES[type_name] if re.fullmatch(spelling, value, re.DOTALL)]
    return tuple(value if of in _PLAIN else _quoted(value, type_name) for value in fitting)


def _quoted(value: str, type_name: str) -> str:
    text = "'" + value.replace("'", "''") + "'"
    return text if family(type_name) is Family.TEXT else f"CAST({text} AS {type_name})"
