"""The bugs: for each a name, a file, the text that is there once, what stands there instead, and where to look."""

from typing import NamedTuple

PLANNER = ("tests/unit/planner", "tests/unit/fuzz", "fuzz duck 1500")
RENDER = ("tests/unit/planner/test_plans.py", "tests/unit/render", "tests/unit/postgres", "fuzz postgres 1000")
ENGINE = ("tests/unit/engine", "tests/unit/verify", "tests/unit/planner", "tests/unit/fuzz")


class Mutant(NamedTuple):
    """One bug. ``old`` stands exactly once in ``file``; ``tests`` are run in their order until one fails.

    Each is a folder of tests, or ``fuzz``, a placement and how many random questions.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _planner(name: str, file: str, old: str, new: str) -> Mutant:
    return Mutant(name, f"gateway/planner/{file}", old, new, PLANNER)


def _render(name: str, file: str, old: str, new: str) -> Mutant:
    return Mutant(name, f"connectors/render/{file}", old, new, RENDER)


def _engine(name: str, file: str, old: str, new: str) -> Mutant:
    return Mutant(name, f"gateway/{file}", old, new, ENGINE)


MUTANTS = (
    _planner(
        "a conjunct is dropped",
        "mixed.py",
        "made.append(self._judged(conjunct, judge))",
        "self._judged(conjunct, judge)",
    ),
    _planner(
        "a filter moves below a FULL JOIN",
        "joins.py",
        'elif join.side in ("RIGHT", "FULL"):',
        'elif join.side == "RIGHT":',
    ),
    _planner(
        "a filter moves below the optional side of a LEFT JOIN",
        "joins.py",
        "elif not join.side and join.kind in _INNER:",
        'elif join.side in ("", "LEFT") and join.kind in (*_INNER, "OUTER"):',
    ),
    _planner(
        "a condition of a LEFT JOIN filters its left side",
        "joins.py",
        "right = join.this.alias_or_name == alias",
        "right = bool(alias)",
    ),
    _planner(
        "a condition of a FULL JOIN filters its right side",
        "joins.py",
        'join.side in ("", "LEFT") and join.kind in (*_FILTERS',
        'join.side in ("", "LEFT", "FULL") and join.kind in (*_FILTERS',
    ),
    _planner(
        "conditions of an outer join are taken as those of an inner one",
        "joins.py",
        "return not join.side and not join.method and not",
        "return not join.method and not",
    ),
    _planner(
        "HAVING is lost",
        "groups.py",
        'made.set("having", exp.Having(this=judge.condition(clause.this)))',
        "judge.condition(clause.this)",
    ),
    _planner(
        "a filter that stayed is taken for one that was pushed",
        "alone.py",
        "            left.append(part)\n",
        "",
    ),
    _planner(
        "a LIMIT goes below a filter",
        "alone.py",
        "if not left and not any(",
        "if not any(",
    ),
    _planner(
        "a LIMIT goes below groups or DISTINCT",
        "alone.py",
        "if not left and not any(self.select.args.get(key) for key in _ROW_STAGES) and",
        "if not left and",
    ),
    _planner(
        "a LIMIT forgets its OFFSET",
        "topn.py",
        "(_number(offset) if offset else 0)",
        "0",
    ),
    _planner(
        "an order with ties is taken for total",
        "topn.py",
        "    if total:\n",
        "    if total or terms:\n",
    ),
    _planner(
        "any column is taken for the key",
        "judge/totality.py",
        "return bool(key) and {name.lower() for name in key} <= names",
        "return bool(key)",
    ),
    _planner(
        "the frame of a window is lost",
        "judge/rows.py",
        'spec=_spec(seen), over="OVER")',
        'spec=None, over="OVER")',
    ),
    _planner(
        "a row is looked for in an order that is not total",
        "judge/rows.py",
        "if found.name not in _RANKS and not fixed:",
        'if found.name == "ROW_NUMBER":',
    ),
    _planner(
        "rows are counted in an order that is not total",
        "judge/rows.py",
        "if seen is not None and seen.counts_rows:",
        'if seen is not None and seen.kind == "GROUPS":',
    ),
    _planner(
        "values are collected in an order that is not total",
        "judge/rows.py",
        "if not told.settles(value, keys) and (select is None or not told.tells_rows(select, keys)):",
        "if select is None:",
    ),
    _planner(
        "what the store keeps too much of is not looked at again",
        "mixed.py",
        "        if fidelity is Fidelity.EXACT:\n            self.taken.append(conjunct)",
        "        if fidelity is not Fidelity.NONE:\n            self.taken.append(conjunct)",
    ),
    _planner(
        "UNION ALL becomes UNION",
        "judge/queries.py",
        'distinct=node.args.get("distinct"))',
        "distinct=True)",
    ),
    _planner(
        "DISTINCT is lost",
        "judge/queries.py",
        'made.set("distinct", exp.Distinct())',
        "made.set('distinct', None)",
    ),
    _planner(
        "NOT is lost",
        "judge/predicates.py",
        "return exp.Not(this=self._parenthesised(node.this))",
        "return self._parenthesised(node.this)",
    ),
    _planner(
        "NOT LIKE becomes LIKE",
        "judge/predicates.py",
        "return exp.Not(this=exp.Paren(this=self._matching(_positive(node))))",
        "return self._matching(_positive(node))",
    ),
    _planner(
        "an outer join becomes an inner one",
        "judge/queries.py",
        'made.set("side", join.side or None)',
        'made.set("side", None)',
    ),
    _planner(
        "an anti join becomes a semi join",
        "judge/queries.py",
        "return exp.Join(this=source, on=condition, kind=join.kind)",
        'return exp.Join(this=source, on=condition, kind="SEMI")',
    ),
    _planner(
        "the sets of GROUPING SETS become one",
        "judge/queries.py",
        "            return type(node)(expressions=[self._set(part) for part in node.expressions])\n",
        "            return exp.Tuple(expressions=[self._set(part) for part in node.expressions])\n",
    ),
    _planner(
        "a folded number loses its sign",
        "fold.py",
        'signed = exp.Neg(this=number) if str(value.text).startswith("-") else number',
        "signed = number",
    ),
    _planner(
        "a moment beside a date loses its time of day",
        "literals.py",
        "(?: 00:00:00(?:\\.0+)?)?",
        "(?: .*)?",
    ),
    _planner(
        "an average divides by all rows",
        "groups.py",
        "exp.Count(this=inner.this.copy(), big_int=True)]",
        "exp.Count(this=exp.Star(), big_int=True)]",
    ),
    _planner(
        "an average forgets its FILTER",
        "groups.py",
        "return isinstance(node, exp.Avg) and (self.group",
        "return (self.group",
    ),
    _planner(
        "early counts are counted again",
        "eager.py",
        "exp.Cast(this=exp.Sum(this=column)",
        "exp.Cast(this=exp.Count(this=column)",
    ),
    _planner(
        "no rows count as NULL",
        "eager.py",
        'if self.select.args.get("group") is None:',
        'if self.select.args.get("limit"):',
    ),
    _planner(
        "keys are shipped to anti joins",
        "keys.py",
        '(join.kind == "SEMI" and not join.side)',
        '(join.kind in ("SEMI", "ANTI") and not join.side)',
    ),
    _planner(
        "keys are shipped below a NOT",
        "keys.py",
        "return select.find_ancestor(exp.Not, exp.All) is not None",
        "return select.find_ancestor(exp.All) is not None",
    ),
    _planner(
        "keys are shipped to the side that an outer join keeps",
        "keys.py",
        "            return frozenset({join.this.alias_or_name})\n",
        "            return frozenset(source.alias for source in sources)\n",
    ),
    _render("NULLS LAST is lost", "terms.py", '" NULLS LAST"', '""'),
    _render("DESC is lost", "terms.py", "' DESC' if", "'' if"),
    _render(
        "texts are sorted by the server's collation",
        "comparing.py",
        "return comparable(operand).binary() if operand.family is Family.TEXT else comparable(operand)",
        "return comparable(operand)",
    ),
    _render(
        "texts are compared by the server's collation",
        "comparing.py",
        "left = left.binary() if left.family is Family.TEXT and right.collation != BINARY else left",
        "left = comparable(left)",
    ),
    _render(
        "the least text is that of the server's collation",
        "aggregates.py",
        "{function}({operand.binary().sql}){suffix}",
        "{function}({operand.sql}){suffix}",
    ),
    _render(
        "years before Christ are counted alike everywhere",
        "times.py",
        '"YEAR": _YEAR_OF_ERA,',
        '"YEAR": YEAR,',
    ),
    _render(
        "rows that a frame excludes are kept",
        "windows.py",
        'f" EXCLUDE {found.exclude}" if found.exclude else ""',
        '""',
    ),
    _render("FILTER is lost", "aggregates.py", "suffix + said)", "said)"),
    _engine(
        "a truncated set of keys is shipped",
        "keying.py",
        "LIMIT {keys.limit + 1:d}",
        "LIMIT {keys.limit:d}",
    ),
    _engine(
        "a key is counted only after it was cut off",
        "keying.py",
        "column(0).combine_chunks()",
        "column(0).combine_chunks().drop_null()",
    ),
    _engine(
        "what was kept is lost when the rest is spilled",
        "delivery.py",
        "chain(self._kept(), self.rest or ())",
        "chain((), self.rest or ())",
    ),
    _engine(
        "two ways read two snapshots",
        "engine.py",
        "stores if stores is not None else hold(",
        "hold(",
    ),
    _engine(
        "a subquery that computes is taken for a plain table",
        "planner/unpushed.py",
        'and isinstance(fragment.query.args["from_"].this, exp.Table)',
        "",
    ),
    _engine("a plan outlives its catalog", "plan_cache.py", "if catalog is self._catalog else (0.0, None)", ""),
    _engine("parameters are not told apart", "plan_cache.py", "(type(value).__qualname__, repr(value))", "str(value)"),
)
