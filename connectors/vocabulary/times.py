"""Days, moments, hours and spans: their parts, which are operations for each unit, and steps from one to another."""

import re

from sqlglot import exp

from connectors.vocabulary.shapes import SAFE, Operation, Shape, Shapes, text, unary

_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
_LONG = ("DECADE", "CENTURY", "MILLENNIUM", "ISOYEAR")
_PARTS = ("DOW", "ISODOW", "DOY", "EPOCH", "JULIAN", "TIMEZONE", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")
_OF_WORD = {"EXTRACT": (*_UNITS, *_LONG, *_PARTS), "DATE_TRUNC": (*_UNITS, *_LONG), "DATEDIFF": _UNITS}
_ALSO_CALLED = {
    **{f"{unit}S": unit for unit in (*_UNITS, "DECADE")},
    "CENTURIES": "CENTURY",
    "MILLENNIA": "MILLENNIUM",
    "WEEKDAY": "DOW",
    "DAYOFWEEK": "DOW",
    "DAYOFYEAR": "DOY",
}
_NAMED = {
    exp.Year: "YEAR",
    exp.Quarter: "QUARTER",
    exp.Month: "MONTH",
    exp.Week: "WEEK",
    exp.WeekOfYear: "WEEK",
    exp.Day: "DAY",
    exp.DayOfMonth: "DAY",
    exp.DayOfWeek: "DOW",
    exp.DayOfWeekIso: "ISODOW",
    exp.DayOfYear: "DOY",
    exp.Hour: "HOUR",
    exp.Minute: "MINUTE",
    exp.Second: "SECOND",
    exp.TimeToUnix: "EPOCH",
}
# What the parser knows by name only, each with one operand.
_PARTS_BY_NAME = frozenset({"WEEKDAY", "ISOYEAR", "DECADE", "CENTURY", "JULIAN"})


def _width(node: exp.Expr) -> str | None:
    """Days or hours: of both at once DuckDB makes no buckets in a time zone, and of months Postgres makes none."""
    given = node.this if isinstance(node, exp.Cast) and node.to.this == exp.DType.INTERVAL else None
    found = text(given) if isinstance(given, exp.Expr) else None
    return found if found and re.fullmatch(_DAYS_OR_HOURS, found) else None


def _utc(node: exp.Expr) -> str | None:
    return "UTC" if text(node) == "UTC" else None


_DAYS_OR_HOURS = r"[1-9]\d{0,5} days?|(?!00:00:00$)\d\d:[0-5]\d:[0-5]\d(\.\d{1,6})?"
TIMES: Shapes = {
    **unary({kind: f"EXTRACT {unit}" for kind, unit in _NAMED.items()}),
    **unary({exp.LastDay: "LAST_DAY", exp.Dayname: "DAYNAME", exp.Monthname: "MONTHNAME"}),
    **unary({exp.ToDays: "TO_DAYS", exp.UnixToTime: "TO_TIMESTAMP"}),
    exp.DateFromParts: Shape("MAKE_DATE", ("year", "month", "day"), ignored=SAFE),
    exp.DateBin: Shape("TIME_BUCKET", ("expression",), {"this": _width}),
    exp.AtTimeZone: Shape("AT UTC", ("this",), {"zone": _utc}),
}

STEPS = ("+ INTERVAL", "- INTERVAL", "+ INTEGER", "- INTEGER", "+ TIME")
"""What ``+`` and ``-`` between two families are claimed as: by what is added, over what it is added to."""

OF_TIMES = frozenset({f"{word} {unit}" for word, units in _OF_WORD.items() for unit in units} | {*STEPS})
"""The names of operations that no shape reads."""


# Where the unit stands, and the operands in order.
_READ: dict[type[exp.Expr], tuple[str, str, tuple[str, ...]]] = {
    exp.Extract: ("EXTRACT", "this", ("expression",)),
    exp.TimestampTrunc: ("DATE_TRUNC", "unit", ("this",)),
    exp.DateTrunc: ("DATE_TRUNC", "unit", ("this",)),
    exp.DateDiff: ("DATEDIFF", "unit", ("expression", "this")),
}
BY_UNIT = tuple(_READ)


def by_unit(node: exp.Expr) -> Operation | None:
    """EXTRACT, DATE_TRUNC and DATEDIFF with a unit that is listed."""
    word, unit, operands = _READ[type(node)]
    known = _unit(word, node.args.get(unit))
    extra = {key for key, value in node.args.items() if value} - {unit, *operands, "date_part_boundary"}
    return Operation(f"{word} {known}", tuple(node.args[key] for key in operands)) if known and not extra else None


def _unit(word: str, unit: exp.Expr | None) -> str | None:
    name = unit.name.upper() if unit is not None else ""
    name = _ALSO_CALLED.get(name, name)
    return name if name in _OF_WORD[word] else None


def by_name(node: exp.Anonymous) -> Operation | None:
    """Functions that the parser has no node for."""
    name, given = node.name.upper(), node.expressions
    if name in ("DATE_PART", "DATEPART") and len(given) == 2 and isinstance(given[0], exp.Literal):
        part = _unit("EXTRACT", given[0])
        return Operation(f"EXTRACT {part}", (given[1],)) if part else None
    if len(given) != 1 or name not in _PARTS_BY_NAME:
        return None
    return Operation(f"EXTRACT {_unit('EXTRACT', exp.var(name))}", (given[0],))
