"""What a connector's author tells the kit: how to connect, and how data gets into the real store."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

import pyarrow as pa

from connectors.files import PinnedFiles
from connectors.spi import Column, Connector, Surroundings, Table


class Subject(ABC):
    """One store under test. Made once per test class; the kit asks for all else."""

    def __init__(self) -> None:
        state = Path(mkdtemp(prefix="headgate-kit-"))
        self.surroundings = Surroundings(PinnedFiles(), state)
        finalize(self, rmtree, state, ignore_errors=True)

    @abstractmethod
    def connect(self) -> Connector:
        """A new connector to the store. The kit closes it."""

    @abstractmethod
    def load(self, name: str, columns: Sequence[Column], rows: pa.Table) -> Table:
        """Make a table of these columns in the store and put ``rows`` in; ``name`` is used once and is a plain word.

        ``rows`` has the schema ``arrow_schema(columns)``. The answer may have more columns than were asked for.
        """

    @abstractmethod
    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows to a table that was loaded."""

    def holds(self, type_name: str, value: str) -> bool:  # noqa: ARG002
        """Whether the store can hold a value (DuckDB's text for it) of a DuckDB type; the kit then leaves it out."""
        return True

    def outage(self) -> AbstractContextManager[None] | None:
        """A context in which the store cannot be reached, or None where that cannot be brought about."""
        return None
