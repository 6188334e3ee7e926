"""DuckDB's failures in the house's words. Its texts can hold values of the data, so only the safe ones are kept.

They are told apart by the prefix of their text: a failure in mid-stream reaches Python as a bare OSError.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from connectors.errors import CallCancelled, HeadgateError
from gateway.errors import Internal, MemoryExceeded, QueryFailed, SqlInvalid, SqlNotAllowed

_WRONG_NAMES_OR_TYPES = ("Binder", "Parser", "Syntax", "Type Mismatch")
_NOT_HERE = ("Permission", "Catalog", "Not implemented")
_FAILED = {
    "Conversion": "A value could not be converted to the type that the query asks for.",
    "Out of Range": "A value is out of range for the computation that the query asks for.",
    "Invalid Input": "A part of the query was given a value, or a number of rows, that it cannot work with.",
}


@contextmanager
def translated() -> Iterator[None]:
    """Raise the house's error for whatever DuckDB raises inside."""
    try:
        yield
    except (duckdb.Error, OSError) as problem:
        raise translate(problem) from problem


def translate(problem: Exception) -> HeadgateError:
    """The house's error for one of DuckDB's."""
    kind, _, told = str(problem).strip().partition(" Error: ")
    if kind == "INTERRUPT":
        return CallCancelled("The query was cancelled.")
    if kind == "Out of Memory" or "max_temp_directory_size" in told:
        return MemoryExceeded(
            "The query needs more memory or spill space than it may use.", hint="Aggregate or filter earlier."
        )
    if kind in _WRONG_NAMES_OR_TYPES:
        return SqlInvalid(told.splitlines()[0], hint="Compare the names and types with `headgate catalog show`.")
    if kind in _NOT_HERE:
        return SqlNotAllowed("The query uses a name or a function that is not available here.")
    if kind in _FAILED:
        return QueryFailed(_FAILED[kind], hint="TRY_CAST and a WHERE clause can leave such rows out.")
    return Internal("The engine failed.", hint="Report the query id.")
