"""Columns and constants as operands: the Postgres expression that has, for Postgres, the value DuckDB sees."""

from dataclasses import dataclass, replace

from sqlglot import exp

from connectors.render.native import duckdb_type, is_text, native_type, number, text, type_name, typed
from connectors.spi import Column
from connectors.types import Family, family

BINARY = "C"
"""The collation of byte order, which is DuckDB's."""
MIXED = "?"
"""What texts computed from several collations have: Postgres refuses to compare them as they stand."""

# DuckDB type of a constant → the native type of its spelling; a text is typed by what stands beside it.
_LITERAL = {
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "VARCHAR": "",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "UUID": "uuid",
    "BLOB": "bytea",
}
# Native types without the usual operators → the type whose operators compare their values.
_SEEN_AS = {"money": "numeric", "oid": "bigint"}
# Declared family → families a native type may have so that nothing is rounded or cut on the way.
_WIDENS = {
    Family.DECIMAL: frozenset({Family.INTEGER}),
    Family.DOUBLE: frozenset({Family.REAL, Family.INTEGER}),
}


@dataclass(frozen=True, slots=True)
class Operand:
    """SQL text and what decides how it compares. ``collation`` is empty for constants and for all but text.

    ``native`` is the type Postgres gives to ``sql``, empty when that is not known; ``type`` is DuckDB's, empty for a
    bare NULL. ``total`` says that it is never NULL. ``sql`` may be followed by a cast as it stands.
    """

    sql: str
    family: Family
    native: str = ""
    collation: str = ""
    constant: bool = False
    total: bool = False
    type: str = ""

    def binary(self) -> "Operand":
        """The same text under byte order."""
        if self.collation == BINARY:
            return self
        return replace(self, sql=f'({self.sql} COLLATE "C")', collation=BINARY)

    def settled(self) -> "Operand":
        """The same text under a collation that Postgres can name, as functions that compare need it."""
        return self.binary() if self.collation == MIXED else self


def column_operand(sql: str, column: Column) -> Operand:
    """A column, ``sql`` being its quoted name. ValueError when the declared type cannot stand for the native one."""
    total = "not null" in column.facts
    of = column.family
    if of is Family.TEXT:
        return _text(sql, column, total)
    if column.native and not _stands_for(column):
        raise ValueError(f"the column {column.name!r} cannot be read as {column.type}")
    if column.native in _SEEN_AS:
        seen = _SEEN_AS[column.native]
        return Operand(f"{sql}::{seen}", of, seen, total=total, type=column.type)
    return Operand(sql, of, column.native, total=total, type=column.type)


def _stands_for(column: Column) -> bool:
    own = family(duckdb_type(column.native))
    if own is column.family:
        return own is not Family.OTHER or column.type == duckdb_type(column.native)
    if column.native.startswith("numeric"):
        return column.family is Family.DECIMAL or column.type == "HUGEINT"
    return own in _WIDENS.get(column.family, ())


def _text(sql: str, column: Column, total: bool) -> Operand:
    """Raw only where equality is equality of bytes; an index on the column stays usable then."""
    collation = next((fact[10:] for fact in column.facts if fact.startswith("collation:")), "")
    if is_text(column.native) and collation and "nondeterministic" not in column.facts:
        return Operand(sql, Family.TEXT, "text", collation, total=total, type="VARCHAR")
    return Operand(f'({sql}::text COLLATE "C")', Family.TEXT, "text", BINARY, total=total, type="VARCHAR")


def constant_operand(node: exp.Expr, beside: Family | None) -> Operand:
    """A constant, read as DuckDB reads it next to a value of the family ``beside``. ValueError when unknown."""
    if isinstance(node, exp.Boolean):
        return _constant("TRUE" if node.this else "FALSE", "BOOLEAN")
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        inner = constant_operand(node.this, beside)
        return replace(inner, sql=f"(-{inner.sql})" if "::" not in inner.sql else f"(-({inner.sql}))")
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return _cast(node)
    if isinstance(node, exp.Literal):
        return _literal(node, beside)
    raise ValueError(f"{type(node).__name__} is not among the constants that are sent to a store")


def _constant(sql: str, type_name: str) -> Operand:
    return Operand(
        sql, family(type_name), _LITERAL.get(type_name, "numeric"), constant=True, total=True, type=type_name
    )


def is_constant(node: exp.Expr) -> bool:
    """Whether :func:`constant_operand` is the one to ask (for NULL see the renderer)."""
    if isinstance(node, (exp.Neg, exp.Cast)):
        inner = node.this
        return isinstance(inner, (exp.Literal, exp.Null)) or (
            isinstance(node, exp.Cast) and isinstance(inner, exp.Neg) and isinstance(inner.this, exp.Literal)
        )
    return isinstance(node, (exp.Literal, exp.Boolean))


def _cast(node: exp.Cast) -> Operand:
    name = type_name(node.to)
    inner = node.this
    if isinstance(inner, exp.Null):
        native = native_type(name)
        return Operand(f"NULL::{native}", family(name), native, constant=True, type=name)
    sign = "-" if isinstance(inner, exp.Neg) else ""
    inner = inner.this if sign else inner
    if not isinstance(inner, exp.Literal):
        raise ValueError("only a constant may be cast")
    made = typed(sign + str(inner.this), name)
    return Operand(made, family(name), native_type(name), constant=True, total=True, type=name)


_NAMES = {
    Family.DATE: "DATE",
    Family.TIME: "TIME",
    Family.TIMESTAMP: "TIMESTAMP",
    Family.TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
    Family.UUID: "UUID",
    Family.BLOB: "BLOB",
}


def _literal(node: exp.Literal, beside: Family | None) -> Operand:
    if not node.is_string:
        return _constant(*number(str(node.this)))
    if beside in _NAMES:
        return _constant(typed(str(node.this), _NAMES[beside]), _NAMES[beside])
    return _constant(text(str(node.this)), "VARCHAR")
