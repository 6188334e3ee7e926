"""Keys of what has arrived, for the stores of what is still to come."""

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from connectors.spi import Hints
from gateway.planner.plan import Keys, Plan, RemoteFragment


def rounds(plan: Plan) -> list[list[RemoteFragment]]:
    """The fragments in the order of opening: those whose keys others wait for first, what nobody waits for last."""
    fragments = {remote.name for remote in plan.fragments}
    waits = {name: [keys.source for keys in plan.keys if keys.into == name] for name in fragments}
    asked = {keys.source for keys in plan.keys}

    def depth(name: str) -> int:
        return max((1 + depth(source) for source in waits[name] if source in fragments), default=0)

    last = max(map(depth, fragments), default=0)
    depths = {name: depth(name) if waits[name] or name in asked else last for name in fragments}
    made = [[remote for remote in plan.fragments if depths[remote.name] == level] for level in range(last + 1)]
    return [opened for opened in made if opened]


def collect(cursor: duckdb.DuckDBPyConnection, wanted: Iterable[Keys]) -> tuple[Hints, tuple[str, ...]]:
    """The keys for one fragment out of relations that ``cursor`` can read, and what is to be told of each.

    Keys that are too many, or cannot be computed apart from the whole query, are not sent: they are but a hint.
    """
    found: dict[str, pa.Array] = {}
    told: list[str] = []
    for keys in wanted:
        values = _values(cursor, keys)
        if values is None:
            told.append(f"{keys.column}: the keys of {keys.source}.{keys.key} cannot be told beforehand")
        elif len(values) > keys.limit:
            told.append(f"{keys.column}: {keys.source}.{keys.key} has more than {keys.limit} keys")
        else:
            # A value that the other column's type cannot hold has become NULL, and is no key.
            found[keys.column] = values.drop_null()
            told.append(f"{keys.column}: {len(found[keys.column])} keys of {keys.source}.{keys.key}")
    return Hints(keys=found), tuple(told)


def _values(cursor: duckdb.DuckDBPyConnection, keys: Keys) -> pa.Array | None:
    """All of them, or one more than may be sent: NULL counts here, since it may stand where another was cut off."""
    try:
        reader = cursor.sql(f"SELECT * FROM ({keys.text}) LIMIT {keys.limit + 1:d}").to_arrow_reader()
        return reader.read_all().column(0).combine_chunks()
    except (duckdb.Error, OSError):
        return None
