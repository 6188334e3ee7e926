"""All that Postgres computes as DuckDB would, once a fragment is rendered by :mod:`connectors.render`."""

from connectors.spi import Capabilities, Claim, Clause, Fidelity
from connectors.types import Family

_DAYS = (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ)
_WHOLE = (Family.INTEGER, Family.DECIMAL)
_NUMBERS = (*_WHOLE, Family.REAL, Family.DOUBLE)
_PLAIN = (Family.BOOLEAN, *_WHOLE, Family.TEXT, Family.TIME, *_DAYS, Family.UUID)
# NaN and -0.0 compare alike, but which of two equal values stands for a group or an extreme does not.
_FLOATS = (Family.REAL, Family.DOUBLE)
_COMPARED = (*_PLAIN, *_FLOATS, Family.BLOB)
_SHAPED = ("TRIM", "LTRIM", "RTRIM", "SUBSTR", "LEFT", "RIGHT", "REPLACE", "TRANSLATE", "LPAD", "RPAD", "REPEAT")
_OF_TEXTS = ("LENGTH", "STRLEN", "BIT_LENGTH", "ASCII", "STRPOS", "SPLIT_PART", "||", "CONCAT", "CONCAT_WS", "ENCODE")
_MATCHING = ("LIKE", "GLOB", "STARTS WITH", "ENDS WITH", "CONTAINS")
_LONG = ("YEAR", "QUARTER", "MONTH", "DAY", "DECADE")
_LONGEST = ("CENTURY", "MILLENNIUM")
_SHORT = ("HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")


def _of(word: str, units: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{word} {unit}" for unit in units)


_OVER: dict[tuple[str, ...], tuple[Family, ...]] = {
    ("IS NULL", "COUNT"): tuple(Family),
    ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IN", "BETWEEN"): (*_COMPARED, Family.INTERVAL),
    ("NULL",): (Family.BOOLEAN,),
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
    ("*", "/", "//", "ABS", "CEIL", "FLOOR", "TRUNC", "SIGN", "SQRT"): _NUMBERS,
    ("&", "|", "XOR", "GCD", "LCM"): (Family.INTEGER,),
    ("ISNAN",): _FLOATS,
    ("ISINF", "ISFINITE"): (*_FLOATS, *_DAYS),
    ("+", "NEG"): (*_NUMBERS, Family.INTERVAL),
    ("-",): (*_NUMBERS, Family.DATE, Family.TIMESTAMP, Family.INTERVAL),
    ("+ INTERVAL", "- INTERVAL"): (*_DAYS, Family.TIME),
    ("+ INTEGER", "- INTEGER", "+ TIME"): (Family.DATE,),
    ("%", "ROUND"): _WHOLE,
    ("CASE", "COALESCE", "NULLIF"): (*_COMPARED, Family.INTERVAL),
    # Of REAL DuckDB loses the sign of -0.0.
    ("GREATEST", "LEAST"): tuple(of for of in _COMPARED if of is not Family.REAL),
    (*_OF_TEXTS, *_SHAPED, *_MATCHING): (Family.TEXT,),
    ("MD5", "SHA256", "HEX"): (Family.TEXT, Family.BLOB),
    ("||", "SUBSTR", "OCTET_LENGTH", "BASE64"): (Family.BLOB,),
    _of("DATE_TRUNC", _LONG + _SHORT + ("WEEK", "ISOYEAR")): (*_DAYS, Family.INTERVAL),
    _of("DATE_TRUNC", _LONGEST): (Family.INTERVAL,),
    _of("EXTRACT", _LONG + _LONGEST): (*_DAYS, Family.INTERVAL),
    _of("EXTRACT", ("EPOCH", *_SHORT)): (*_DAYS, Family.TIME, Family.INTERVAL),
    _of("EXTRACT", ("WEEK", "ISOYEAR", "DOW", "ISODOW", "DOY", "JULIAN")): _DAYS,
    _of("EXTRACT", ("TIMEZONE", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")): (*_DAYS[1:], Family.TIME),
    _of("DATEDIFF", ("YEAR", "MONTH", "WEEK", "DAY")): _DAYS,
    _of("DATEDIFF", ("QUARTER", "HOUR", "MINUTE", "SECOND")): _DAYS[:2],
    _of("DATEDIFF", ("MILLISECOND", "MICROSECOND")): (Family.TIMESTAMP,),
    ("LAST_DAY", "DAYNAME", "MONTHNAME"): _DAYS,
    ("AT UTC", "TIME_BUCKET"): _DAYS[1:],
    ("MAKE_DATE", "TO_DAYS", "TO_TIMESTAMP"): (Family.INTEGER,),
    ("CAST TO INTEGER", "CAST TO REAL", "CAST TO DOUBLE", "CAST TO BOOLEAN"): (*_NUMBERS, Family.BOOLEAN),
    ("CAST TO DECIMAL",): (*_WHOLE, Family.BOOLEAN),
    ("CAST TO TEXT",): (*_WHOLE, Family.BOOLEAN, Family.UUID, Family.TEXT),
    ("CAST TO DATE", "CAST TO TIMESTAMP", "CAST TO TIMESTAMPTZ"): _DAYS,
}
# Letters beyond ASCII have other cases in each library; such rows are all kept, and looked at again.
_WEAKLY = ("LOWER", "UPPER", "ILIKE")


def _claims() -> frozenset[Claim]:
    exact = {Claim(name, of) for names, families in _OVER.items() for name in names for of in families}
    return frozenset(exact | {Claim(name, Family.TEXT, Fidelity.SUPERSET) for name in _WEAKLY})


CAPABILITIES = Capabilities(claims=_claims(), clauses=frozenset(Clause))
"""Exact but for LOWER, UPPER and ILIKE; text by way of COLLATE "C", floats never summed."""
