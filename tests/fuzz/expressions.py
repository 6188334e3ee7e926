"""Random scalar expressions and predicates over the columns that are in scope."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

CONSTANTS = {
    "int": ["0", "1", "2", "3", "7", "-1", "5", "40", "100", "2147483647"],
    "decimal": ["0", "1.5", "-0.25", "0.1", "7.0", "3.1415"],
    "double": ["CAST('0.1' AS DOUBLE)", "CAST(1 AS DOUBLE)", "CAST('nan' AS DOUBLE)", "CAST('-1.5' AS DOUBLE)"],
    "text": ["'Nina'", "'nina'", "''", "'a'", "'A'", "'DE'", "'a b'", "'phone'", "'L3'", "'Zoë'", "'ß'"],
    "date": ["date '1970-01-01'", "date '2026-11-05'", "date '2024-02-29'"],
    "timestamp": ["timestamp '1995-01-01 00:00:00'", "timestamp '1970-01-01 00:00:00'"],
    "bool": ["true", "false"],
}
KINDS = tuple(CONSTANTS)
OPERATORS = ("=", "=", "<>", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
PATTERNS = ["'a%'", "'%a'", "'%n_'", "'_'", "'%'", "'N%a'", "'%ß%'"]


@dataclass(frozen=True)
class Column:
    """A column in scope as it is written, with its kind."""

    name: str
    kind: str


class Expressions:
    """Makes expressions; ``chance`` decides everything."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def of(self, kind: str, columns: Sequence[Column], depth: int = 1) -> str:
        """An expression of a kind."""
        mine = [column.name for column in columns if column.kind == kind]
        roll = self.chance.random()
        if depth <= 0 or roll < 0.45:
            return self.chance.choice(mine) if mine and roll < 0.85 else self.chance.choice(CONSTANTS[kind])
        if roll < 0.55:
            then, other = self.of(kind, columns, depth - 1), self.of(kind, columns, 0)
            return f"CASE WHEN {self.simple(columns)} THEN {then} ELSE {other} END"
        if roll < 0.65:
            function = self.chance.choice(["coalesce", "nullif", "greatest", "least"])
            return f"{function}({self.of(kind, columns, depth - 1)}, {self.of(kind, columns, 0)})"
        return getattr(self, f"_{kind}")(columns, depth - 1)

    def _int(self, columns: Sequence[Column], depth: int) -> str:
        left, right = self.of("int", columns, depth), self.of("int", columns, 0)
        small = self.chance.choice(["1", "2", "3", "7"])
        text, day = self.of("text", columns, 0), self.of("date", columns, 0)
        part = self.chance.choice(["year", "month", "day", "quarter", "week", "dow", "doy", "decade", "isoyear"])
        unit = self.chance.choice(["day", "week", "month", "year"])
        forms = [f"({left} + {small})", f"({left} - {right})", f"({left} * {small})", f"({left} % {small})"]
        forms += [
            f"abs({left})",
            f"(- {left})",
            f"({left} // {small})",
            f"length({text})",
            f"extract({part} FROM {day})",
        ]
        forms += [f"strpos({text}, {self.of('text', columns, 0)})", f"strlen({text})", f"ascii({text})"]
        forms += [f"CAST({self.of('bool', columns, 0)} AS INTEGER)"]
        forms += [f"datediff('{unit}', {day}, {self.of('date', columns, 0)})"]
        return self.chance.choice(forms)

    def _decimal(self, columns: Sequence[Column], depth: int) -> str:
        left = self.of("decimal", columns, depth)
        forms = [f"({left} + 1.5)", f"({left} - {self.of('decimal', columns, 0)})", f"({left} * 2)", f"abs({left})"]
        forms += [f"round({left}, 1)", f"(- {left})", f"floor({left})", f"ceil({left})"]
        return self.chance.choice(forms)

    def _double(self, columns: Sequence[Column], depth: int) -> str:
        whole = self.of("int", columns, depth)
        forms = [f"({whole} / 7)", f"CAST({whole} AS DOUBLE)", f"({whole} / {self.of('int', columns, 0)})"]
        return self.chance.choice([*forms, f"(- {self.of('double', columns, depth)})"])

    def _text(self, columns: Sequence[Column], depth: int) -> str:
        left, small = self.of("text", columns, depth), self.of("int", columns, 0)
        forms = [f"({left} || {self.of('text', columns, 0)})", f"upper({left})", f"lower({left})", f"trim({left})"]
        forms += [f"substr({left}, 1, 2)", f"substr({left}, 2)", f"left({left}, 1)", f"right({left}, 2)"]
        forms += [
            f"({left})[2]",
            f"({left})[2:3]",
            f"lpad({left}, 4, 'xy')",
            f"split_part({left}, 'a', 1)",
            f"substr({left}, -2)",
        ]
        forms += [f"rtrim({left}, 'ae')", f"translate({left}, 'ae', 'o')", f"concat_ws('-', {left}, {small}, NULL)"]
        forms += [f"reverse({left})", f"regexp_replace({left}, '[aeiou]', '.')"]  # no store computes these
        forms += [f"dayname({self.of('date', columns, 0)})"]
        forms += [f"replace({left}, 'a', 'b')", f"concat({left}, '-', {self.of('text', columns, 0)})"]
        return self.chance.choice([*forms, f"CAST({self.of('int', columns, 0)} AS VARCHAR)"])

    def _date(self, columns: Sequence[Column], depth: int) -> str:
        left = self.of("date", columns, depth)
        forms = [f"({left} + 3)", f"({left} - 40)", f"last_day({left})"]
        return self.chance.choice([*forms, f"CAST({self.of('timestamp', columns, 0)} AS DATE)"])

    def _timestamp(self, columns: Sequence[Column], depth: int) -> str:
        unit = self.chance.choice(["year", "month", "week", "day", "hour"])
        step = self.chance.choice(["1 month", "1 year -1 month", "36 hours", "1 month 2 days 3 hours"])
        left, sign = self.of("timestamp", columns, depth), self.chance.choice("+-")
        forms = [f"date_trunc('{unit}', {left})", f"({left} {sign} INTERVAL '{step}')"]
        forms += [
            f"({self.of('date', columns, 0)} {sign} INTERVAL '{step}')",
            f"time_bucket(INTERVAL 90 MINUTES, {left})",
        ]
        return self.chance.choice([*forms, f"CAST({self.of('date', columns, 0)} AS TIMESTAMP)"])

    def _bool(self, columns: Sequence[Column], depth: int) -> str:
        return f"({self.simple(columns)})"

    def predicate(self, columns: Sequence[Column], depth: int = 2) -> str:
        """A condition without subqueries."""
        roll = self.chance.random()
        if depth <= 0 or roll < 0.6:
            return self.simple(columns)
        left, right = self.predicate(columns, depth - 1), self.predicate(columns, depth - 1)
        if roll < 0.75:
            return f"({left} OR {right})"
        return f"({left} AND {right})" if roll < 0.85 else f"NOT ({left})"

    def simple(self, columns: Sequence[Column]) -> str:
        """One comparison."""
        kind = self.chance.choice([column.kind for column in columns]) if columns else "int"
        left = self.of(kind, columns, self.chance.choice([0, 0, 1]))
        roll = self.chance.random()
        if roll < 0.12:
            return f"{left} IS {self.chance.choice(['', 'NOT '])}NULL"
        if roll < 0.24:
            values = ", ".join(self.chance.choices([*CONSTANTS[kind], "NULL"], k=self.chance.choice([1, 2, 3])))
            return f"{left} {self.chance.choice(['', 'NOT '])}IN ({values})"
        if roll < 0.32:
            low, high = self.chance.choices(CONSTANTS[kind], k=2)
            return f"{left} {self.chance.choice(['', 'NOT '])}BETWEEN {low} AND {high}"
        if kind == "text" and roll < 0.55:
            return self._like(left, columns)
        if kind == "bool" and roll < 0.6:
            return self.chance.choice([left, f"{left} IS TRUE", f"{left} IS NOT FALSE", f"NOT {left}"])
        operator = self.chance.choice(OPERATORS)
        right = self.of(kind, columns, 0) if self.chance.random() < 0.3 else self.chance.choice(CONSTANTS[kind])
        return f"{left} {operator} {right}"

    def _like(self, left: str, columns: Sequence[Column]) -> str:
        pattern = self.chance.choice(PATTERNS)
        forms = [f"{left} LIKE {pattern}", f"{left} NOT LIKE {pattern}", f"{left} ILIKE {pattern}"]
        other = self.of("text", columns, 0)
        forms += [f"{left} LIKE {other}", f"{left} NOT LIKE 'a!%%' ESCAPE '!'", f"suffix({left}, {other})"]
        forms += [f"regexp_matches({left}, '[a-n]')", f"regexp_matches({left}, '^[^p]')"]
        forms += [f"starts_with({left}, 'a')", f"contains({left}, 'n')", f"ends_with({left}, 'a')"]
        return self.chance.choice(forms)
