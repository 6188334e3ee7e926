"""Random queries, each reproducible from its seed: joins, subqueries, aggregates, windows and set operations."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.fuzz.data import Source
from tests.fuzz.expressions import Column, Expressions
from tests.fuzz.windows import DIRECTIONS, collected, window

JOINS = ("JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN")


@dataclass(frozen=True)
class Question:
    """A query, and the positions of the outputs by which it is ordered, outermost first.

    ``limited`` says that rows are cut off: then what is decided is their number and their keys.
    """

    sql: str
    keys: tuple[int, ...] = ()
    limited: bool = False


@dataclass(frozen=True)
class Selected:
    """A SELECT without order: its text and the kinds of its outputs, which are named c0, c1 …

    ``key`` are the positions of outputs that no two rows share, where some are known.
    """

    text: str
    kinds: tuple[str, ...]
    key: tuple[int, ...] = ()


@dataclass(frozen=True)
class From:
    """What a SELECT reads: text, the columns in scope, and a unique key of its rows where one is known."""

    text: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


class Grammar:
    """Makes one question."""

    def __init__(self, seed: int, sources: Sequence[Source]) -> None:
        self.chance = random.Random(seed)
        self.sources = sources
        self.values = Expressions(self.chance)
        self.numbered = 0
        self.named: list[tuple[str, tuple[str, ...]]] = []

    def question(self) -> Question:
        """The whole: WITH, one SELECT or a set operation of two, ORDER BY and LIMIT."""
        opening = ""
        if self.chance.random() < 0.15:
            made = self.select(1)
            self.named.append(("w", made.kinds))
            opening = f"WITH w AS ({made.text}) "
        selected = self.united() if self.chance.random() < 0.12 else self.select(2)
        order, keys, limited = self._ending(len(selected.kinds))
        return Question(f"{opening}{selected.text}{order}", keys, limited)

    def united(self) -> Selected:
        """Two SELECTs of the same kinds under a set operation."""
        kinds = tuple(self.chance.choices(("int", "text", "date", "decimal", "bool"), k=self.chance.choice([1, 1, 2])))
        left, right = self._plain(1, kinds), self._plain(1, kinds)
        operator = self.chance.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
        return Selected(f"({left.text}) {operator} ({right.text})", kinds)

    def select(self, depth: int) -> Selected:
        """One SELECT of any form."""
        roll = self.chance.random()
        if roll < 0.4:
            return self._aggregated(depth)
        return self._windowed(depth) if roll < 0.52 else self._plain(depth)

    def _ending(self, outputs: int) -> tuple[str, tuple[int, ...], bool]:
        if self.chance.random() < 0.55:
            return "", (), False
        count = outputs if self.chance.random() < 0.7 else self.chance.randint(1, outputs)
        keys = self.chance.sample(range(outputs), k=count)
        text = " ORDER BY " + ", ".join(f"{key + 1}{self.chance.choice(DIRECTIONS)}" for key in keys)
        if self.chance.random() < 0.6:
            text += f" LIMIT {self.chance.choice([0, 1, 3, 10, 50])}"
            text += self.chance.choice(["", "", " OFFSET 2"])
            return text, tuple(keys), True
        return text, tuple(keys), False

    def _plain(self, depth: int, kinds: tuple[str, ...] = ()) -> Selected:
        read = self.from_(depth)
        wanted = kinds or tuple(column.kind for column in self._pick(read.columns))
        outputs = [self.values.of(kind, read.columns, self.chance.choice([0, 0, 1, 2])) for kind in wanted]
        distinct = "DISTINCT " if self.chance.random() < 0.15 else ""
        text = f"SELECT {distinct}{_aliased(outputs)} FROM {read.text}{self.where(read, depth)}"
        return Selected(text, wanted, tuple(range(len(wanted))) if distinct else ())

    def _pick(self, columns: Sequence[Column]) -> list[Column]:
        return self.chance.sample(columns, k=min(len(columns), self.chance.randint(1, 4)))

    def _aggregated(self, depth: int) -> Selected:
        read = self.from_(depth)
        groups = self._pick(read.columns)[: self.chance.choice([0, 1, 1, 2, 2])]
        texts = [self._group(column, read.columns) for column in groups]
        made = [self._aggregate(read) for _ in range(self.chance.randint(1, 3))]
        outputs = _aliased([*texts, *(text for text, _ in made)])
        grouping = self._grouping(texts)
        text = f"SELECT {outputs} FROM {read.text}{self.where(read, depth)}{grouping}"
        if texts and self.chance.random() < 0.3:
            text += f" HAVING {self.chance.choice([f'{made[0][0]} IS NOT NULL', 'count(*) > 1', 'count(*) < 4'])}"
        key = () if any(word in grouping for word in ("ROLLUP", "CUBE", "SETS")) else tuple(range(len(texts)))
        return Selected(text, (*(column.kind for column in groups), *(kind for _, kind in made)), key)

    def _group(self, column: Column, columns: Sequence[Column]) -> str:
        if column.kind == "double":
            return column.name
        return column.name if self.chance.random() < 0.75 else self.values.of(column.kind, columns, 1)

    def _grouping(self, texts: list[str]) -> str:
        if not texts:
            return ""
        roll = self.chance.random()
        listed = ", ".join(texts)
        if any(not text.replace("_", "").replace(".", "").isalnum() for text in texts) or roll < 0.15:
            return " GROUP BY ALL"
        if roll < 0.25:
            return f" GROUP BY {self.chance.choice(['ROLLUP', 'CUBE'])} ({listed})"
        return f" GROUP BY GROUPING SETS (({listed}), ())" if roll < 0.3 else f" GROUP BY {listed}"

    def _aggregate(self, read: From) -> tuple[str, str]:
        """An aggregate whose value does not depend on the order of rows, and its kind."""
        columns = read.columns
        if self.chance.random() < 0.12 and (forms := collected(self.chance, self.chance.choice(columns), read.key)):
            return self.chance.choice(forms)
        kind = self.chance.choice([column.kind for column in columns])
        value = self.values.of(kind, columns, self.chance.choice([0, 0, 0, 1]))
        forms = [("count(*)", "int"), (f"count({value})", "int"), (f"count(DISTINCT {value})", "int")]
        forms += [(f"min({value})", kind), (f"max({value})", kind)]
        if kind in ("int", "decimal"):
            forms += [(f"sum({value})", kind), (f"avg({value})", "double"), (f"sum({value})", kind)]
            forms += [(f"sum(DISTINCT {value})", kind)]
        if kind == "int":
            forms += [(f"bit_xor({value})", kind)]
        if kind == "bool":
            forms = [(f"bool_and({value})", kind), (f"bool_or({value})", kind), (f"count({value})", "int")]
            forms += [(f"count_if({value})", "int")]
        text, made = self.chance.choice(forms)
        if self.chance.random() < 0.15:
            text += f" FILTER (WHERE {self.values.simple(columns)})"
        return text, made

    def _windowed(self, depth: int) -> Selected:
        read = self.from_(depth, sources=self.chance.choice([1, 1, 2]))
        picked = self._pick(read.columns)[:2]
        over, kind = window(self.chance, read.columns, read.key)
        text = f"SELECT {_aliased([*(made.name for made in picked), over])} FROM {read.text}{self.where(read, depth)}"
        if self.chance.random() < 0.15 and kind == "int":
            text += f" QUALIFY {over} <= 2"
        return Selected(text, (*(made.kind for made in picked), kind))

    def from_(self, depth: int, sources: int = 0) -> From:
        """One to three relations, joined."""
        count = sources or self.chance.choice([1, 1, 1, 2, 2, 2, 3])
        read = self.relation(depth)
        for _ in range(count - 1):
            read = self._joined(read, self.relation(depth))
        return read

    def relation(self, depth: int) -> From:
        """A dataset, a derived table, or the query that WITH names."""
        alias = f"x{self.numbered}"
        self.numbered += 1
        roll = self.chance.random()
        if self.named and roll < 0.5:
            name, kinds = self.chance.choice(self.named)
            return From(f"{name} AS {alias}", _outputs(alias, kinds))
        if depth > 0 and roll > 0.88:
            made = self.united() if self.chance.random() < 0.2 else self.select(depth - 1)
            text = made.text
            if self.chance.random() < 0.2:
                text += f" ORDER BY {', '.join(str(at + 1) for at in range(len(made.kinds)))} LIMIT 7"
            return From(f"({text}) AS {alias}", _outputs(alias, made.kinds), _key(alias, made))
        source = self.chance.choice(self.sources)
        columns = tuple(Column(f"{alias}.{name}", kind) for name, kind in source.columns)
        return From(f"{source.address} AS {alias}", columns, tuple(f"{alias}.{name}" for name in source.key))

    def _joined(self, left: From, right: From) -> From:
        roll = self.chance.random()
        if roll < 0.04:
            small = f"(SELECT * FROM {right.text} ORDER BY ALL LIMIT 3) AS {right.columns[0].name.split('.')[0]}"
            return From(f"{left.text} CROSS JOIN {small}", (*left.columns, *right.columns))
        kind = self.chance.choice(JOINS)
        shared = [column for column in right.columns if column.name.partition(".")[2] in _names(left)]
        if roll < 0.1 and shared and len(_names(left)) == len(left.columns):
            name = shared[0].name.partition(".")[2]
            kept = [column for column in (*left.columns, *right.columns) if column.name.partition(".")[2] != name]
            if kept:
                return From(f"{left.text} {self.chance.choice(JOINS[:4])} {right.text} USING ({name})", tuple(kept))
        link = self._link(left, right)
        columns = left.columns if kind.startswith(("SEMI", "ANTI")) else (*left.columns, *right.columns)
        if self.chance.random() < 0.25:
            link += f" AND {self.values.simple((*left.columns, *right.columns))}"
        known = left.key and (right.key or columns == left.columns)
        key = (*left.key, *(() if columns == left.columns else right.key)) if known else ()
        return From(f"{left.text} {kind} {right.text} ON {link}", columns, key)

    def _link(self, left: From, right: From) -> str:
        """An equality over columns of one kind; keys are preferred, so that results stay small."""
        pairs = [(one, other) for one in left.columns for other in right.columns if one.kind == other.kind != "bool"]
        ids = [(one, other) for one, other in pairs if "id" in one.name or "id" in other.name]
        if not pairs:
            return f"{self.values.simple(left.columns)} AND {self.values.simple(right.columns)}"
        one, other = self.chance.choice(ids if ids and self.chance.random() < 0.7 else pairs)
        return f"{one.name} {self.chance.choice(['=', '=', '=', '=', '=', 'IS NOT DISTINCT FROM'])} {other.name}"

    def where(self, read: From, depth: int) -> str:
        """None to three conditions, subqueries among them."""
        parts = [self._condition(read.columns, depth) for _ in range(self.chance.choice([0, 0, 1, 1, 1, 2]))]
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _condition(self, columns: Sequence[Column], depth: int) -> str:
        if depth > 0 and self.chance.random() < 0.18:
            return self._subquery(columns)
        return self.values.predicate(columns)

    def _subquery(self, columns: Sequence[Column]) -> str:
        inner = self.relation(0)
        outer = self.chance.choice(columns)
        mine = [column for column in inner.columns if column.kind == outer.kind]
        where = self.where(inner, 0)
        joint = " AND" if where else " WHERE"
        if not mine or self.chance.random() < 0.15:
            return f"{self.chance.choice(['', 'NOT '])}EXISTS (SELECT 1 FROM {inner.text}{where})"
        column = self.chance.choice(mine)
        linked = f"{where}{joint} {column.name} = {outer.name}"
        nested = self.chance.choice(inner.columns)
        correlated = ""
        if (peers := [made for made in columns if made.kind == nested.kind]) and self.chance.random() < 0.3:
            correlated = f"{where}{joint} {nested.name} = {self.chance.choice(peers).name}"
        whole = correlated or where
        forms = [f"EXISTS (SELECT 1 FROM {inner.text}{linked})", f"NOT EXISTS (SELECT 1 FROM {inner.text}{linked})"]
        forms += [f"{outer.name} {way} (SELECT {column.name} FROM {inner.text}{whole})" for way in ("IN", "NOT IN")]
        for function in ("min", "max"):
            operator = self.chance.choice(["=", "<", ">=", "<>"])
            forms.append(f"{outer.name} {operator} (SELECT {function}({column.name}) FROM {inner.text}{whole})")
        forms.append(f"{self.chance.choice([0, 1, 3])} < (SELECT count(*) FROM {inner.text}{linked})")
        return self.chance.choice(forms)


def _aliased(outputs: Sequence[str]) -> str:
    return ", ".join(f"{text} AS c{at}" for at, text in enumerate(outputs))


def _outputs(alias: str, kinds: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(f"{alias}.c{at}", kind) for at, kind in enumerate(kinds))


def _key(alias: str, made: Selected) -> tuple[str, ...]:
    return tuple(f"{alias}.c{at}" for at in made.key)


def _names(read: From) -> set[str]:
    return {column.name.partition(".")[2] for column in read.columns}
