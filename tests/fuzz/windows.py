"""Random window functions and ordered aggregates, whose answers do not depend on which of equal rows comes first."""

import random
from collections.abc import Sequence

from tests.fuzz.expressions import CONSTANTS, Column

DIRECTIONS = ("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST")
ENDS = ("UNBOUNDED PRECEDING", "{0} PRECEDING", "CURRENT ROW", "{0} FOLLOWING", "UNBOUNDED FOLLOWING")
EXCLUDED = ("", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS")


def window(chance: random.Random, columns: Sequence[Column], key: Sequence[str]) -> tuple[str, str]:
    """A function with its OVER, and the kind of its value; ``key`` tells the rows apart where it is known."""
    column, order = chance.choice(columns), chance.choice(columns).name
    total = bool(key) and chance.random() < 0.7
    function, kind, framed = _function(chance, column, total=total)
    if function.startswith(("first", "last", "nth")) and not total:
        order = column.name
    terms = [f"{name}{chance.choice(DIRECTIONS)}" for name in ([order, *key] if total else [order])]
    parted = f"PARTITION BY {chance.choice(columns).name} " if chance.random() < 0.5 else ""
    frame = f" {_frame(chance, total=total)}" if framed and chance.random() < 0.6 else ""
    return f"{function} OVER ({parted}ORDER BY {', '.join(terms)}{frame})", kind


def _function(chance: random.Random, column: Column, *, total: bool) -> tuple[str, str, bool]:
    """The function, the kind of its value, and whether a frame matters to it."""
    name, kind = column.name, column.kind
    forms = [("rank()", "int", False), ("dense_rank()", "int", False), ("percent_rank()", "double", False)]
    forms += [("cume_dist()", "double", False), ("count(*)", "int", True), (f"count({name})", "int", True)]
    forms += [(f"min({name})", kind, True), (f"max({name})", kind, True), (f"first_value({name})", kind, True)]
    forms += [(f"last_value({name})", kind, True), (f"nth_value({name}, {chance.choice([1, 2, 3])})", kind, True)]
    if kind in ("int", "decimal"):
        forms += [(f"sum({name})", kind, True)] * 2
    if total:
        distance, default = chance.choice([0, 1, 2, 5]), chance.choice([*CONSTANTS[kind], "NULL", name])
        way = chance.choice(["lag", "lead"])
        forms += [("row_number()", "int", False), (f"ntile({chance.choice([1, 3, 50])})", "int", False)]
        forms += [(f"{way}({name})", kind, False), (f"{way}({name}, {distance}, {default})", kind, False)] * 2
    return chance.choice(forms)


def _frame(chance: random.Random, *, total: bool) -> str:
    kind = chance.choice(["ROWS", "RANGE", "GROUPS"] if total else ["RANGE", "GROUPS"])
    ends = [at for at in range(len(ENDS)) if kind != "RANGE" or at % 2 == 0]
    start = chance.choice(ends[:-1])
    end = chance.choice([at for at in ends[1:] if at >= start])
    first, last = (ENDS[at].format(chance.choice([0, 1, 3])) for at in (start, end))
    return f"{kind} BETWEEN {first} AND {last}{chance.choice(EXCLUDED)}"


def collected(chance: random.Random, column: Column, key: Sequence[str]) -> list[tuple[str, str]]:
    """Aggregates that take their rows in an order: a total one, or that of what they collect."""
    order = ", ".join(f"{name}{chance.choice(DIRECTIONS)}" for name in key) if key else column.name
    gathered = f"CAST(array_agg({column.name} ORDER BY {order}) AS VARCHAR)"
    forms = [(gathered, "text")] if column.kind != "double" or key else []
    if column.kind == "text":
        forms.append((f"string_agg({column.name}, {chance.choice(CONSTANTS['text'])} ORDER BY {order})", "text"))
        forms.append((f"string_agg(DISTINCT {column.name}, '|' ORDER BY {column.name} DESC)", "text"))
    return forms
