"""What ``pg_catalog`` says of a table, a partitioned table, a view or a foreign table."""

from connectors.errors import TableUnknown
from connectors.postgres.session import Session
from connectors.render.native import duckdb_type, table_parts, text
from connectors.spi import Column, Description

_COLUMNS = """
SELECT a.attname::text,
       format_type(coalesce(d.oid, t.oid), CASE WHEN d.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END),
       a.attnotnull AND {enforced},
       coalesce(d.typtype, t.typtype)::text,
       n.nspname || '.' || l.collname,
       coalesce(l.collisdeterministic, true)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type d ON t.typtype = 'd' AND d.oid = t.typbasetype
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_namespace n ON n.oid = l.collnamespace
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_KEY = """
SELECT (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.place <= i.indnkeyatts)
FROM pg_index i
WHERE i.indrelid = {oid} AND i.indisunique AND i.indimmediate AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
  AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
                  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                  WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)
ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
LIMIT 1
"""
_RELATION = """
SELECT c.oid::int8,
       CASE WHEN c.relkind = 'p'
            THEN (SELECT sum(greatest(m.reltuples, 0)) FROM pg_inherits h JOIN pg_class m ON m.oid = h.inhrelid
                  WHERE h.inhparent = c.oid)
            ELSE nullif(c.reltuples, -1) END::float8,
       c.relkind::text,
       c.relkind = 'p' OR (c.relkind = 'r' AND NOT c.relhassubclass)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relname = {table} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""


def described(session: Session, name: str) -> Description:
    """Columns in the table's order, its unique NOT NULL key and its rough rows. Blocks.

    Raises :class:`TableUnknown`; what ADBC raises is left for the caller to translate.
    """
    schema, table = table_parts(name)
    found = session.rows(_RELATION.format(schema=text(schema), table=text(table)))
    if not found:
        raise TableUnknown(f"The database has no table {name!r}.", hint="Check physicalName in the contract.")
    oid, rows, kind, enforced = found[0]
    columns = tuple(_column(*row) for row in session.rows(_COLUMNS.format(oid=oid, enforced=enforced)))
    # Constraints of a foreign table are claims, and those of a parent say nothing of its children.
    key = _key(session, oid) if enforced else ()
    known = rows is not None and kind in ("r", "p", "m")
    return Description(columns, key, int(rows) if known else None)


def _key(session: Session, oid: int) -> tuple[str, ...]:
    found = session.rows(_KEY.format(oid=oid))
    return tuple(found[0][0]) if found and found[0][0] else ()


def _column(name: str, native: str, total: bool, kind: str, collation: str | None, deterministic: bool) -> Column:
    """``native`` is schema-qualified for types outside pg_catalog, so nobody's own ``uuid`` is taken for Postgres'."""
    facts = {"not null"} if total else set()
    if kind == "e":
        facts.add("enum")
    if collation:
        facts.add(f"collation:{collation}")
    if not deterministic:
        facts.add("nondeterministic")
    if native.startswith("character("):
        facts.add("char")
    if native == "numeric" or (native.startswith("numeric(") and duckdb_type(native) == "VARCHAR"):
        facts.add("unbounded")
    return Column(name, duckdb_type(native), nullable=not total, native=native, facts=frozenset(facts))
