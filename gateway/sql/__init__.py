"""The only parser and printer of SQL in the gateway.

:func:`parse` is the gate every statement comes through, :func:`to_duckdb` the way every text goes out; what lies
between is trees.
"""

from gateway.sql.binding import bind, literal, parameters
from gateway.sql.gate import Statement, parse
from gateway.sql.inference import infer_types
from gateway.sql.pivoting import close_pivot
from gateway.sql.printing import to_duckdb
from gateway.sql.scope import addresses
from gateway.sql.unbound import stand_in
from gateway.sql.walls import is_volatile, reads_clock, reads_outside

__all__ = [
    "Statement",
    "addresses",
    "bind",
    "close_pivot",
    "infer_types",
    "is_volatile",
    "literal",
    "parameters",
    "parse",
    "reads_clock",
    "reads_outside",
    "stand_in",
    "to_duckdb",
]
