"""Reading one large table over several connections of one snapshot, each a range of its blocks."""

import json
from collections import deque
from collections.abc import Iterator, Sequence

import pyarrow as pa
from sqlglot import exp

from connectors.postgres.session import Session
from connectors.postgres.stream import GRACE, PostgresStream
from connectors.render.native import MAX_IDENTIFIER, identifier, table_parts, text
from connectors.spi import Fragment

MOST = 4
"""Connections that read one table. More gained nothing by measurement."""
_TABLE_ROWS = 200_000
_FRAGMENT_ROWS = 100_000
_TID_RANGES_SINCE = 140_000
_COMPUTED_TOGETHER = (exp.Query, exp.AggFunc, exp.Window)
_EXTENT = """
SELECT pg_relation_size(c.oid) / current_setting('block_size')::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
WHERE n.nspname = {schema} AND c.relname = {table} AND c.relkind = 'r' AND NOT c.relhassubclass
  AND m.amname = 'heap' AND c.reltuples >= {rows:d}
  AND current_setting('server_version_num')::int >= {version:d}
"""


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


def blocks(session: Session, fragment: Fragment, query: str) -> int:
    """Blocks of the table behind a divisible fragment, 0 where dividing does not pay or is not possible. Talks to it.

    It pays when Postgres would read the whole of a large table for many rows: an index is never given up.
    """
    schema, table = table_parts(fragment.tables[0][1].name)
    asked = _EXTENT.format(schema=text(schema), table=text(table), rows=_TABLE_ROWS, version=_TID_RANGES_SINCE)
    found = session.rows(asked)
    if not found:
        return 0
    plan = json.loads(session.rows(f"EXPLAIN (FORMAT JSON) {query}", copy=False)[0][0])[0]["Plan"]
    many = plan["Plan Rows"] >= _FRAGMENT_ROWS
    node = plan["Plans"][0] if plan["Node Type"] == "Gather" else plan
    return int(found[0][0]) if many and node["Node Type"] == "Seq Scan" else 0


def pieces(fragment: Fragment, query: str, extent: int, parts: int) -> list[str]:
    """The query over each of ``parts`` ranges of blocks. The last has no end, so that no row can lie behind it."""
    alias = identifier(fragment.tables[0][0])
    bounds = [extent * number // parts for number in range(parts)]
    made = []
    for number, first in enumerate(bounds):
        ranges = [f"{alias}.ctid >= '({first:d},0)'::tid"] if number else []
        ranges += [f"{alias}.ctid < '({bounds[number + 1]:d},0)'::tid"] if number + 1 < parts else []
        made.append(narrowed(fragment, query, ranges))
    return made


def narrowed(fragment: Fragment, query: str, conditions: Sequence[str]) -> str:
    """The text of a divisible fragment under further conditions on its table."""
    word = "AND" if fragment.query.args.get("where") else "WHERE"
    return f"{query} {word} {' AND '.join(conditions)}"


class Together:
    """Streams of one schema as one stream, a batch of each in turn."""

    def __init__(self, streams: Sequence[PostgresStream]) -> None:
        self._streams = streams

    @property
    def schema(self) -> pa.Schema:
        """The schema of every batch."""
        return self._streams[0].schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches of all; where one stream fails, the others are stopped."""
        turns = deque(iter(stream) for stream in self._streams)
        try:
            while turns:
                turn = turns.popleft()
                if (batch := next(turn, None)) is not None:
                    turns.append(turn)
                    yield batch
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Stop all at once. Idempotent, returns within a second."""
        for stream in self._streams:
            stream.stop()
        for stream in self._streams:
            stream.wait(GRACE / len(self._streams))
