"""Steps from one date, moment or hour to another, and what is made of them.

Postgres knows moments that DuckDB has not, so it is made to raise for these: they are moved to where its own end.
"""

from dataclasses import replace

from connectors.render.conversions import converted, within
from connectors.render.native import native_type, typed
from connectors.render.numbers import NUMBERS, Compute, Values
from connectors.render.operands import MIXED, Operand
from connectors.render.times import YEAR
from connectors.types import Family, family

_MOMENTS = (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ)
_SPANNED = frozenset({*_MOMENTS, Family.TIME, Family.INTERVAL})


def _made(sql: str, to: str, values: Values, *, total: bool | None = None) -> Operand:
    known = all(value.total for value in values) if total is None else total
    return Operand(sql, family(to), native_type(to), total=known, type=to)


# Of infinite moments a later server makes infinite spans, and an earlier one does not see what 64 bits cannot count,
# which does not happen before the year 287003: there the servers raise.
_COUNTABLE = "({%d} + interval '2660000 days' - interval '2660000 days')"
_BETWEEN = (
    f"(CASE WHEN isfinite({{0}}) AND isfinite({{1}}) THEN {_COUNTABLE % 0} - {_COUNTABLE % 1} "
    "ELSE make_interval(days => {0}::date - {1}::date) END)"
)


def _sum(name: str, values: Values, settings: tuple[str, ...], to: str) -> Operand:
    """``+`` and ``-`` where a date, a moment, an hour or a span is among the operands."""
    if not _SPANNED & {value.family for value in values}:
        return NUMBERS[name](name, values, settings, to)
    one, other = values
    if name == "+" and (other.family in _MOMENTS or one.family is Family.INTERVAL):
        one, other = other, one
    if name == "-" and one.family is other.family is Family.TIMESTAMP:
        return _made(_BETWEEN.format(one.sql, other.sql), to, values)
    pair = one.family, other.family
    if name == "-" and pair == (Family.DATE, Family.DATE):
        return _made(f"({one.sql} - {other.sql})::bigint", to, values)
    if pair == (Family.DATE, Family.INTEGER):
        return _made(f"({one.sql} {name} {converted(other, 'INTEGER').sql})", to, values)
    if pair in ((Family.TIME, Family.INTERVAL), (Family.INTERVAL, Family.INTERVAL)):
        return _made(f"({one.sql} {name} {other.sql})", to, values)
    if pair == (Family.DATE, Family.TIME) or (one.family in _MOMENTS and other.family is Family.INTERVAL):
        return _stepped(name, one, other, to)
    raise ValueError(f"{one.family} {name} {other.family} is not rendered")


def _stepped(name: str, one: Operand, other: Operand, to: str) -> Operand:
    """From a moment to another; a date is a moment before anything is added to it.

    Whoever goes on from beyond DuckDB's last moment is still beyond it, and whoever goes back from before is before it.
    """
    ways = _ways(name, other)
    start = one.sql
    if one.family is Family.DATE:
        start = converted(one, to).sql if _BACK in ways else f"{one.sql}::{native_type(to)}"
    sql = f"({start} {name} {other.sql})"
    return _made(within(sql) if _ON in ways else sql, to, [one, other])


_ON, _BACK = "on", "back"


def _ways(name: str, step: Operand) -> set[str]:
    if not step.constant:
        return {_ON, _BACK}
    counts = [word for word in step.sql.replace("'", " ").split() if word.strip("-")[0].isdigit()]
    return {_BACK if word.startswith("-") is (name == "+") else _ON for word in counts}


