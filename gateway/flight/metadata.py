"""The metadata commands, answered from the catalog: catalog.schema.table is domain.product.dataset.

A caller sees the datasets granted to them; everything else is absent, never an error.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pyarrow as pa

from connectors.spi import Column
from gateway.catalog import Catalog, Dataset, Place
from gateway.flight import keys, schemas, typeinfo, types
from gateway.flight.patterns import in_catalog, like
from gateway.flight.view import View
from gateway.policy import Principal

_TABLE = "TABLE"
_PREFIX = "ARROW:FLIGHT:SQL:"
Rows = Iterator[tuple[Any, ...]]

_SCHEMAS = {
    "CommandGetCatalogs": schemas.CATALOGS,
    "CommandGetDbSchemas": schemas.DB_SCHEMAS,
    "CommandGetTables": schemas.TABLES,
    "CommandGetTableTypes": schemas.TABLE_TYPES,
    "CommandGetPrimaryKeys": schemas.PRIMARY_KEYS,
    "CommandGetExportedKeys": schemas.FOREIGN_KEYS,
    "CommandGetImportedKeys": schemas.FOREIGN_KEYS,
    "CommandGetCrossReference": schemas.FOREIGN_KEYS,
    "CommandGetXdbcTypeInfo": schemas.XDBC_TYPE_INFO,
    "CommandGetSqlInfo": schemas.SQL_INFO,
}


def schema_of(name: str, command: Any) -> pa.Schema:
    """The result schema of a metadata command."""
    if name == "CommandGetTables":
        return schemas.TABLES_WITH_SCHEMA if command.include_schema else schemas.TABLES
    return _SCHEMAS[name]


def answer(name: str, command: Any, catalog: Catalog, who: Principal, profile: str) -> pa.RecordBatch:
    """The rows of a metadata command, as one batch of :func:`schema_of`."""
    if name == "CommandGetXdbcTypeInfo":
        return typeinfo.type_info(command.data_type if command.HasField("data_type") else None)
    schema = schema_of(name, command)
    rows = _ordered(_ROWS[name](command, View(catalog, who, profile)), schema, _ORDER.get(name, ()))
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _ordered(rows: Rows, schema: pa.Schema, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Sorted by the columns that the protocol names, then by all; what has no value comes first."""
    first = [schema.get_field_index(name) for name in by]
    at = [*first, *(number for number in range(len(schema)) if number not in first)]
    return sorted(rows, key=lambda row: [(row[number] is not None, row[number]) for number in at])


def is_metadata(name: str) -> bool:
    """Whether a command is one of those answered here."""
    return name in _SCHEMAS


def _catalogs(command: Any, view: View) -> Rows:  # noqa: ARG001  (one shape for all)
    return iter({(place.product.domain,) for place in view.places})


def _db_schemas(command: Any, view: View) -> Rows:
    return iter({(place.product.domain, place.product.schema_name) for place in _filtered(command, view)})


def _tables(command: Any, view: View) -> Rows:
    if command.table_types and _TABLE not in command.table_types:
        return
    wanted = like(command, "table_name_filter_pattern")
    for place in _filtered(command, view):
        if wanted(place.dataset.name):
            row = (place.product.domain, place.product.schema_name, place.dataset.name, _TABLE)
            yield (*row, table_schema(place, view.profile)) if command.include_schema else row


def _table_types(command: Any, view: View) -> Rows:  # noqa: ARG001
    return iter(((_TABLE,),))


_ROWS: dict[str, Callable[[Any, View], Rows]] = {
    "CommandGetCatalogs": _catalogs,
    "CommandGetDbSchemas": _db_schemas,
    "CommandGetTables": _tables,
    "CommandGetTableTypes": _table_types,
    "CommandGetPrimaryKeys": keys.primary_keys,
    "CommandGetExportedKeys": keys.exported_keys,
    "CommandGetImportedKeys": keys.imported_keys,
    "CommandGetCrossReference": keys.cross_reference,
}
_BY_PARENT = ("pk_catalog_name", "pk_db_schema_name", "pk_table_name", "pk_key_name", "key_sequence")
_ORDER: dict[str, tuple[str, ...]] = {
    "CommandGetPrimaryKeys": ("catalog_name", "db_schema_name", "table_name", "key_name", "key_sequence"),
    "CommandGetExportedKeys": ("fk_catalog_name", "fk_db_schema_name", "fk_table_name", "fk_key_name", "key_sequence"),
    "CommandGetImportedKeys": _BY_PARENT,
    "CommandGetCrossReference": _BY_PARENT,
}


def table_schema(place: Place, profile: str) -> bytes:
    """The Arrow schema of a dataset as a client will get it, with Flight SQL's column metadata, serialized."""
    return _table_schema(place.product.domain, place.product.schema_name, place.dataset, profile)


@lru_cache(maxsize=4096)
def _table_schema(domain: str, product: str, dataset: Dataset, profile: str) -> bytes:
    notes = dict(dataset.notes)
    fields = []
    for column in dataset.table.columns:
        told = _column_metadata(column, types.present(profile)(column.type))
        told |= {"CATALOG_NAME": domain, "DB_SCHEMA_NAME": product, "TABLE_NAME": dataset.name}
        told |= {"REMARKS": notes[column.name]} if notes.get(column.name) else {}
        metadata = {_PREFIX + key: value for key, value in told.items()}
        kind = types.presented_arrow(column.type, profile)
        fields.append(pa.field(column.name, kind, nullable=column.name not in dataset.required, metadata=metadata))
    return bytes(pa.schema(fields).serialize())


def _column_metadata(column: Column, shown: str) -> dict[str, str]:
    precision, scale = typeinfo.precision_and_scale(shown)
    told = {
        "TYPE_NAME": typeinfo.listed_name(shown),
        "IS_AUTO_INCREMENT": "0",
        "IS_CASE_SENSITIVE": "1" if column.type == "VARCHAR" else "0",
        "IS_READ_ONLY": "1",
        "IS_SEARCHABLE": "1",
    }
    told |= {"PRECISION": str(precision)} if precision is not None else {}
    return told | ({"SCALE": str(scale)} if scale is not None else {})


def _filtered(command: Any, view: View) -> Iterator[Place]:
    domain, schema = in_catalog(command), like(command, "db_schema_filter_pattern")
    return (place for place in view.places if domain(place.product.domain) and schema(place.product.schema_name))
