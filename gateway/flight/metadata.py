"""The metadata commands, answered from the catalog: catalog.schema.table is domain.product.dataset.

A caller sees the datasets granted to them; everything else is absent, never an error.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gateway.catalog import Place
from gateway.flight import keys, schemas, typeinfo
from gateway.flight.patterns import in_catalog, like
from gateway.flight.view import View

_TABLE = "TABLE"
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


def answer(name: str, command: Any, view: View) -> pa.RecordBatch:
    """The rows of a metadata command, as one batch of :func:`schema_of`."""
    if name == "CommandGetXdbcTypeInfo":
        return typeinfo.type_info(command.data_type if command.HasField("data_type") else None)
    schema = schema_of(name, command)
    rows = list(_ROWS[name](command, view))
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return _ordered(pa.RecordBatch.from_arrays(arrays, schema=schema), _ORDER.get(name, ()))


def _ordered(batch: pa.RecordBatch, first: tuple[str, ...]) -> pa.RecordBatch:
    """Sorted by the columns that the protocol names, then by all; what has no value comes first."""
    names = dict.fromkeys((*first, *batch.schema.names))
    keys = [(name, "ascending", "at_start") for name in names]
    return batch.take(pc.sort_indices(batch, sort_keys=keys))


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
            yield (*row, view.table_schema(place)) if command.include_schema else row


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


def _filtered(command: Any, view: View) -> Iterator[Place]:
    domain, schema = in_catalog(command), like(command, "db_schema_filter_pattern")
    return (place for place in view.places if domain(place.product.domain) and schema(place.product.schema_name))