def _negated(name: str, values: Values, settings: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    if value.family is Family.INTERVAL:
        return _made(f"(-{value.sql})", to, values)
    return NUMBERS[name](name, values, settings, to)


_MONTHS = f"({YEAR} * 12 + date_part('month', {{0}})::bigint - 1)"
_SECONDS = "floor(extract(epoch FROM {0}))"
_EXACT_SECONDS = "extract(epoch FROM {0})"


def _apart(counted: str) -> str:
    return f"{counted.replace('{0}', '{1}')} - {counted}"


# Beginnings that lie between two moments; but of weeks DuckDB counts seven days each, wherever they begin. Quarters
# before the year 0 are cut off, as any quotient is.
_DIFFERENCES: dict[str, tuple[str, tuple[Family, ...]]] = {
    "DATEDIFF YEAR": (_apart(YEAR), _MOMENTS),
    "DATEDIFF QUARTER": (_apart(f"{_MONTHS} / 3"), _MOMENTS[:2]),
    "DATEDIFF MONTH": (_apart(_MONTHS), _MOMENTS),
    "DATEDIFF WEEK": ("({1}::date - {0}::date) / 7", _MOMENTS),
    "DATEDIFF DAY": (_apart("{0}::date"), _MOMENTS),
    "DATEDIFF HOUR": (_apart(f"floor({_SECONDS} / 3600)"), _MOMENTS[:2]),
    "DATEDIFF MINUTE": (_apart(f"floor({_SECONDS} / 60)"), _MOMENTS[:2]),
    "DATEDIFF SECOND": (_apart(_SECONDS), _MOMENTS[:2]),
    "DATEDIFF MILLISECOND": (_apart(f"floor({_EXACT_SECONDS} * 1000)"), (Family.TIMESTAMP,)),
    "DATEDIFF MICROSECOND": (_apart(f"{_EXACT_SECONDS} * 1000000"), (Family.TIMESTAMP,)),
}


def _difference(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    start, end = values
    difference, families = _DIFFERENCES[name]
    if start.family is not end.family or start.family not in families or to != "BIGINT":
        raise ValueError(f"{name} of {start.family} is not rendered")
    sql = f"(CASE WHEN isfinite({{0}}) AND isfinite({{1}}) THEN ({difference})::bigint END)"
    return _made(sql.format(start.sql, end.sql), to, values, total=False)


_OF_ONE: dict[str, tuple[str, tuple[Family, ...]]] = {
    "LAST_DAY": (
        "(CASE WHEN isfinite({0}) THEN (date_trunc('month', {0}::timestamp) + '1 mon -1 day'::interval)::date END)",
        _MOMENTS,
    ),
    "DAYNAME": ("(CASE WHEN isfinite({0}) THEN to_char({0}, 'FMDay') END)", _MOMENTS),
    "MONTHNAME": ("(CASE WHEN isfinite({0}) THEN to_char({0}, 'FMMonth') END)", _MOMENTS),
    "AT UTC": ("({0} AT TIME ZONE 'UTC')", (Family.TIMESTAMP, Family.TIMESTAMPTZ)),
}


def _of_one(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    sql, families = _OF_ONE[name]
    if value.family not in families:
        raise ValueError(f"{name} of {value.family} is not rendered")
    made = _made(sql.format(value.sql), to, values, total=False)
    return replace(made, collation=MIXED) if made.family is Family.TEXT else made


def _whole(value: Operand, to: str = "INTEGER") -> str:
    if value.family is not Family.INTEGER:
        raise ValueError("dates and moments are made only of whole numbers")
    return converted(value, to).sql


def _date(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    """DuckDB has a year 0, and Postgres has 1 BC in its place."""
    year, month, day = map(_whole, values)
    if not year.isdigit():
        year = f"({year} - ({year} <= 0)::integer)"
    return _made(f"make_date({year}, {month}, {day})", to, values)


def _days(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    return _made(f"make_interval(days => {_whole(values[0])})", to, values)


_WEEK = {Family.TIMESTAMP: "timestamp '2000-01-03'", Family.TIMESTAMPTZ: "timestamptz '2000-01-03 00:00:00+00'"}


def _bucket(_: str, values: Values, settings: tuple[str, ...], to: str) -> Operand:
    """Buckets are counted from a Monday."""
    (value,) = values
    if value.family not in _WEEK or not settings:
        raise ValueError(f"buckets of {value.family} are not rendered")
    return _made(f"date_bin({typed(settings[0], 'INTERVAL')}, {value.sql}, {_WEEK[value.family]})", to, values)


def _timestamp(_: str, values: Values, __: tuple[str, ...], to: str) -> Operand:
    """Beyond the year 19000 the two round differently; there bigint overflows, and DuckDB computes it instead."""
    return _made(f"to_timestamp(({_whole(values[0], 'BIGINT')} * 16777216) / 16777216)", to, values)


MOMENTS: dict[str, Compute] = {
    "+": _sum,
    "-": _sum,
    "NEG": _negated,
    **dict.fromkeys(_DIFFERENCES, _difference),
    **dict.fromkeys(_OF_ONE, _of_one),
    "MAKE_DATE": _date,
    "TO_DAYS": _days,
    "TIME_BUCKET": _bucket,
    "TO_TIMESTAMP": _timestamp,
}
