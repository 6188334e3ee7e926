"""From SQLSTATE to a typed error. What the server said may hold values and stays in ``__cause__``."""

from adbc_driver_manager import Error

from connectors.errors import (
    HeadgateError,
    StoreChanged,
    StoreDenied,
    StoreError,
    StoreRejected,
    StoreTimeout,
    StoreUnavailable,
    StoreValueError,
    TableUnknown,
)

_Told = tuple[type[StoreError], str, str]
_DENIED: _Told = (StoreDenied, "The database refuses the gateway's role.", "Check the store's user and its grants.")
_GONE: _Told = (StoreUnavailable, "The database cannot be reached, or broke the connection.", "Try again later.")
_FULL: _Told = (StoreUnavailable, "The database has no connection or resource left.", "Lower max_connections or wait.")
_LATE: _Told = (StoreTimeout, "The database ended the query at its time limit.", "Narrow the query or raise the limit.")
_MOVED: _Told = (StoreChanged, "The database could not keep its snapshot to the end.", "Run the query again.")
_VALUE: _Told = (StoreValueError, "The database met a value it cannot compute with.", "Look at the columns' values.")
_TABLE: _Told = (TableUnknown, "The database has no such table.", "Check physicalName in the contract.")
_DRIFT: _Told = (StoreRejected, "The database refuses the query.", "Check the contract against the table.")
# Longest prefix wins.
_BY_STATE: dict[str, _Told] = {
    "08": _GONE,
    "22": _VALUE,
    "28": _DENIED,
    "42501": _DENIED,
    "3D000": _DENIED,
    "42P01": _TABLE,
    "3F000": _TABLE,
    "40": _MOVED,
    "53": _FULL,
    "57": _GONE,
    "57014": _LATE,
    "25P03": _LATE,
    "25P04": _LATE,
    "25": _MOVED,
    "42704": _MOVED,
    "55P03": _LATE,
    "58": _GONE,
    "XX": _DRIFT,
}
_REFUSED_AT_THE_DOOR = ("authentication", "pg_hba.conf", "role ", "no password", "does not exist", "permission denied")


def is_broken(problem: BaseException) -> bool:
    """Whether a connection cannot be used any more after this error."""
    state = _state(problem)
    return not state or (state[:2] in ("08", "57", "58") and state != "57014") or state[:4] == "25P0"


def _state(problem: BaseException) -> str:
    return (problem.sqlstate or "") if isinstance(problem, Error) else ""


def translated(problem: BaseException, store: str) -> HeadgateError:
    """The error to raise from ``problem``, naming the store."""
    if isinstance(problem, HeadgateError):
        return problem.about(store=store)
    if isinstance(problem, ValueError):
        return StoreRejected(f"The connector does not write this query: {problem}.", store=store)
    state = _state(problem)
    known = next((_BY_STATE[state[:size]] for size in (5, 2) if state[:size] in _BY_STATE), None)
    if known is None:
        known = _DRIFT if state else _unstated(problem)
    shape, sentence, hint = known
    return shape(sentence, hint=hint, store=store)


def _unstated(problem: BaseException) -> _Told:
    """Without a SQLSTATE the connection was never made, or broke."""
    said = str(problem)
    if ("FATAL" in said and "sorry, too many" in said) or "too many connections" in said:
        return _FULL
    if "FATAL" in said and any(word in said for word in _REFUSED_AT_THE_DOOR):
        return _DENIED
    return _GONE
