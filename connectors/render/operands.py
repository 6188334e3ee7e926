"""Columns and constants as operands: the Postgres expression that has, for Postgres, the value DuckDB sees."""

from dataclasses import dataclass, replace

from sqlglot import exp

from connectors.render.native import duckdb_type, is_text, number, text, type_name, typed
from connectors.spi import Column
from connectors.types import Family, family

BINARY = "C"
"""The collation of byte order, which is DuckDB's."""

_EXACT = {
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "BLOB": "bytea",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "INTERVAL": "interval",
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

    ``native`` is the type Postgres gives to ``sql``, empty when that is not known; ``total`` says that it is
    never NULL.
    """

    sql: str
    family: Family
    native: str = ""
    collation: str = ""
    constant: bool = False
    total: bool = False

    def binary(self) -> "Operand":
        """The same text under byte order."""
        if self.collation == BINARY:
            return self
        return replace(self, sql=f'({self.sql} COLLATE "C")', collation=BINARY)

    def cast(self, native: str, to: Family) -> "Operand":
        """The same value in another native type."""
        return replace(self, sql=f"{self.sql}::{native}", native=native, family=to)


def column_operand(sql: str, column: Column) -> Operand:
    """A column, ``sql`` being its quoted name. ValueError when the declared type cannot stand for the native one."""
    total = "not null" in column.facts
    of = column.family
    if of is Family.TEXT:
        return _text(sql, column, total)
    if column.native and not _stands_for(column):
        raise ValueError(f"the column {column.name!r} cannot be read as {column.type}")
    if column.native in _SEEN_AS:
        return Operand(f"{sql}::{_SEEN_AS[column.native]}", of, _SEEN_AS[column.native], total=total)
    return Operand(sql, of, column.native, total=total)


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
        return Operand(sql, Family.TEXT, "text", collation, total=total)
    return Operand(f'({sql}::text COLLATE "C")', Family.TEXT, "text", BINARY, total=total)


def constant_operand(node: exp.Expr, beside: Family | None) -> Operand:
    """A constant, read as DuckDB reads it next to a value of the family ``beside``. ValueError when unknown."""
    if isinstance(node, exp.Boolean):
        return Operand("TRUE" if node.this else "FALSE", Family.BOOLEAN, constant=True, total=True)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        inner = constant_operand(node.this, beside)
        return replace(inner, sql=f"(-{inner.sql})" if "::" not in inner.sql else f"(-({inner.sql}))")
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        return _cast(node)
    if isinstance(node, exp.Literal):
        return _literal(node, beside)
    raise ValueError(f"{type(node).__name__} is not among the constants that are sent to a store")


def is_constant(node: exp.Expr) -> bool:
    """Whether :func:`constant_operand` is the one to ask (for NULL see the renderer)."""
    if isinstance(node, (exp.Neg, exp.Cast)):
        return isinstance(node.this, (exp.Literal, exp.Neg))
    return isinstance(node, (exp.Literal, exp.Boolean))


def _cast(node: exp.Cast) -> Operand:
    name = type_name(node.to)
    inner = node.this
    sign = "-" if isinstance(inner, exp.Neg) else ""
    inner = inner.this if sign else inner
    if not isinstance(inner, exp.Literal):
        raise ValueError("only a constant may be cast")
    return Operand(typed(sign + str(inner.this), name), family(name), constant=True, total=True)


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
        sql, of = number(str(node.this))
        return Operand(sql, of, constant=True, total=True)
    if beside in _NAMES:
        return Operand(typed(str(node.this), _NAMES[beside]), beside, constant=True, total=True)
    return Operand(text(str(node.this)), Family.TEXT, constant=True, total=True)


def delivered(operand: Operand, to: str) -> str:
    """The output expression of an operand that is to cross the border as the DuckDB type ``to``.

    numeric goes as text, since ADBC reads that exactly and four times faster; so do HUGEINT, UUID and JSON.
    """
    of = family(to)
    if of is not operand.family:
        raise ValueError(f"a value of {operand.family} is declared as {to}")
    if of is Family.TEXT:
        return operand.sql
    if to.endswith("[]"):
        return _array(operand.sql, to)
    native = _EXACT.get(to, "text")
    return operand.sql if operand.native == native else f"{operand.sql}::{native}"


def _array(sql: str, to: str) -> str:
    """A one-dimensional array; a deeper one would arrive flattened, so Postgres is made to raise 22P02 for it."""
    native = "text" if to in ("VARCHAR[]", "UUID[]") else _EXACT[to[:-2]]
    complaint = f"('multidimensional' || left({sql}::text, 0))::{native}[]"
    return f"CASE WHEN array_ndims({sql}) > 1 THEN {complaint} ELSE {sql}::{native}[] END"
