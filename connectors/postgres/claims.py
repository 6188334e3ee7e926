"""All that Postgres computes as DuckDB would, once a fragment is rendered by :mod:`connectors.render`."""

from connectors.spi import Capabilities, Claim, Clause, Fidelity
from connectors.types import Family

_DAYS = (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ)
_WHOLE = (Family.INTEGER, Family.DECIMAL)
_NUMBERS = (*_WHOLE, Family.DOUBLE)
_PLAIN = (Family.BOOLEAN, *_WHOLE, Family.TEXT, Family.TIME, *_DAYS, Family.UUID)
# NaN and -0.0 compare alike, but which of two equal values stands for a group or an extreme does not.
_FLOATS = (Family.REAL, Family.DOUBLE)
_COMPARED = (*_PLAIN, *_FLOATS, Family.BLOB)
# Families whose constants have a spelling that fragments use; the others are compared column with column.
_SPELLED = tuple(of for of in (*_PLAIN, Family.DOUBLE) if of is not Family.TIME)
_UNITS = ("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_SHAPED = ("TRIM", "LTRIM", "RTRIM", "SUBSTR", "LEFT", "RIGHT", "REPLACE", "TRANSLATE", "LPAD", "RPAD", "REPEAT")
_OF_TEXTS = ("LENGTH", "STRLEN", "BIT_LENGTH", "ASCII", "STRPOS", "SPLIT_PART", "||", "CONCAT", "CONCAT_WS", "ENCODE")
_MATCHING = ("LIKE", "GLOB", "STARTS WITH", "ENDS WITH", "CONTAINS")

_OVER: dict[tuple[str, ...], tuple[Family, ...]] = {
    ("IS NULL", "COUNT"): tuple(Family),
    ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"): _COMPARED,
    ("IN", "BETWEEN"): _SPELLED,
    ("MIN", "MAX", "GROUP BY", "COUNT DISTINCT"): (*_PLAIN, Family.BLOB),
    ("ORDER BY",): _COMPARED,
    ("SUM", "SUM DISTINCT"): _WHOLE,
    ("BOOL_AND", "BOOL_OR", "COUNT_IF"): (Family.BOOLEAN,),
    ("BIT_AND", "BIT_OR", "BIT_XOR"): (Family.INTEGER,),
    ("STRING_AGG",): (Family.TEXT,),
    ("ARRAY_AGG",): (Family.BOOLEAN, Family.INTEGER, *_FLOATS, Family.TEXT, Family.UUID),
    ("ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE"): (Family.INTEGER,),
    ("PERCENT_RANK", "CUME_DIST"): (Family.DOUBLE,),
    ("LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE"): tuple(Family),
    ("+", "*", "/", "NEG", "ABS", "CEIL", "FLOOR"): _NUMBERS,
    ("-",): (*_NUMBERS, Family.DATE),
    ("//",): (Family.INTEGER,),
    ("%", "ROUND"): _WHOLE,
    ("CASE", "COALESCE", "NULLIF"): _COMPARED,
    ("GREATEST", "LEAST"): _PLAIN,
    (*_OF_TEXTS, *_SHAPED, *_MATCHING): (Family.TEXT,),
    ("MD5", "SHA256", "HEX"): (Family.TEXT, Family.BLOB),
    ("||", "SUBSTR", "OCTET_LENGTH", "BASE64"): (Family.BLOB,),
    tuple(f"DATE_TRUNC {unit}" for unit in _UNITS): _DAYS,
    tuple(f"EXTRACT {unit}" for unit in _UNITS): _DAYS,
    tuple(f"EXTRACT {unit}" for unit in _UNITS[-3:]): (Family.TIME,),
    ("CAST TO INTEGER",): (*_NUMBERS, Family.BOOLEAN),
    ("CAST TO DECIMAL", "CAST TO BOOLEAN"): _WHOLE,
    ("CAST TO DOUBLE",): (*_NUMBERS, Family.REAL),
    ("CAST TO TEXT",): (*_WHOLE, Family.BOOLEAN, Family.UUID, Family.TEXT),
    ("CAST TO DATE", "CAST TO TIMESTAMP", "CAST TO TIMESTAMPTZ"): _DAYS,
}
# Letters beyond ASCII have other cases in each library; such rows are all kept, and looked at again.
_WEAKLY = ("LOWER", "UPPER", "ILIKE")


def _claims() -> frozenset[Claim]:
    exact = {Claim(name, of) for names, families in _OVER.items() for name in names for of in families}
    return frozenset(exact | {Claim(name, Family.TEXT, Fidelity.SUPERSET) for name in _WEAKLY})


CAPABILITIES = Capabilities(claims=_claims(), clauses=frozenset(Clause))
"""Exact but for LOWER, UPPER and ILIKE; text by way of COLLATE "C", REAL only with REAL, floats never summed."""
