"""Which plans are answered by one store alone, so that its rows need not go through DuckDB at all."""

import re
from collections.abc import Sequence

from connectors.spi import Column
from connectors.types import Family, needs_cast
from gateway.database import quoted
from gateway.planner.plan import Plan

_NAME = re.compile(r'"(?:[^"]|"")*"')
# DuckDB hands these out bit for bit as it takes them in. (It cuts the nanoseconds of an interval, for one.)
_KEPT = frozenset(Family) - {Family.INTERVAL, Family.UUID, Family.JSON, Family.OTHER}


def passes(plan: Plan) -> bool:
    """Whether the answer is the rows of the only fragment as they are: the same columns of the same types in order."""
    if len(plan.fragments) != 1 or plan.scans or not plan.streamed:
        return False
    (remote,) = plan.fragments
    columns = remote.fragment.columns
    if not all(column.family in _KEPT and not needs_cast(column.type) for column in columns):
        return False
    return plan.schema.types == remote.fragment.schema.types and _is_plain(plan.residual, remote.name, columns)


def _is_plain(residual: str, name: str, columns: Sequence[Column]) -> bool:
    """Whether a text is ``SELECT t."a" AS "x", t."b" AS "y" FROM "name" AS t`` of all columns, and nothing else.

    Compared letter by letter with what the printer writes, so that a text in any other form goes through DuckDB.
    """
    head, _, alias = residual.rpartition(f" FROM {quoted(name)} AS ")
    if not _NAME.fullmatch(alias):
        return False
    at = 0
    for number, column in enumerate(columns):
        wanted = f"{', ' if number else 'SELECT '}{alias}.{quoted(column.name)} AS "
        told = _NAME.match(head, at + len(wanted))
        if not head.startswith(wanted, at) or told is None:
            return False
        at = told.end()
    return at == len(head)
