"""Parts of dates, times and spans. DuckDB has no parts of infinity, a year 0, and cuts seconds off.

In a time zone it counts the years before Christ as calendars do: 44 is the year of Caesar's death, in its era.
"""

from collections.abc import Mapping

from connectors.render.conversions import converted
from connectors.render.numbers import Compute, Values
from connectors.render.operands import Operand
from connectors.types import Family

_MOMENTS = (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ)
_AS_THEY_ARE = ("QUARTER", "MONTH", "WEEK", "DAY", "DOW", "ISODOW", "DOY", "CENTURY", "MILLENNIUM")
_OF_DAY = ("HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
_ZONE = ("TIMEZONE", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")
_OF_SPANS = ("YEAR", "MONTH", "DAY", "DECADE", "CENTURY", "MILLENNIUM", *_OF_DAY)

_YEAR = (
    "(CASE WHEN {0} >= '0001-01-01' AND {0} < 'infinity' THEN date_part('year', {0})::bigint "
    "WHEN isfinite({0}) THEN %s END)"
)
# Like DuckDB's, and before Christ in the two ways that it counts there.
YEAR = _YEAR % "date_part('year', {0})::bigint + 1"
_YEAR_OF_ERA = _YEAR % "-date_part('year', {0})::bigint"
_ISOYEAR = "extract(isoyear FROM {0})::bigint + (extract(isoyear FROM {0}) < 0)::integer"
_MICROSECONDS = "(extract(epoch FROM {0}) * 1000000)::bigint"
# DuckDB divides in DOUBLE, and in a time zone it does so twice; of a span it divides what is less than a day.
_EPOCH = f"{_MICROSECONDS}::double precision / 1000000"
_EPOCH_OF_SPAN = (
    "(extract(epoch FROM date_trunc('day', {0}))::double precision "
    "+ extract(epoch FROM {0} - date_trunc('day', {0}))::double precision)"
)
_EPOCH_IN_ZONE = (
    "floor(extract(epoch FROM {0}) * 1000)::double precision / 1000 "
    "+ (extract(epoch FROM {0}) * 1000000 - floor(extract(epoch FROM {0}) * 1000) * 1000)::double precision / 1000000"
)


def _plain(units: tuple[str, ...]) -> dict[str, str]:
    return {unit: f"trunc(extract({unit.lower()} FROM {{0}}))::bigint" for unit in units}


def _finite(parts: Mapping[str, str]) -> dict[str, str]:
    return {unit: f"(CASE WHEN isfinite({{0}}) THEN {part} END)" for unit, part in parts.items()}


_OF_ALL = {**_plain(_AS_THEY_ARE), "ISOYEAR": _ISOYEAR, "JULIAN": "extract(julian FROM {0})::double precision"}
_OF_MOMENTS = {**_OF_ALL, **_plain(_OF_DAY), **dict.fromkeys(_ZONE, "0::bigint")}
_SECONDS = "extract(epoch FROM {0})::double precision"
_PARTS: dict[Family, dict[str, str]] = {
    Family.DATE: {
        "YEAR": YEAR,
        **_finite({**_OF_ALL, **dict.fromkeys(_OF_DAY, "0::bigint"), "DECADE": f"{YEAR} / 10", "EPOCH": _SECONDS}),
    },
    Family.TIMESTAMP: {"YEAR": YEAR, **_finite({**_OF_MOMENTS, "DECADE": f"{YEAR} / 10", "EPOCH": _EPOCH})},
    Family.TIMESTAMPTZ: {
        "YEAR": _YEAR_OF_ERA,
        **_finite({**_OF_MOMENTS, "DECADE": f"{_YEAR_OF_ERA} / 10", "EPOCH": _EPOCH_IN_ZONE}),
    },
    Family.TIME: {
        **_plain(_OF_DAY),
        **dict.fromkeys(_ZONE, "(CASE WHEN {0} IS NOT NULL THEN 0::bigint END)"),
        "EPOCH": _SECONDS,
    },
    Family.INTERVAL: {
        **_plain(_OF_SPANS),
        "QUARTER": "(extract(month FROM {0})::bigint / 3 + 1)",  # PostgreSQL 18 counts those of less than nothing down
        "EPOCH": _EPOCH_OF_SPAN,
    },
}


def _extracted(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    part = _PARTS.get(value.family, {}).get(name.removeprefix("EXTRACT "))
    native = {"BIGINT": "bigint", "DOUBLE": "double precision"}.get(to)
    if part is None or native is None:
        raise ValueError(f"{name} of {value.family} is not rendered")
    return Operand(part.format(value.sql), Family.INTEGER if to == "BIGINT" else Family.DOUBLE, native, type=to)


_ISOYEARS = (
    "(CASE WHEN isfinite({0}) THEN date_trunc('week', %s(extract(isoyear FROM {0})::integer, 1, 4, 0, 0, 0)) "
    "ELSE {0} END)"
)
# Before Christ a decade of DuckDB's begins at the end that is nearer to us.
_DECADES = (
    "(CASE WHEN {0} < '0001-01-01' AND isfinite({0}) THEN %s(%s, 1, 1, 0, 0, 0) ELSE date_trunc('decade', {0}) END)"
)
_DECADE = "(date_part('year', {0})::integer + 1) / 10 * 10 - 1"
_DECADE_OF_ERA = "CASE WHEN date_part('year', {0}) > -10 THEN 1 ELSE date_part('year', {0})::integer / 10 * 10 END"
_BEGINNINGS: dict[tuple[str, Family], str] = {
    ("ISOYEAR", Family.TIMESTAMP): _ISOYEARS % "make_timestamp",
    ("ISOYEAR", Family.TIMESTAMPTZ): _ISOYEARS % "make_timestamptz",
    ("DECADE", Family.TIMESTAMP): _DECADES % ("make_timestamp", _DECADE),
    ("DECADE", Family.TIMESTAMPTZ): _DECADES % ("make_timestamptz", _DECADE_OF_ERA),
    ("WEEK", Family.INTERVAL): "(date_trunc('day', {0}) - make_interval(days => extract(day FROM {0})::integer % 7))",
    ("ISOYEAR", Family.INTERVAL): "date_trunc('year', {0})",
}
_TRUNCATED = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DECADE", "CENTURY", "MILLENNIUM", "ISOYEAR", *_OF_DAY)


def _truncated(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    unit = name.removeprefix("DATE_TRUNC ")
    if value.family not in (*_MOMENTS, Family.INTERVAL):
        raise ValueError(f"{name} of {value.family} is not rendered")
    if value.family is not Family.INTERVAL and unit in ("CENTURY", "MILLENNIUM"):
        raise ValueError("centuries begin in other years")
    # Of a date Postgres would make a moment in the session's time zone.
    value = converted(value, "TIMESTAMP") if value.family is Family.DATE else value
    sql = _BEGINNINGS.get((unit, value.family), f"date_trunc('{unit.lower()}', {{0}})").format(value.sql)
    made = Operand(sql, value.family, value.native, total=value.total, type=value.type)
    return converted(made, to)


TIMES: dict[str, Compute] = {
    **{f"EXTRACT {unit}": _extracted for parts in _PARTS.values() for unit in parts},
    **{f"DATE_TRUNC {unit}": _truncated for unit in _TRUNCATED},
}
