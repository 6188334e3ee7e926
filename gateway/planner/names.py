"""Relation names that nothing in the query uses, so that a CTE of the user can never stand in front of one of ours."""

from itertools import count

from sqlglot import exp


class Names:
    """Hands out ``f0``, ``f1`` …, skipping every identifier of the query, whatever its case."""

    def __init__(self, query: exp.Expr) -> None:
        self._taken = {identifier.name.lower() for identifier in query.find_all(exp.Identifier)}

    def fresh(self, prefix: str) -> str:
        """The next free name with this prefix."""
        name = next(name for name in (f"{prefix}{number}" for number in count()) if name not in self._taken)
        self._taken.add(name)
        return name

    def free(self, name: str) -> str:
        """``name`` itself, or where the query uses it already the next free name that begins with it."""
        if name in self._taken:
            return self.fresh(f"{name}_")
        self._taken.add(name)
        return name
