"""Expressions of the functions of numbers, of bits, and of what is asked of a number or a day."""

CALLS = {
    "NEG": "-",
    "ABS": "abs",
    "CEIL": "ceil",
    "FLOOR": "floor",
    "TRUNC": "trunc",
    "ROUND": "round",
    "SIGN": "sign",
    "SQRT": "sqrt",
}
"""Functions of one number, in DuckDB's spelling."""
_PLACES = (", 1", ", 0", ", 5", ", -1", ", -3", ", -30")

BITS = {
    "&": "{0} & {1}",
    "|": "{0} | {1}",
    "XOR": "xor({0}, {1})",
    "GCD": "gcd({0}, {1})",
    "LCM": "lcm({0}, {1})",
}
"""Operations over two integers that no other numbers have."""
_PAIRS = (("t.a", "t.b"), ("t.a", "6"), ("(-4)", "t.a"), ("t.a", "t.n"))

QUESTIONS = frozenset({"ISNAN", "ISINF", "ISFINITE"})
"""Conditions over one value."""


def of_calls(operator: str) -> tuple[str, ...]:
    """A function over each column; ROUND also with digits after the point, and before it."""
    calls = tuple(f"{CALLS[operator]}(t.{name})" for name in "abn")
    if operator != "ROUND":
        return calls
    return (*calls, *(f"round(t.{name}{places})" for name in "an" for places in _PLACES))


def of_bits(operator: str) -> tuple[str, ...]:
    """Columns, constants and NULL on either side."""
    return tuple(BITS[operator].format(*pair) for pair in _PAIRS)
