"""Parts of dates and times. DuckDB has no parts of infinity, a year 0, and cuts seconds off.

In a time zone it counts the years before Christ as calendars do: 44 is the year of Caesar's death, in its era.
"""

from connectors.render.conversions import converted
from connectors.render.numbers import Compute, Values
from connectors.render.operands import Operand
from connectors.types import Family

_DAYS = frozenset({Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ})
_OF_DAY = frozenset({"HOUR", "MINUTE", "SECOND"})
_UNITS = ("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


def _extracted(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    unit = name.removeprefix("EXTRACT ")
    if value.family not in (_DAYS | {Family.TIME} if unit in _OF_DAY else _DAYS) or to != "BIGINT":
        raise ValueError(f"{name} of {value.family} is not rendered")
    return Operand(_part(unit, value), Family.INTEGER, "bigint", type="BIGINT")


def _part(unit: str, value: Operand) -> str:
    sql = value.sql
    if unit == "YEAR":
        year = f"date_part('year', {sql})::bigint"
        common = f"{sql} >= '0001-01-01' AND {sql} < 'infinity'"
        before = f"-{year}" if value.family is Family.TIMESTAMPTZ else f"{year} + 1"
        return f"(CASE WHEN {common} THEN {year} WHEN isfinite({sql}) THEN {before} END)"
    if value.family is Family.DATE and unit in _OF_DAY:
        return f"(CASE WHEN isfinite({sql}) THEN 0::bigint END)"
    part = f"trunc(extract({unit.lower()} FROM {sql}))::bigint"
    return part if value.family is Family.TIME else f"(CASE WHEN isfinite({sql}) THEN {part} END)"


def _truncated(name: str, values: Values, _: tuple[str, ...], to: str) -> Operand:
    (value,) = values
    if value.family not in _DAYS:
        raise ValueError(f"{name} of {value.family} is not rendered")
    if value.family is Family.DATE:
        # Of a date Postgres would make a moment in the session's time zone.
        value = converted(value, "TIMESTAMP")
    unit = name.removeprefix("DATE_TRUNC ").lower()
    made = Operand(f"date_trunc('{unit}', {value.sql})", value.family, value.native, total=value.total, type=value.type)
    return converted(made, to)


TIMES: dict[str, Compute] = {
    **{f"EXTRACT {unit}": _extracted for unit in _UNITS},
    **{f"DATE_TRUNC {unit}": _truncated for unit in _UNITS},
}
