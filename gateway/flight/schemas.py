"""The result schemas of the metadata commands, exactly as the reference servers emit them.

The Go driver compares them strictly: names, types, order and nullability are the contract here.
"""

import pyarrow as pa


def _columns(*columns: tuple[str, pa.DataType, bool]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=nullable) for name, kind, nullable in columns])


_TEXT, _INT = pa.utf8(), pa.int32()
_NULL, _NOT_NULL = True, False

CATALOGS = _columns(("catalog_name", _TEXT, _NOT_NULL))
DB_SCHEMAS = _columns(("catalog_name", _TEXT, _NULL), ("db_schema_name", _TEXT, _NOT_NULL))
TABLES = _columns(
    ("catalog_name", _TEXT, _NULL),
    ("db_schema_name", _TEXT, _NULL),
    ("table_name", _TEXT, _NOT_NULL),
    ("table_type", _TEXT, _NOT_NULL),
)
TABLES_WITH_SCHEMA = TABLES.append(pa.field("table_schema", pa.binary(), nullable=False))
TABLE_TYPES = _columns(("table_type", _TEXT, _NOT_NULL))
PRIMARY_KEYS = _columns(
    ("catalog_name", _TEXT, _NULL),
    ("db_schema_name", _TEXT, _NULL),
    ("table_name", _TEXT, _NOT_NULL),
    ("column_name", _TEXT, _NOT_NULL),
    ("key_sequence", _INT, _NOT_NULL),
    ("key_name", _TEXT, _NULL),
)
FOREIGN_KEYS = _columns(
    ("pk_catalog_name", _TEXT, _NULL),
    ("pk_db_schema_name", _TEXT, _NULL),
    ("pk_table_name", _TEXT, _NOT_NULL),
    ("pk_column_name", _TEXT, _NOT_NULL),
    ("fk_catalog_name", _TEXT, _NULL),
    ("fk_db_schema_name", _TEXT, _NULL),
    ("fk_table_name", _TEXT, _NOT_NULL),
    ("fk_column_name", _TEXT, _NOT_NULL),
    ("key_sequence", _INT, _NOT_NULL),
    ("fk_key_name", _TEXT, _NULL),
    ("pk_key_name", _TEXT, _NULL),
    ("update_rule", pa.uint8(), _NOT_NULL),
    ("delete_rule", pa.uint8(), _NOT_NULL),
)
XDBC_TYPE_INFO = _columns(
    ("type_name", _TEXT, _NOT_NULL),
    ("data_type", _INT, _NOT_NULL),
    ("column_size", _INT, _NULL),
    ("literal_prefix", _TEXT, _NULL),
    ("literal_suffix", _TEXT, _NULL),
    ("create_params", pa.list_(pa.field("item", _TEXT, nullable=False)), _NULL),
    ("nullable", _INT, _NOT_NULL),
    ("case_sensitive", pa.bool_(), _NOT_NULL),
    ("searchable", _INT, _NOT_NULL),
    ("unsigned_attribute", pa.bool_(), _NULL),
    ("fixed_prec_scale", pa.bool_(), _NOT_NULL),
    ("auto_increment", pa.bool_(), _NULL),
    ("local_type_name", _TEXT, _NULL),
    ("minimum_scale", _INT, _NULL),
    ("maximum_scale", _INT, _NULL),
    ("sql_data_type", _INT, _NOT_NULL),
    ("datetime_subcode", _INT, _NULL),
    ("num_prec_radix", _INT, _NULL),
    ("interval_precision", _INT, _NULL),
)
SQL_INFO_SLOTS = tuple(
    pa.field(name, kind, nullable=False)
    for name, kind in (
        ("string_value", _TEXT),
        ("bool_value", pa.bool_()),
        ("bigint_value", pa.int64()),
        ("int32_bitmask", _INT),
        ("string_list", pa.list_(_TEXT)),
        ("int32_to_int32_list_map", pa.map_(_INT, pa.list_(_INT))),
    )
)
SQL_INFO = _columns(
    ("info_name", pa.uint32(), _NOT_NULL),
    ("value", pa.dense_union(list(SQL_INFO_SLOTS)), _NOT_NULL),
)
