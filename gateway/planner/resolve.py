"""Addresses → datasets: every table node of the query gets a relation name, or the query gets a clear refusal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlglot import exp

from gateway.catalog import Place
from gateway.planner.names import Names


@dataclass(frozen=True)
class Resolved:
    """A query whose base tables are named by keys of ``places``, one name per dataset."""

    query: exp.Query
    places: dict[str, Place]

    def column_type(self, column: exp.Column) -> str | None:
        """The type of a column as it is written, where only one table of the query can be meant; for hints."""
        tables = [table for table in self.query.find_all(exp.Table) if table.name in self.places]
        named = [table for table in tables if not column.table or table.alias.lower() == column.table.lower()]
        found = [self.places[table.name].dataset.table.column(column.name) for table in named]
        types = {made.type for made in found if made is not None}
        return types.pop() if len(types) == 1 else None


def resolve(query: exp.Query, tables: Iterable[exp.Table], find: Callable[[list[str]], Place]) -> Resolved:
    """Rename ``tables``, the address nodes inside ``query``, in place.

    ``find`` maps the parts of an address to a place, or raises :class:`gateway.errors.AddressUnknown`. A table
    keeps its alias; without one it answers to the last part of its address, as it would in any database.
    """
    fresh = Names(query)
    names: dict[str, str] = {}
    places: dict[str, Place] = {}
    qualifiers: set[tuple[str, ...]] = set()
    for table in tables:
        parts = [part.name for part in table.parts]
        place = find(parts)
        name = names.get(place.address) or names.setdefault(place.address, fresh.free(place.relation))
        places[name] = place
        if not table.alias:
            qualifiers.add(tuple(part.lower() for part in parts))
            _alias(table, parts[-1])
        table.set("this", exp.to_identifier(name, quoted=True))
        table.set("db", None)
        table.set("catalog", None)
    _shorten_columns(query, qualifiers)
    return Resolved(query, places)


def _alias(table: exp.Table, name: str) -> None:
    """Name a table, keeping the column names of an alias such as ``AS (a, b)`` if it has any."""
    alias = table.args.get("alias") or exp.TableAlias()
    alias.set("this", exp.to_identifier(name, quoted=True))
    table.set("alias", alias)


def _shorten_columns(query: exp.Query, qualifiers: set[tuple[str, ...]]) -> None:
    """``domain.product.dataset.column`` and ``product.dataset.column`` mean the table of that address."""
    for column in list(query.find_all(exp.Column)):
        prefix = tuple(part.name.lower() for part in column.parts[:-1])
        if len(prefix) > 1 and any(address[-len(prefix) :] == prefix for address in qualifiers):
            column.set("catalog", None)
            column.set("db", None)
