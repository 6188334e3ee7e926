"""What ``pg_catalog`` says of tables, partitioned tables, views and foreign tables: the same few questions for all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from connectors.errors import TableUnknown
from connectors.postgres.session import Session
from connectors.render.native import duckdb_type, table_parts, text
from connectors.spi import Column, Description

_RELATIONS = """
SELECT w.place, c.oid::int8,
       CASE WHEN c.relkind = 'p'
            THEN (SELECT sum(greatest(m.reltuples, 0)) FROM pg_inherits h JOIN pg_class m ON m.oid = h.inhrelid
                  WHERE h.inhparent = c.oid)
            ELSE nullif(c.reltuples, -1) END::float8,
       c.relkind::text,
       c.relkind = 'p' OR (c.relkind = 'r' AND NOT c.relhassubclass)
FROM unnest(ARRAY[{places}]::int8[], ARRAY[{schemas}]::name[], ARRAY[{tables}]::name[]) AS w(place, schema, name)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_COLUMNS = """
SELECT a.attrelid::int8, a.attname::text,
       format_type(coalesce(d.oid, t.oid), CASE WHEN d.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END),
       a.attnotnull,
       coalesce(d.typtype, t.typtype)::text,
       n.nspname || '.' || l.collname,
       coalesce(l.collisdeterministic, true)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type d ON t.typtype = 'd' AND d.oid = t.typbasetype
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_namespace n ON n.oid = l.collnamespace
WHERE a.attrelid = ANY (ARRAY[{oids}]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
_KEYS = """
SELECT DISTINCT ON (i.indrelid) i.indrelid::int8,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.place <= i.indnkeyatts)
FROM pg_index i
WHERE i.indrelid = ANY (ARRAY[{oids}]::oid[]) AND i.indisunique AND i.indimmediate AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
  AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
                  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                  WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)
ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, i.indexrelid
"""


@dataclass(frozen=True, slots=True)
class _Relation:
    """Whether its constraints are ``enforced``: a foreign table's are claims, a parent's do not bind its children."""

    oid: int
    rows: float | None
    kind: str
    enforced: bool

    @property
    def rough_rows(self) -> int | None:
        return int(self.rows) if self.rows is not None and self.kind in ("r", "p", "m") else None


def described(session: Session, names: Sequence[str]) -> list[Description | Exception]:
    """Of each name the table's columns in its order, its unique NOT NULL key and its rough rows. Blocks.

    In place of a table that is not there stands :class:`TableUnknown`, and ValueError in place of what is no name.
    What ADBC raises is left for the caller to translate.
    """
    answers: list[Description | Exception] = [_unknown(name) for name in names]
    parts: dict[int, tuple[str, str]] = {}
    for place, name in enumerate(names):
        try:
            parts[place] = _quoted(name)
        except ValueError as problem:
            answers[place] = problem
    relations = _relations(session, parts)
    columns, keys = _columns(session, relations.values()), _keys(session, relations.values())
    for place, relation in relations.items():
        answers[place] = Description(tuple(columns[relation.oid]), keys.get(relation.oid, ()), relation.rough_rows)
    return answers


def _unknown(name: str) -> TableUnknown:
    return TableUnknown(f"The database has no table {name!r}.", hint="Check physicalName in the contract.")


def _quoted(name: str) -> tuple[str, str]:
    schema, table = table_parts(name)
    return text(schema), text(table)


def _relations(session: Session, named: Mapping[int, tuple[str, str]]) -> dict[int, _Relation]:
    """What is there of the schemas and tables that are named, under the numbers of their names."""
    if not named:
        return {}
    schemas, tables = zip(*named.values(), strict=True)
    query = _RELATIONS.format(places=_listed(named), schemas=_listed(schemas), tables=_listed(tables))
    return {place: _Relation(*rest) for place, *rest in session.rows(query)}


def _columns(session: Session, relations: Iterable[_Relation]) -> dict[int, list[Column]]:
    enforced = {relation.oid: relation.enforced for relation in relations}
    found: dict[int, list[Column]] = defaultdict(list)
    for oid, name, native, total, *rest in session.rows(_COLUMNS.format(oids=_listed(enforced))) if enforced else ():
        found[oid].append(_column(name, native, total and enforced[oid], *rest))
    return found


def _keys(session: Session, relations: Iterable[_Relation]) -> dict[int, tuple[str, ...]]:
    oids = [relation.oid for relation in relations if relation.enforced]
    found = session.rows(_KEYS.format(oids=_listed(oids))) if oids else ()
    return {oid: tuple(names) for oid, names in found if names}


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


@lru_cache(maxsize=4096)
def _column(name: str, native: str, total: bool, kind: str, collation: str | None, deterministic: bool) -> Column:
    """One value for the same column of many tables.

    ``native`` is schema-qualified for types outside pg_catalog, so nobody's own ``uuid`` is taken for Postgres'.
    """
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
