"""The metadata commands, answered from the catalog: catalog.schema.table is domain.product.dataset.

A caller sees the datasets granted to them; everything else is absent, never an error.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pyarrow as pa

from connectors.spi import Column
from gateway.catalog import Catalog, Dataset, Place
from gateway.flight import schemas, sqlinfo, typeinfo, types
from gateway.policy import Principal

_TABLE = "TABLE"
_PREFIX = "ARROW:FLIGHT:SQL:"
Matches = Callable[[str], bool]

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
    if name == "CommandGetSqlInfo":
        return sqlinfo.sql_info(command.info)
    if name == "CommandGetXdbcTypeInfo":
        return typeinfo.type_info(command.data_type if command.HasField("data_type") else None)
    schema = schema_of(name, command)
    places = (Place(product, dataset) for product in catalog.visible(who) for dataset in product.datasets)
    rows = sorted(_ROWS[name](command, places, profile), key=_in_key_order if "PrimaryKeys" in name else None)
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _in_key_order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    catalog, schema, table, _, position, key = row
    return catalog, schema, table, key, position


def is_metadata(name: str) -> bool:
    """Whether a command is one of those answered here."""
    return name in _SCHEMAS


Rows = Iterator[tuple[Any, ...]]


def _catalogs(command: Any, places: Iterator[Place], profile: str) -> Rows:  # noqa: ARG001  (one shape for all)
    return iter({(place.product.domain,) for place in places})


def _db_schemas(command: Any, places: Iterator[Place], profile: str) -> Rows:  # noqa: ARG001
    found = _filtered(command, places)
    return iter({(place.product.domain, place.product.schema_name) for place in found})


def _tables(command: Any, places: Iterator[Place], profile: str) -> Rows:
    if command.table_types and _TABLE not in command.table_types:
        return
    wanted = _like(command, "table_name_filter_pattern")
    for place in _filtered(command, places):
        if wanted(place.dataset.name):
            row = (place.product.domain, place.product.schema_name, place.dataset.name, _TABLE)
            yield (*row, table_schema(place, profile)) if command.include_schema else row


def _table_types(command: Any, places: Iterator[Place], profile: str) -> Rows:  # noqa: ARG001
    return iter(((_TABLE,),))


def _primary_keys(command: Any, places: Iterator[Place], profile: str) -> Rows:  # noqa: ARG001
    for place in places:
        if _is_named(command, place):
            names = (place.product.domain, place.product.schema_name, place.dataset.name)
            for position, column in enumerate(place.dataset.primary_key, start=1):
                yield (*names, column, position, f"{place.dataset.name}_key")


def _foreign_keys(command: Any, places: Iterator[Place], profile: str) -> Rows:  # noqa: ARG001
    return iter(())  # contracts declare no references between datasets yet


_ROWS: dict[str, Callable[[Any, Iterator[Place], str], Rows]] = {
    "CommandGetCatalogs": _catalogs,
    "CommandGetDbSchemas": _db_schemas,
    "CommandGetTables": _tables,
    "CommandGetTableTypes": _table_types,
    "CommandGetPrimaryKeys": _primary_keys,
    "CommandGetExportedKeys": _foreign_keys,
    "CommandGetImportedKeys": _foreign_keys,
    "CommandGetCrossReference": _foreign_keys,
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
        fields.append(pa.field(column.name, kind, nullable=column.nullable, metadata=metadata))
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


def _filtered(command: Any, places: Iterator[Place]) -> Iterator[Place]:
    in_catalog, in_schema = _catalog(command), _like(command, "db_schema_filter_pattern")
    return (place for place in places if in_catalog(place.product.domain) and in_schema(place.product.schema_name))


def _is_named(command: Any, place: Place) -> bool:
    in_catalog = _catalog(command)
    in_schema = not command.HasField("db_schema") or command.db_schema.lower() == place.product.schema_name.lower()
    return in_catalog(place.product.domain) and in_schema and command.table.lower() == place.dataset.name.lower()


def _catalog(command: Any) -> Matches:
    """Absent: every catalog; empty: what has no catalog, so nothing; with a bare ``%``: a pattern, as BI tools send."""
    if not command.HasField("catalog"):
        return lambda _: True
    name = command.catalog
    if re.search(r"(?<!\\)%", name):
        return _pattern(name)
    exact = re.sub(r"\\([%_\\])", r"\1", name).lower()
    return lambda domain: domain.lower() == exact


def _like(command: Any, field: str) -> Matches:
    return _pattern(getattr(command, field)) if command.HasField(field) else lambda _: True


def _pattern(like: str) -> Matches:
    r"""SQL's LIKE with ``\`` as the escape; names ignore case as they do in queries.

    What stands between two ``%`` is matched where it first fits and never tried again, which is enough for LIKE
    and keeps patterns of many ``%`` from taking exponential time.
    """
    runs: list[str] = [""]
    for part in re.findall(r"\\.|.|\\", like, re.DOTALL):
        if part == "%":
            runs.append("")
        else:
            runs[-1] += "." if part == "_" else re.escape(part[-1])
    first, *middle = runs[:-1] or [""]
    inside = "".join(f"(?>.*?{run})" for run in middle if run)
    before = f"{first}{inside}.*" if len(runs) > 1 else ""
    compiled = re.compile(before + runs[-1], re.DOTALL | re.IGNORECASE)
    return lambda name: compiled.fullmatch(name) is not None
