"""Why a part of the query cannot go to a store, raised where it is found and kept as a reason in the plan."""


class Refused(Exception):
    """This clause stays with DuckDB; the message says why, in words for EXPLAIN. Never reaches a client as an error."""
