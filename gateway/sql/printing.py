"""The one printer: every SQL text that leaves this package is regenerated from a tree."""

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from gateway.errors import SqlNotAllowed


class Dialect(DuckDB):
    """DuckDB's dialect, except that JSON paths stay the strings they were written as.

    sqlglot would read ``'a.b'`` as two steps, where DuckDB takes a path without ``$`` to be one key.
    """

    def to_json_path(self, path: exp.Expr | None) -> exp.Expr | None:
        """The path as it stands."""
        return path


DIALECT = Dialect()


def to_duckdb(expression: exp.Expr) -> str:
    """Canonical DuckDB text: every identifier quoted, no comments.

    Raises SqlNotAllowed when a node has no exact DuckDB form.
    """
    try:
        return expression.sql(dialect=DIALECT, identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise SqlNotAllowed(
            "A part of the query cannot be written as DuckDB SQL.", hint="docs/sql.md lists what may be used."
        ) from error
