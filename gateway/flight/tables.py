"""How a dataset is told to clients: the Arrow schema of its rows, with what Flight SQL says of each column."""

from functools import lru_cache

import pyarrow as pa

from gateway.catalog import Catalog, Place
from gateway.flight import typeinfo, types

_PREFIX = "ARROW:FLIGHT:SQL:"
_Key = tuple[str, str, str, str]


class TableSchemas:
    """The schemas of the datasets of one catalog, each made when it is first asked for, in each type profile.

    Another catalog (the object itself, whatever its version says) empties it. What it holds grows with the catalog
    and depends on nobody's grants. Thread-safe.
    """

    def __init__(self) -> None:
        self._made: tuple[Catalog | None, dict[_Key, bytes]] = None, {}

    def of(self, catalog: Catalog, place: Place, profile: str) -> bytes:
        """:func:`table_schema` of a place in a catalog."""
        held, made = self._made
        if held is not catalog:
            _, made = self._made = catalog, {}
        key = profile, place.product.domain, place.product.schema_name, place.dataset.name
        found = made.get(key)
        if found is None:
            found = made[key] = table_schema(place, profile)
        return found


def table_schema(place: Place, profile: str) -> bytes:
    """The Arrow schema of a dataset as a client will get it, with Flight SQL's column metadata, serialized."""
    dataset = place.dataset
    table = _prefixed(
        CATALOG_NAME=place.product.domain, DB_SCHEMA_NAME=place.product.schema_name, TABLE_NAME=dataset.name
    )
    notes = {name: _prefixed(REMARKS=note) for name, note in dataset.notes if note}
    required = set(dataset.required)
    fields = []
    for column in dataset.table.columns:
        kind, told = _of_type(column.type, profile)
        metadata = told | table | notes.get(column.name, {})
        fields.append(pa.field(column.name, kind, nullable=column.name not in required, metadata=metadata))
    return bytes(pa.schema(fields).serialize())


@lru_cache(maxsize=1024)
def _of_type(name: str, profile: str) -> tuple[pa.DataType, dict[bytes, bytes]]:
    """What is told of every column of a DuckDB type: the Arrow type it reaches a client in, and its metadata."""
    shown = types.present(profile)(name)
    precision, scale = typeinfo.precision_and_scale(shown)
    told = {
        "TYPE_NAME": typeinfo.listed_name(shown),
        "IS_AUTO_INCREMENT": "0",
        "IS_CASE_SENSITIVE": "1" if name == "VARCHAR" else "0",
        "IS_READ_ONLY": "1",
        "IS_SEARCHABLE": "1",
    }
    told |= {"PRECISION": str(precision)} if precision is not None else {}
    told |= {"SCALE": str(scale)} if scale is not None else {}
    return types.presented_arrow(name, profile), _prefixed(**told)


def _prefixed(**told: str) -> dict[bytes, bytes]:
    return {f"{_PREFIX}{name}".encode(): value.encode() for name, value in told.items()}
