"""The gateway's own errors; what connectors raise is in :mod:`connectors.errors`."""

from collections.abc import Sequence

from connectors.errors import HeadgateError, Kind


class UserError(HeadgateError):
    """The request cannot be answered as it was put."""

    kind = Kind.USER
    code = "REQUEST_INVALID"


class SqlTooLarge(UserError):
    """The text is longer, or nested deeper, than any honest question."""

    code = "SQL_TOO_LARGE"


class SqlSyntax(UserError):
    """The text is not one SQL statement."""

    code = "SQL_SYNTAX"


class SqlNotAllowed(UserError):
    """The statement uses something outside the closed allow-list."""

    code = "SQL_NOT_ALLOWED"


class SqlInvalid(UserError):
    """The statement parses, but its names or types do not fit."""

    code = "SQL_INVALID"


class AddressUnknown(UserError):
    """No granted dataset answers to the address. The same text whether it does not exist or is not granted."""

    code = "ADDRESS_UNKNOWN"


class ParametersInvalid(UserError):
    """Parameters are missing, too many, or of a type that cannot be bound."""

    code = "PARAMETERS_INVALID"


class QueryFailed(UserError):
    """The query met a value it cannot compute with: a cast that fails, an overflow."""

    code = "QUERY_FAILED"


class Unauthenticated(UserError):
    """No credentials, or wrong ones."""

    code = "UNAUTHENTICATED"


class PermissionDenied(UserError):
    """The principal is known and may not do this."""

    code = "PERMISSION_DENIED"


class TicketInvalid(UserError):
    """A ticket or handle that this gateway did not seal, or that has expired."""

    code = "TICKET_INVALID"


class RequestMalformed(UserError):
    """The bytes of a request are not the message they should be."""

    code = "REQUEST_MALFORMED"


class RequestTooLarge(UserError):
    """A message of a request is larger than any that a client has reason to send."""

    code = "REQUEST_TOO_LARGE"


class Unsupported(UserError):
    """A command of the protocol that a read-only gateway does not serve."""

    code = "UNSUPPORTED"


class ConfigInvalid(UserError):
    """The configuration or the catalog cannot be used; the sentence lists every problem found."""

    code = "CONFIG_INVALID"
    problems: tuple[str, ...] = ()

    @classmethod
    def listing(cls, problems: Sequence[str]) -> "ConfigInvalid":
        """One error for all problems that were found, so that nobody mends them one start at a time."""
        listed = "".join(f"\n  - {problem}" for problem in problems)
        made = cls(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found:{listed}\n")
        made.problems = tuple(problems)
        return made


class ResourceError(HeadgateError):
    """A limit of this gateway was met."""

    kind = Kind.RESOURCE
    code = "RESOURCE_EXHAUSTED"


class MemoryExceeded(ResourceError):
    """The query needs more memory, or more spill space, than it may have."""

    code = "MEMORY_EXCEEDED"


class BudgetExceeded(ResourceError):
    """The query would move more out of stores than it may."""

    code = "BUDGET_EXCEEDED"


class Overloaded(ResourceError):
    """Too many queries are running."""

    code = "OVERLOADED"
    retryable = True


class Draining(ResourceError):
    """The gateway is shutting down and takes no new queries."""

    code = "DRAINING"
    retryable = True


class Internal(HeadgateError):
    """A fault of the gateway itself. The client gets an id, the log gets the rest."""

    kind = Kind.INTERNAL
    code = "INTERNAL"


class PushdownDiffers(Internal):
    """The answers with and without pushdown are not the same."""

    code = "PUSHDOWN_DIFFERS"
