"""Primary keys, and the keys by which datasets refer to each other, as the contracts declare them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.catalog import Place, Reference
from gateway.flight.patterns import in_catalog
from gateway.flight.view import View

Rows = Iterator[tuple[Any, ...]]
_NO_ACTION = 3  # of Flight SQL's update and delete rules: nothing here changes rows


@dataclass(frozen=True)
class _Link:
    """A reference of ``child`` to ``parent``, both granted."""

    parent: Place
    child: Place
    reference: Reference

    def rows(self) -> Rows:
        key = self.parent.dataset.primary_key
        names = tuple(name.lower() for name in self.reference.to_columns)
        parent_key = _key_name(self.parent) if names == tuple(name.lower() for name in key) else None
        child_key = f"{self.child.dataset.name}_{'_'.join(self.reference.columns)}_fkey"
        pairs = zip(self.reference.to_columns, self.reference.columns, strict=True)
        for position, (to, column) in enumerate(pairs, start=1):
            names_of = (*_named(self.parent), to, *_named(self.child), column)
            yield (*names_of, position, child_key, parent_key, _NO_ACTION, _NO_ACTION)


def primary_keys(command: Any, view: View) -> Rows:
    """The rows of GetPrimaryKeys."""
    for place in view.places:
        if _is_meant(command, place):
            for position, column in enumerate(place.dataset.primary_key, start=1):
                yield (*_named(place), column, position, _key_name(place))


def exported_keys(command: Any, view: View) -> Rows:
    """The rows of GetExportedKeys: who refers to the table."""
    return (row for link in _links(view) if _is_meant(command, link.parent) for row in link.rows())


def imported_keys(command: Any, view: View) -> Rows:
    """The rows of GetImportedKeys: what the table refers to."""
    return (row for link in _links(view) if _is_meant(command, link.child) for row in link.rows())


def cross_reference(command: Any, view: View) -> Rows:
    """The rows of GetCrossReference: how one table refers to another."""
    for link in _links(view):
        if _is_meant(command, link.parent, "pk_") and _is_meant(command, link.child, "fk_"):
            yield from link.rows()


def _links(view: View) -> Iterator[_Link]:
    """The references between granted datasets; those that lead to nothing that is granted do not show."""
    for child in view.places:
        for reference in child.dataset.references:
            parent = view.find(reference.to)
            if parent is not None and all(parent.dataset.table.column(name) for name in reference.to_columns):
                yield _Link(parent, child, reference)


def _is_meant(command: Any, place: Place, prefix: str = "") -> bool:
    """Whether the catalog, schema and table that a command names are those of a dataset. Names ignore case."""
    schema = f"{prefix}db_schema"
    in_schema = not command.HasField(schema) or getattr(command, schema).lower() == place.product.schema_name.lower()
    is_table = getattr(command, f"{prefix}table").lower() == place.dataset.name.lower()
    return is_table and in_schema and in_catalog(command, f"{prefix}catalog")(place.product.domain)


def _named(place: Place) -> tuple[str, str, str]:
    return place.product.domain, place.product.schema_name, place.dataset.name


def _key_name(place: Place) -> str:
    return f"{place.dataset.name}_key"
