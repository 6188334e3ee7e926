"""What DuckDB will read of the files that it scans in place: the filters and files of its own plan."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

_READER = "READ_PARQUET"


def in_place_reads(cursor: duckdb.DuckDBPyConnection, residual: str) -> tuple[str, ...]:
    """One sentence for each scan of files in DuckDB's plan of ``residual``, in the plan's order."""
    row = cursor.execute(f"EXPLAIN (FORMAT JSON) {residual}").fetchone()
    return tuple(_told(node["extra_info"]) for tree in json.loads(row[1]) for node in _scans(tree)) if row else ()


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["name"].strip() == _READER:
        yield node
    for child in node.get("children", ()):
        yield from _scans(child)


def _told(known: dict[str, Any]) -> str:
    parts = [f"columns {_listed(known.get('Projections', ()), ', ') or 'none'}"]
    if filters := _listed(known.get("Filters", ()), " AND "):
        parts.append(f"filters {filters}")
    if files := _listed(known.get("File Filters", ()), " AND "):
        parts.append(f"files where {files}")
    if scanned := known.get("Scanning Files"):
        parts.append(f"{scanned} files")
    return " · ".join(parts)


def _listed(given: Any, between: str) -> str:
    return between.join(given) if isinstance(given, (list, tuple)) else str(given)
