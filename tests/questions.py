"""Random questions over the mesh of tests/mesh.py, each reproducible from its seed."""

import random

SOURCES = {
    "artists": ("artists.catalog.artists", {"id": "int", "name": "text", "label_id": "int", "born": "date"}),
    "labels": ("artists.catalog.labels", {"id": "int", "name": "text", "country": "text", "founded": "timestamp"}),
    "rates": ("payments.royalties.rates", {"label_id": "int", "rate": "decimal", "active": "bool"}),
    "plays": ("play.events.plays", {"artist_id": "int", "day": "date", "count": "int", "device": "text"}),
}
CONSTANTS = {
    "int": ["0", "3", "7", "-1", "100", "2.5"],
    "text": ["'Nina'", "'nina'", "''", "'Zoë'", "'DE'", "'a b'", "'phone'"],
    "date": ["date '1970-01-01'", "'1960-06-01'", "date '2026-11-10'"],
    "timestamp": ["timestamp '1995-01-01 00:00:00'", "'1992-03-04 05:06:07'"],
    "decimal": ["0", "1.5", "-0.25", "3.1415"],
    "bool": ["true", "false"],
}


class Question:
    """One random SELECT over one to three sources."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        names = self.chance.choices(list(SOURCES), k=self.chance.choice([1, 1, 2, 2, 3]))
        self.columns: dict[str, str] = {}
        self.sources: list[tuple[str, str]] = []
        for number, name in enumerate(names):
            address, columns = SOURCES[name]
            self.sources.append((f"x{number}", address))
            self.columns |= {f"x{number}.{column}": kind for column, kind in columns.items()}

    def sql(self) -> str:
        """The text; its rows are comparable as a multiset unless it says ORDER BY over all its outputs."""
        select = self._aggregated() if self.chance.random() < 0.4 else self._plain()
        return f"{select}"

    def _plain(self) -> str:
        picked = self.chance.sample(list(self.columns), k=min(len(self.columns), self.chance.randint(1, 4)))
        distinct = "DISTINCT " if self.chance.random() < 0.15 else ""
        text = f"SELECT {distinct}{', '.join(picked)} FROM {self._from()}{self._where()}"
        if self.chance.random() < 0.3:
            keys = ", ".join(
                f"{at + 1}{self.chance.choice(['', ' DESC', ' NULLS FIRST'])}" for at in range(len(picked))
            )
            return f"{text} ORDER BY {keys} LIMIT {self.chance.choice([0, 1, 5, 50])}"
        return text

    def _aggregated(self) -> str:
        groups = self.chance.sample(list(self.columns), k=self.chance.choice([0, 1, 1, 2]))
        made = [self._aggregate() for _ in range(self.chance.randint(1, 3))]
        grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
        having = f" HAVING {made[0]} IS NOT NULL" if groups and self.chance.random() < 0.3 else ""
        return f"SELECT {', '.join(groups + made)} FROM {self._from()}{self._where()}{grouping}{having}"

    def _aggregate(self) -> str:
        column = self.chance.choice(list(self.columns))
        numbers = [name for name, kind in self.columns.items() if kind in ("int", "decimal")]
        options = ["count(*)", f"count({column})", f"min({column})", f"max({column})", f"count(DISTINCT {column})"]
        options += [f"sum({self.chance.choice(numbers)})"] if numbers else []
        return self.chance.choice(options)

    def _from(self) -> str:
        alias, address = self.sources[0]
        text = f"{address} AS {alias}"
        for alias, address in self.sources[1:]:
            kind = self.chance.choice(["JOIN", "JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
            text += f" {kind} {address} AS {alias} ON {self._link(alias)}"
            if self.chance.random() < 0.3:
                text += f" AND {self._comparison(alias)}"
        return text

    def _link(self, alias: str) -> str:
        """An equality between the new source and one before it, over columns of one type."""
        earlier = [name for name, kind in self.columns.items() if kind == "int" and name.split(".")[0] < alias]
        mine = [name for name, kind in self.columns.items() if kind == "int" and name.startswith(f"{alias}.")]
        return f"{self.chance.choice(earlier)} = {self.chance.choice(mine)}"

    def _where(self) -> str:
        parts = [self._condition() for _ in range(self.chance.choice([0, 1, 1, 2, 3]))]
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _condition(self) -> str:
        roll = self.chance.random()
        if roll < 0.15:
            return f"NOT ({self._comparison()} AND {self._comparison()})"
        if roll < 0.3:
            return f"({self._comparison()} OR {self._comparison()})"
        if roll < 0.4:
            return self._subquery()
        return self._comparison()

    def _comparison(self, alias: str = "") -> str:
        names = [name for name in self.columns if name.startswith(f"{alias}." if alias else "")]
        name = self.chance.choice(names)
        kind = self.columns[name]
        roll = self.chance.random()
        if roll < 0.15:
            return f"{name} IS {self.chance.choice(['', 'NOT '])}NULL"
        if roll < 0.3:
            values = ", ".join(self.chance.choices(CONSTANTS[kind], k=2))
            return f"{name} {self.chance.choice(['', 'NOT '])}IN ({values})"
        if roll < 0.4:
            low, high = self.chance.choices(CONSTANTS[kind], k=2)
            return f"{name} BETWEEN {low} AND {high}"
        if roll < 0.5 and kind == "text":
            return f"length({name}) > 2"
        operator = self.chance.choice(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"])
        return f"{name} {operator} {self.chance.choice(CONSTANTS[kind])}"

    def _subquery(self) -> str:
        outer = self.chance.choice([name for name, kind in self.columns.items() if kind == "int"])
        inner, address = self.chance.choice(
            [
                ("id", "artists.catalog.labels"),
                ("label_id", "payments.royalties.rates"),
                ("id", "artists.catalog.artists"),
            ]
        )
        form = self.chance.choice(["IN", "NOT IN", "EXISTS", "NOT EXISTS"])
        if form.endswith("IN"):
            return f"{outer} {form} (SELECT q.{inner} FROM {address} AS q WHERE q.{inner} > 2)"
        return f"{form} (SELECT 1 FROM {address} AS q WHERE q.{inner} = {outer} AND q.{inner} < 50)"
