"""Arguments that decide how much a function produces: they must be constants, and small.

The engine's own memory and time limits do not reach inside a scalar function, so this is where they are bounded.
"""

import math

from sqlglot import exp

from gateway.errors import SqlNotAllowed, SqlTooLarge

MAX_SERIES_ROWS = 500_000
MAX_LIST_LENGTH = 10_000
MAX_REPEAT = 10_000
_STEP_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400, "WEEK": 604_800, "MONTH": 2_419_200}
_STEP_SECONDS |= {"QUARTER": 3 * 2_419_200, "YEAR": 365 * 86_400}


def check_growth(query: exp.Expr) -> None:
    """Raise SqlNotAllowed for a size that is no constant, SqlTooLarge for one that is too big.

    Series in FROM multiply with one another, so their product is bounded over the whole statement.
    """
    rows = 1
    for node in query.find_all(exp.GenerateSeries, exp.Repeat, exp.Pad, exp.TimeToStr):
        if isinstance(node, exp.GenerateSeries):
            length = _series_length(node)
            if isinstance(node.parent, exp.Table):
                rows *= max(length, 1)
            elif length > MAX_LIST_LENGTH:
                raise SqlTooLarge(f"A list of {length:,} numbers is too long here.", hint="Use range(…) in FROM.")
        elif isinstance(node, exp.TimeToStr):
            _check_format(node)
        else:
            _check_repeat(node)
    if rows > MAX_SERIES_ROWS:
        raise SqlTooLarge(
            f"The series of the statement make more than {MAX_SERIES_ROWS:,} rows.", hint="Narrow their bounds."
        )


def _check_repeat(node: exp.Expr) -> None:
    size = node.args.get("times") if isinstance(node, exp.Repeat) else node.expression
    count = _integer(size)
    name = "repeat()" if isinstance(node, exp.Repeat) else "lpad() or rpad()"
    if count is None:
        raise SqlNotAllowed(f"The length that {name} makes must be a constant.", hint="Write it as a number.")
    if count > MAX_REPEAT or len(list(node.find_all(exp.Repeat, exp.Pad))) > 1:
        raise SqlTooLarge(f"What {name} makes is too long.", hint=f"The limit is {MAX_REPEAT:,}, not nested.")


def _check_format(node: exp.TimeToStr) -> None:
    if not isinstance(node.args.get("format"), exp.Literal):
        raise SqlNotAllowed("The format of strftime() must be a constant.", hint="Write it as a string.")


def _series_length(node: exp.GenerateSeries) -> int:
    start, end, step = (node.args.get(key) for key in ("start", "end", "step"))
    numbers = _integer(start), _integer(end), 1 if step is None else _integer(step)
    if None not in numbers:
        low, high, by = (int(number or 0) for number in numbers)
        return 0 if by == 0 else max(0, (high - low) // by + 1)
    seconds = _moment(start), _moment(end), _interval(step)
    if None in seconds:
        raise SqlNotAllowed(
            "The bounds of range() and generate_series() must be constants.",
            hint="Write them as whole numbers, or as dates with an interval such as INTERVAL 1 DAY.",
        )
    first, last, width = (float(second or 0) for second in seconds)
    return math.ceil(abs(last - first) / width) + 1


def _integer(node: exp.Expr | None) -> int | None:
    """A whole number written as a literal, or None."""
    if isinstance(node, exp.Paren):
        return _integer(node.this)
    if isinstance(node, exp.Neg):
        value = _integer(node.this)
        return None if value is None else -value
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name)
    return None


def _moment(node: exp.Expr | None) -> float | None:
    """Days written as a date or timestamp literal, in seconds (a year counts 366 days), or None."""
    if not isinstance(node, exp.Cast) or not isinstance(node.this, exp.Literal) or not node.this.is_string:
        return None
    year, *rest = node.this.name[:10].split("-")
    if not year.isdigit() or len(rest) != 2 or not all(part.isdigit() for part in rest):
        return None
    return (int(year) * 366 + int(rest[0]) * 31 + int(rest[1])) * 86_400.0


def _interval(node: exp.Expr | None) -> float | None:
    """The shortest an interval literal can be, in seconds, or None when it is no positive constant."""
    if not isinstance(node, exp.Interval) or not isinstance(node.this, exp.Literal):
        return None
    unit = str(node.args.get("unit") or "").upper().removesuffix("S")
    count = node.this.name
    if unit not in _STEP_SECONDS or not count.isdigit() or int(count) == 0:
        return None
    return int(count) * _STEP_SECONDS[unit] * 1.0
