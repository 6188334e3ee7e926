"""Fragments that ask for a single row, which is there before anything could be gained by asking in parts."""

from sqlglot import exp

from connectors.spi import Fragment


def is_lookup(fragment: Fragment) -> bool:
    """Whether a fragment over one table fixes every column of the table's key to a value."""
    (_, table), *others = fragment.tables
    where = fragment.query.args.get("where")
    if others or not table.key or where is None:
        return False
    return {name.lower() for name in table.key} <= _fixed(where.this)


def _fixed(condition: exp.Expr) -> set[str]:
    """The columns that a condition holds to one value each."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return {name for part in condition.flatten() for name in _fixed(part)}
    if not isinstance(condition, exp.EQ):
        return set()
    sides = (condition.left.unnest(), condition.right.unnest())
    for column, value in (sides, sides[::-1]):
        if isinstance(column, exp.Column) and value.find(exp.Column, exp.Query) is None:
            return {column.name.lower()}
    return set()
