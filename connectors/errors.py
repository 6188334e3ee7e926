"""Every error has a kind, a stable code, one sentence and one hint.

The sentence is shown to clients as it stands: it names products and stores, never a DSN, a path on the
gateway's host, a credential or a value out of the data. What a library said stays in ``__cause__`` for the log.
"""

from enum import StrEnum
from typing import ClassVar, Self


class Kind(StrEnum):
    """Who can do something about an error."""

    USER = "USER"
    STORE = "STORE"
    RESOURCE = "RESOURCE"
    INTERNAL = "INTERNAL"


class HeadgateError(Exception):
    """The root of all errors that may reach a client.

    ``code`` is stable over releases and documented in docs/errors.md; ``retryable`` says whether the same
    call may succeed later without any change.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "INTERNAL"
    retryable: ClassVar[bool] = False

    def __init__(self, sentence: str, *, hint: str = "", product: str = "", store: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        self.product = product
        self.store = store

    def about(self, *, product: str = "", store: str = "") -> Self:
        """Name the product and the store where whoever raised this could not know them."""
        self.product = self.product or product
        self.store = self.store or store
        return self

    def __str__(self) -> str:
        place = ", ".join(
            f"{word} {name!r}" for word, name in (("product", self.product), ("store", self.store)) if name
        )
        told = f"{self.sentence} [{place}]" if place else self.sentence
        return f"{self.code}: {told} Hint: {self.hint}" if self.hint else f"{self.code}: {told}"


class StoreError(HeadgateError):
    """Something went wrong between a connector and its store."""

    kind = Kind.STORE
    code = "STORE_FAILED"


class StoreUnavailable(StoreError):
    """The store cannot be reached, or broke the connection."""

    code = "STORE_UNAVAILABLE"
    retryable = True


class StoreTimeout(StoreError):
    """The store was reached and then stayed silent, or its own time limit ended the work."""

    code = "STORE_TIMEOUT"
    retryable = True


class StoreDenied(StoreError):
    """The store refuses the gateway's credentials or rights."""

    code = "STORE_DENIED"


class StoreRejected(StoreError):
    """The store refused a fragment that the planner thought it could compute."""

    code = "STORE_REJECTED"


class StoreValueError(StoreRejected):
    """The store computed the fragment and met a value it cannot answer for (SQLSTATE class 22 in Postgres)."""

    code = "STORE_VALUE"


class StoreChanged(StoreError):
    """What the snapshot pinned is not there any more: a file was replaced, a topic recreated."""

    code = "STORE_CHANGED"
    retryable = True


class SnapshotIncomplete(StoreError):
    """The store has already deleted a part of what the snapshot must hold (Kafka retention)."""

    code = "SNAPSHOT_INCOMPLETE"


class StoreSchemaMismatch(StoreError):
    """What the store holds does not have the shape that the contract or an earlier reading promised."""

    code = "STORE_SCHEMA"


class StoreDataCorrupt(StoreError):
    """Bytes that cannot be decoded: a truncated file, a poison message."""

    code = "STORE_DATA"


class TableUnknown(StoreError):
    """The store has no table of that name."""

    code = "STORE_TABLE_UNKNOWN"


class ConnectorMisconfigured(HeadgateError):
    """A store's section of the configuration cannot be used."""

    kind = Kind.USER
    code = "STORE_CONFIG"


class CallCancelled(HeadgateError):
    """The client went away or asked for the query to stop."""

    kind = Kind.USER
    code = "CANCELLED"


class DeadlineExceeded(HeadgateError):
    """The query's time is up."""

    kind = Kind.RESOURCE
    code = "DEADLINE_EXCEEDED"
