"""The types a client may meet (XdbcTypeInfo), and the name under which each column's type is listed there."""

from dataclasses import dataclass

import pyarrow as pa

from gateway.flight.schemas import XDBC_TYPE_INFO


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One type: its XDBC code, its column size, and what a client has to know to write literals of it."""

    name: str
    code: int
    size: int | None
    quote: str = ""
    parameters: tuple[str, ...] = ()
    unsigned: bool | None = None
    scale: tuple[int, int] | None = None
    radix: int | None = None
    subcode: int | None = None

    def row(self) -> dict[str, object]:
        """The row of XdbcTypeInfo: nullable (1) and searchable in every way (3) throughout."""
        lowest, highest = self.scale or (None, None)
        return {
            "type_name": self.name,
            "data_type": self.code,
            "column_size": self.size,
            "literal_prefix": self.quote or None,
            "literal_suffix": "'" if self.quote else None,
            "create_params": list(self.parameters) or None,
            "nullable": 1,
            "case_sensitive": self.code == _VARCHAR,
            "searchable": 3,
            "unsigned_attribute": self.unsigned,
            "fixed_prec_scale": False,
            "auto_increment": False if self.unsigned is not None else None,
            "local_type_name": self.name,
            "minimum_scale": lowest,
            "maximum_scale": highest,
            "sql_data_type": _DATETIME if self.subcode else self.code,
            "datetime_subcode": self.subcode,
            "num_prec_radix": self.radix,
            "interval_precision": None,
        }


_VARCHAR, _DATETIME, _LARGEST = 12, 9, 2**31 - 1


def _integer(name: str, code: int, digits: int, *, unsigned: bool = False) -> TypeRow:
    return TypeRow(name, code, digits, unsigned=unsigned, scale=(0, 0), radix=10)


_ROWS = (
    TypeRow("BOOLEAN", -7, 1),
    _integer("TINYINT", -6, 3),
    _integer("UTINYINT", -6, 3, unsigned=True),
    _integer("BIGINT", -5, 19),
    _integer("UBIGINT", -5, 20, unsigned=True),
    TypeRow("BLOB", -3, _LARGEST, quote="'"),
    TypeRow("LIST", 0, None),
    TypeRow("MAP", 0, None),
    TypeRow("STRUCT", 0, None),
    TypeRow("DECIMAL", 3, 38, parameters=("precision", "scale"), unsigned=False, scale=(0, 38), radix=10),
    _integer("HUGEINT", 3, 38),
    _integer("INTEGER", 4, 10),
    _integer("UINTEGER", 4, 10, unsigned=True),
    _integer("SMALLINT", 5, 5),
    _integer("USMALLINT", 5, 5, unsigned=True),
    TypeRow("FLOAT", 7, 24, unsigned=False, radix=2),
    TypeRow("DOUBLE", 8, 53, unsigned=False, radix=2),
    TypeRow("INTERVAL", 10, None, quote="INTERVAL '"),
    TypeRow("JSON", _VARCHAR, _LARGEST, quote="'"),
    TypeRow("UUID", _VARCHAR, 36, quote="'"),
    TypeRow("VARCHAR", _VARCHAR, _LARGEST, quote="'"),
    TypeRow("DATE", 91, 10, quote="DATE '", subcode=1),
    TypeRow("TIME", 92, 15, quote="TIME '", scale=(6, 6), subcode=2),
    TypeRow("TIMESTAMP", 93, 26, quote="TIMESTAMP '", scale=(6, 6), subcode=3),
    TypeRow("TIMESTAMP WITH TIME ZONE", 93, 32, quote="TIMESTAMPTZ '", scale=(6, 6), subcode=3),
)
_BY_NAME = {row.name: row for row in _ROWS}


def type_info(code: int | None) -> pa.RecordBatch:
    """The rows of XdbcTypeInfo, or those of one XDBC code, in order of code and name."""
    rows = sorted((row for row in _ROWS if code in (None, row.code)), key=lambda row: (row.code, row.name))
    return pa.RecordBatch.from_pylist([row.row() for row in rows], schema=XDBC_TYPE_INFO)


def listed_name(type_name: str) -> str:
    """The ``type_name`` of XdbcTypeInfo under which a DuckDB type is found: ``DECIMAL`` for ``DECIMAL(18,3)``."""
    if type_name.endswith("]"):
        return "LIST"
    head = type_name.partition("(")[0]
    return head if head in _BY_NAME else "VARCHAR"


def precision_and_scale(type_name: str) -> tuple[int | None, int | None]:
    """Precision and scale of a DuckDB type as clients show them; None where it has none."""
    listed = _BY_NAME[listed_name(type_name)]
    if listed.name == "DECIMAL" and type_name.endswith(")"):
        precision, scale = type_name[len("DECIMAL(") : -1].split(",")
        return int(precision), int(scale)
    return listed.size, listed.scale[1] if listed.scale else None
