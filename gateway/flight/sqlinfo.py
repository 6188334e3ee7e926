"""What the gateway says of itself: the SqlInfo codes, each in the union slot that clients cast to."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from gateway.flight.schemas import SQL_INFO, SQL_INFO_SLOTS

_STRING, _BOOL, _BIGINT, _INT32, _LIST, _MAP = range(6)

_KEYWORDS = ["ANTI", "ASOF", "EXCLUDE", "ILIKE", "LATERAL", "POSITIONAL", "QUALIFY", "REPLACE", "SAMPLE", "SEMI"]
# BI tools send what is listed here instead of computing it themselves, so only functions that mean the same to ODBC
# and to DuckDB: not LOG (there it is natural), WEEK and DAYOFWEEK (count otherwise), CONCAT (here it skips NULL).
_NUMERIC = ["ABS", "ACOS", "ASIN", "ATAN", "ATAN2", "CEILING", "COS", "COT", "DEGREES", "EXP", "FLOOR", "LOG10"]
_NUMERIC += ["MOD", "PI", "POWER", "RADIANS", "ROUND", "SIGN", "SIN", "SQRT", "TAN"]
_TEXT = ["ASCII", "LCASE", "LEFT", "LENGTH", "LTRIM", "REPEAT", "REPLACE", "RIGHT", "RTRIM", "SUBSTRING", "UCASE"]
_TIME = ["CURRENT_DATE", "DAYOFMONTH", "DAYOFYEAR", "EXTRACT", "HOUR", "MINUTE", "MONTH", "QUARTER", "YEAR"]

# The slots of 503, 505, 507 and 562 are bigint, whatever the comments of the protocol say: ODBC and JDBC cast so.
# All of 0-5, 8-11, 100-101 and 500-576 are answered, because older JDBC drivers fail on any that is missing;
# nothing beyond, because they also fail on codes they do not know. 0 means "no limit or not known".
_VALUES: dict[int, dict[int, Any]] = {
    _STRING: {
        0: "Headgate",
        1: version("headgate"),
        2: pa.__version__,
        504: '"',
        513: "\\",
        514: "",
        529: "schema",
        530: "procedure",
        531: "catalog",
    },
    # 3 read-only, 4 SQL, 9 cancel, 506 all tables selectable, 515-516 and 518 aliases and NULL sums, 520-521 ORDER BY
    # freely, 523 LIKE … ESCAPE, 524 NOT NULL columns, 532 the catalog stands first, 539 correlated sub-queries
    _BOOL: dict.fromkeys((3, 4, 9, 506, 515, 516, 518, 520, 521, 523, 524, 532, 539), True)
    # 5 Substrait, 10-11 ingest, 500-502 DDL, 519, 527, 536-537, 556, 563 transactions, 565-566, 572-576
    | dict.fromkeys((5, 10, 11, 500, 501, 502, 519, 527, 536, 537, 556, 563, 565, 566, *range(572, 577)), False),
    # 503 and 505: names ignore case; 507: NULLs sort last
    _BIGINT: {503: 1, 505: 1, 507: 3, 562: 0} | dict.fromkeys((*range(541, 556), *range(557, 562)), 0),
    # 8: no transactions. 522 GROUP BY, 525 grammar, 526 SQL-92 entry, 528 outer joins, 538 sub-queries, 540 unions;
    # 567-569: results are forward-only and read-only
    _INT32: {522: 3, 525: 7, 526: 1, 528: 6, 538: 15, 540: 3, 567: 2, 569: 2}
    | dict.fromkeys((8, 100, 101, 533, 534, 535, 564, 568, 570, 571), 0),
    _LIST: {508: _KEYWORDS, 509: _NUMERIC, 510: _TEXT, 511: ["COALESCE", "IFNULL"], 512: _TIME},
    _MAP: {517: []},
}
CODES = {code: (slot, value) for slot, values in _VALUES.items() for code, value in values.items()}


# JDBC before 17 fails on these, and up to 18.3 all its generations have the same user agent. It never needs them.
_UNKNOWN_TO_OLD_JDBC = frozenset({10, 11})


def sql_info(wanted: Iterable[int], user_agent: str = "") -> pa.RecordBatch:
    """The codes that were asked for and are known, or for an empty list all that this client bears, in order."""
    asked = set(wanted)
    hidden = _UNKNOWN_TO_OLD_JDBC if user_agent.startswith("grpc-java") else frozenset()
    codes = sorted(code for code in CODES if (code in asked if asked else code not in hidden))
    slots: list[list[Any]] = [[] for _ in SQL_INFO_SLOTS]
    kinds, offsets = [], []
    for slot, value in (CODES[code] for code in codes):
        kinds.append(slot)
        offsets.append(len(slots[slot]))
        slots[slot].append(value)
    union = pa.UnionArray.from_buffers(
        SQL_INFO.field("value").type,
        len(codes),
        [None, pa.array(kinds, pa.int8()).buffers()[1], pa.array(offsets, pa.int32()).buffers()[1]],
        children=[pa.array(values, slot.type) for values, slot in zip(slots, SQL_INFO_SLOTS, strict=True)],
    )
    return pa.RecordBatch.from_arrays([pa.array(codes, pa.uint32()), union], schema=SQL_INFO)
