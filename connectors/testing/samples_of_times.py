"""Expressions of every operation over dates, moments, hours and spans."""

from connectors.types import Family, family

_STEPS = (
    "1 month",
    "-1 year -1 month",
    "1 day",
    "-36:00:00",
    "00:00:00.000001",
    "1 month -31 days",
    "00:00:00",
)
# More than one kind of step: before some of them stands a time zone, in which DuckDB does not take them in one order.
_MIXED_STEPS = ("1 year 2 months 3 days 04:05:06.789", "-1 month 2 days -03:00:00")
_WIDTHS = ("01:00:00", "00:00:00.007", "1 day", "7 days", "30 days")
_HOURS = ("00:00:00", "01:00:00.5", "23:59:59.999999")
_WORDS = ("EXTRACT ", "DATE_TRUNC ", "DATEDIFF ")
_CALLS = ("LAST_DAY", "DAYNAME", "MONTHNAME", "TO_DAYS", "TO_TIMESTAMP")
_STEPPING = ("+ INTERVAL", "- INTERVAL", "+ INTEGER", "- INTEGER", "+ TIME")
_WITHIN = "t.{0} > CAST('{1}' AS {3}) AND t.{0} < CAST('{2}' AS {3})"
_ENDS = ("0001-01-01", "3000-01-01")
_FEW = "t.{0} BETWEEN -1000 AND 1000"


def is_of_times(operator: str, of: Family) -> bool:
    """Whether :func:`texts` knows the operator over a family."""
    named = operator.startswith(_WORDS) or operator in (*_CALLS, *_STEPPING, "MAKE_DATE", "AT UTC", "TIME_BUCKET")
    return named or (operator in ("+", "-", "*", "/", "NEG") and of in _SPANNED)


_SPANNED = (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ, Family.TIME, Family.INTERVAL)


def texts(operator: str, type_name: str) -> tuple[str, ...]:
    """Expressions over ``t.a``, ``t.b`` and ``t.n``, which is NULL."""
    if operator in _STEPPING:
        return tuple(_stepping(operator, type_name))
    if operator.startswith(_WORDS):
        return _of_unit(*operator.split())
    if operator == "MAKE_DATE":
        dates = ("make_date(2024, 2, {0} % 29 + 1)", "make_date({0}, 2, 28)", "make_date(2024, {0} % 12, 1)")
        return (
            *(date.format("abs(t.a)") for date in dates),
            "make_date(t.a, 12, 31)",
            "make_date(-t.a, 2, 28)",
            "make_date(-44, 3, abs(t.a) % 9 + 1)",
            "make_date(t.a, t.n, 1)",
        )
    if operator == "AT UTC":
        return tuple(f"(t.{name} AT TIME ZONE 'UTC')" for name in "abn")
    if operator == "TIME_BUCKET":
        return tuple(f"time_bucket(CAST('{width}' AS INTERVAL), t.{name})" for width in _WIDTHS for name in "an")
    if operator in _CALLS:
        return tuple(f"{operator.lower()}(t.{name})" for name in "abn")
    return ("-t.a", "-t.n") if operator == "NEG" else (f"t.a {operator} t.b", f"t.a {operator} t.n")


def where(operator: str, type_name: str) -> str:
    """Rows over which neither engine raises; empty where that is all of them."""
    of = family(type_name)
    if operator in (*_STEPPING, "-") and of in (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ):
        zone = " 00:00:00+00" if of is Family.TIMESTAMPTZ else ""
        ends = [f"{end}{zone}" for end in _ENDS]
        return " AND ".join(_WITHIN.format(name, *ends, type_name) for name in ("ab" if operator == "-" else "a"))
    few = {"MAKE_DATE": "t.a BETWEEN 1 AND 1000", "TO_DAYS": _FEW, "TO_TIMESTAMP": _FEW}
    return few.get(operator, "").format("a") + (" AND " + _FEW.format("b") if operator in _CALLS[3:] else "")


def is_grouped(operator: str, of: Family) -> bool:
    """Whether rows are put together by the value: DOUBLE and INTERVAL may stand for others that are equal to them."""
    spans = (operator, of) in (("TO_DAYS", Family.INTEGER), ("-", Family.TIMESTAMP))
    spans |= of is Family.INTERVAL and not operator.startswith("EXTRACT ")
    return not spans and operator not in ("EXTRACT EPOCH", "EXTRACT JULIAN")


def _of_unit(word: str, unit: str) -> tuple[str, ...]:
    if word == "DATEDIFF":
        return tuple(f"datediff('{unit.lower()}', t.{one}, t.{other})" for one, other in ("ab", "ba", "an"))
    call = "extract({0} FROM t.{1})" if word == "EXTRACT" else "date_trunc('{0}', t.{1})"
    return tuple(call.format(unit.lower(), name) for name in "abn")


def _stepping(operator: str, type_name: str) -> list[str]:
    sign, other = operator.split()
    if other == "INTEGER":
        return [f"t.a {sign} 5", f"t.a {sign} (-400)", f"t.n {sign} 1", f"t.a {sign} t.g"]
    if other == "TIME":
        return [f"t.a + CAST('{hour}' AS TIME)" for hour in _HOURS] + [f"CAST('{_HOURS[1]}' AS TIME) + t.a"]
    mixed = () if family(type_name) is Family.TIMESTAMPTZ else _MIXED_STEPS
    steps = [f"t.a {sign} CAST('{step}' AS INTERVAL)" for step in (*_STEPS, *mixed)]
    return [*steps, f"t.n {sign} CAST('1 day' AS INTERVAL)", *(["CAST('1 day' AS INTERVAL) + t.a"] * (sign == "+"))]
