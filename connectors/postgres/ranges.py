"""Reading one large table over several connections of one snapshot, each a range of its blocks."""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlglot import exp

from connectors.postgres import packed
from connectors.postgres.asked import Asked
from connectors.postgres.packed import Packing
from connectors.postgres.session import Session
from connectors.render.native import MAX_IDENTIFIER, identifier, table_parts, text
from connectors.spi import Fragment

MOST = 4
"""Connections that read one table. More gained nothing by measurement."""
_TABLE_ROWS = 200_000
_PACKED_ROWS = 20_000
_CHUNK = 512
"""Blocks whose rows are packed together, 4 MiB of the table: with half of it reading costs 5 % more."""
_LAST_BLOCK = 2**32 - 1
_TID_RANGES_SINCE = 140_000
_COMPUTED_TOGETHER = (exp.Query, exp.AggFunc, exp.Window)
_EXTENT = """
SELECT c.oid::int8, pg_relation_size(c.oid) / current_setting('block_size')::int8, c.reltuples::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
WHERE n.nspname = {schema} AND c.relname = {table} AND c.relkind = 'r' AND NOT c.relhassubclass
  AND m.amname = 'heap' AND c.reltuples >= {rows:d}
  AND current_setting('server_version_num')::int >= {version:d}
"""
# The columns without NULL; no row where values lie outside of the table's blocks, since those may be of any size.
_TOTAL = """
SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attnotnull
             AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'n'
                             AND NOT k.convalidated AND a.attnum = ANY(k.conkey)))
FROM pg_class c WHERE c.oid = {oid:d} AND (c.reltoastrelid = 0 OR pg_relation_size(c.reltoastrelid) = 0)
"""


@dataclass(frozen=True)
class Extent:
    """The ``blocks`` of a table that is worth reading by ranges of them: by several connections when ``shared``.

    ``packing`` is how its rows are packed, None when they are read as rows.
    """

    blocks: int
    shared: bool
    packing: Packing | None


NO_EXTENT = Extent(0, shared=False, packing=None)


def is_divisible(fragment: Fragment) -> bool:
    """Whether each row of a fragment comes from one row of its only table, in no order and independent of others."""
    if len(fragment.tables) != 1 or len(fragment.tables[0][0].encode()) > MAX_IDENTIFIER:
        return False
    source = fragment.query.args.get("from_")
    if source is None or not isinstance(source.this, exp.Table):  # a subquery hides the table that is in it
        return False
    said = {key for key, value in fragment.query.args.items() if value}
    inside = (*fragment.query.expressions, fragment.query.args.get("where"))
    return said <= {"expressions", "from_", "where"} and not any(
        node is not None and node.find(*_COMPUTED_TOGETHER) for node in inside
    )


def measured(session: Session, asked: Asked) -> Extent:
    """How the table behind a divisible fragment is read best; no blocks where rows come as they are. Talks to it.

    Dividing pays when Postgres would read the whole of a large table for many rows: an index is never given up.
    """
    schema, table = table_parts(asked.fragment.tables[0][1].name)
    query = _EXTENT.format(schema=text(schema), table=text(table), rows=_PACKED_ROWS, version=_TID_RANGES_SINCE)
    found = session.rows(query)
    if not found:
        return NO_EXTENT
    oid, blocks, held = found[0]
    plan = _plan(session, asked.under())
    node = plan["Plans"][0] if plan["Node Type"] == "Gather" else plan
    if plan["Plan Rows"] < _PACKED_ROWS or node["Node Type"] != "Seq Scan":
        return NO_EXTENT
    packing = _packing(session, asked, (oid, blocks))
    shared = held >= _TABLE_ROWS
    return Extent(blocks, shared, packing) if shared or packing else NO_EXTENT


def leaves_most(session: Session, asked: Asked) -> bool:
    """Whether the rows with certain keys are most of those of a query, by what Postgres knows. Talks to it.

    Then to look for keys costs more than it saves: the whole is read by ranges, and packed.
    """
    rows = _plan(session, asked.text)["Plan Rows"]
    return bool(rows >= _PACKED_ROWS and 2 * _plan(session, asked.under())["Plan Rows"] > rows)


def _packing(session: Session, asked: Asked, table: tuple[int, int]) -> Packing | None:
    """How the rows are packed, of a table given by oid and blocks; None where they, or each range, would cost more."""
    oid, blocks = table
    total = session.rows(_TOTAL.format(oid=oid))
    made = packed.packing(asked.fragment, total[0][0]) if total else None
    if made and _by_ranges(_plan(session, _packed(asked, made, (0, blocks), blocks))):
        return made
    return None


def _plan(session: Session, query: str) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(session.rows(f"EXPLAIN (FORMAT JSON) {query}", copy=False)[0][0])[0]["Plan"]
    return plan


def _by_ranges(plan: dict[str, Any]) -> bool:
    """Whether each range is read alone, and not the whole table for each."""
    return plan["Node Type"] == "Tid Range Scan" or any(_by_ranges(part) for part in plan.get("Plans", ()))


def pieces(asked: Asked, extent: Extent, parts: int) -> list[str]:
    """The text over each of ``parts`` ranges of blocks. The last has no end, so that no row can lie behind it."""
    unit = _CHUNK if extent.packing else 1
    units = -(-extent.blocks // unit)
    bounds = [units * number // parts * unit for number in range(parts + 1)]
    spans = pairwise(bounds)
    if extent.packing:
        return [_packed(asked, extent.packing, span, bounds[-1]) for span in spans]
    alias = identifier(asked.fragment.tables[0][0])
    made = []
    for first, end in spans:
        ranges = [f"{alias}.ctid >= '({first:d},0)'::tid"] if first else []
        ranges += [f"{alias}.ctid < '({end:d},0)'::tid"] if end < bounds[-1] else []
        made.append(asked.under(*ranges))
    return made


def _packed(asked: Asked, packing: Packing, span: tuple[int, int], end: int) -> str:
    """The rows of the blocks in ``span``, those of each chunk in one row; the chunk before ``end`` has no end."""
    alias = asked.fragment.tables[0][0]
    chunk = "chunks" if alias != "chunks" else "spans"
    final = f"CASE WHEN {chunk}.block + {_CHUNK} < {end:d} THEN {chunk}.block + {_CHUNK} ELSE {_LAST_BLOCK} END"
    ranges = [
        f"{identifier(alias)}.ctid >= ('(' || {chunk}.block || ',0)')::tid",
        f"{identifier(alias)}.ctid < ('(' || {final} || ',0)')::tid",
    ]
    rows = asked.under(*ranges)
    return (
        f"SELECT p.* FROM generate_series({span[0]:d}::int8, {span[1] - 1:d}, {_CHUNK}) AS {chunk}(block), "
        f"LATERAL (SELECT {packing.outputs} FROM ({rows}) AS q({packing.names})) AS p"
    )
