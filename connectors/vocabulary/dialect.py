"""The dialect in which trees are read and written."""

from sqlglot.dialects.duckdb import DuckDB


class Counted(DuckDB):
    """DuckDB's dialect, with positions in brackets as they were written.

    sqlglot would count from 0 where it takes the value for a list or knows nothing of it, and from 1 elsewhere; a
    tree in which a value takes the place of another, as that of a name does, would then be printed with another one.
    """

    INDEX_OFFSET = 0


COUNTED = Counted()
"""For those that have no further wishes."""
