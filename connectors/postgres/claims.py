"""All that Postgres computes as DuckDB would, once a fragment is rendered by :mod:`connectors.render`."""

from connectors.spi import Capabilities, Claim, Clause
from connectors.types import Family

_ORDERED = (
    Family.BOOLEAN,
    Family.INTEGER,
    Family.DECIMAL,
    Family.TEXT,
    Family.DATE,
    Family.TIME,
    Family.TIMESTAMP,
    Family.TIMESTAMPTZ,
    Family.UUID,
)
# NaN and -0.0 compare alike, but which of two equal values stands for a group or an extreme does not.
_ONLY_COMPARED = (Family.REAL, Family.DOUBLE, Family.BLOB)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM")
_WITH_CONSTANTS = ("IN", "BETWEEN")
# Families whose constants have a spelling that fragments use; the others are compared column with column.
_SPELLED = tuple(of for of in (*_ORDERED, Family.DOUBLE) if of is not Family.TIME)
_GROUPED = ("MIN", "MAX", "GROUP BY", "ORDER BY")


def _claims() -> frozenset[Claim]:
    anything = {Claim(operator, of) for operator in ("IS NULL", "COUNT") for of in Family}
    compared = {Claim(operator, of) for operator in _COMPARISONS for of in (*_ORDERED, *_ONLY_COMPARED)}
    listed = {Claim(operator, of) for operator in _WITH_CONSTANTS for of in _SPELLED}
    grouped = {Claim(operator, of) for operator in _GROUPED for of in _ORDERED}
    summed = {Claim("SUM", of) for of in (Family.INTEGER, Family.DECIMAL)}
    return frozenset(anything | compared | listed | grouped | summed)


_CLAUSES = frozenset({Clause.PROJECT, Clause.WHERE, Clause.JOIN, Clause.GROUP_BY, Clause.HAVING, Clause.TOP_N})

CAPABILITIES = Capabilities(claims=_claims(), clauses=_CLAUSES)
"""Exact throughout; text by way of COLLATE "C", REAL only with REAL, floats never summed."""
