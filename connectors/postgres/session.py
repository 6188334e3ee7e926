"""One connection: pinned settings, read-only repeatable transactions, and a way to interrupt it."""

import re
from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from adbc_driver_manager import _reader
from adbc_driver_postgresql import dbapi

from connectors.errors import StoreRejected
from connectors.render.native import text

# Each of these was seen to change an answer when a role or a database sets it otherwise.
PINNED = {
    "search_path": "pg_catalog, pg_temp",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "array_nulls": "on",
    "client_encoding": "UTF8",
    "client_min_messages": "error",
    "row_security": "on",
    "default_transaction_isolation": "repeatable read",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "off",
    "application_name": "headgate",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
_SAVEPOINT = "headgate"
_WRONG_KIND = "42809"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.:@/-]")
BATCH_BYTES = 4 << 20
# What is asked for is cast to types that every server has. Left to itself the driver reads the columns of all tables
# of the database for each connection, to know their rows as types.
_DRIVER = {"adbc.postgresql.type_resolver_mode": "builtin"}


class Session:
    """A connection of its own to one database. One thread at a time, except for :meth:`interrupt`.

    Everything here blocks and raises what ADBC raises: callers bound it in time and translate its errors.
    ``version`` is what the server prints for the snapshot of a transaction that began with tables.
    """

    def __init__(self, connection: dbapi.Connection) -> None:
        self._connection = connection
        self.pid = 0
        self.label = ""
        self.version = ""

    @classmethod
    def opened(cls, uri: str) -> "Session":
        """Connect, pin every setting and prove that it took. Raises StoreRejected when one did not."""
        session = cls(dbapi.connect(uri, db_kwargs=_DRIVER, autocommit=True))
        try:
            session._pin()
        except BaseException:
            session.close()
            raise
        return session

    def _pin(self) -> None:
        pins = ", ".join(f"pg_catalog.set_config('{name}', {text(value)}, false)" for name, value in PINNED.items())
        self.rows(f"SELECT {pins}")
        names = ", ".join(text(name) for name in (*PINNED, "server_encoding"))
        found = dict(self.rows(f"SELECT name::text, setting FROM pg_settings WHERE name::text IN ({names})"))
        if found.pop("server_encoding", "") != "UTF8":
            raise StoreRejected("The database is not encoded in UTF8.", hint="Serve it from a UTF8 database.")
        if found != PINNED:
            raise StoreRejected("The database does not take the session's settings.")
        self.pid = self.rows("SELECT pg_backend_pid()")[0][0]

    def rows(self, query: str, *, copy: bool = True) -> list[tuple[Any, ...]]:
        """All rows of a small query. ``copy`` is off for what COPY cannot hold (EXPLAIN)."""
        with self._connection.cursor() as cursor:
            if not copy:
                cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(query)
            # As columns: the cursor's own rows are made cell by cell, which takes six times as long.
            return list(zip(*(column.to_pylist() for column in cursor.fetch_arrow_table().columns), strict=True))

    def do(self, *statements: str) -> None:
        """Run statements that have no rows, in one round trip."""
        with self._connection.cursor() as cursor:
            cursor.executescript("; ".join(statements))

    def begin(self, label: str, milliseconds: int, snapshot: str = "", tables: Sequence[str] = ()) -> None:
        """Start a REPEATABLE READ READ ONLY transaction, seeing what an exported ``snapshot`` sees if one is given.

        ``label`` becomes application_name; ``milliseconds`` is the time limit of each statement, 0 for none;
        ``tables`` are quoted names that nobody can truncate or rewrite until the transaction ends: with them, the
        snapshot is taken at once.
        """
        self.label = _UNSAFE.sub("_", label)[:63]
        begin = [
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY NOT DEFERRABLE",
            f"SET LOCAL application_name = {text(self.label)}",
            f"SET LOCAL statement_timeout = {milliseconds:d}",
        ]
        if snapshot:
            begin.insert(1, f"SET TRANSACTION SNAPSHOT {text(snapshot)}")
        if tables:
            self._hold(begin, tables)
            ((self.version,),) = self.rows("SELECT pg_current_snapshot()::text")
        else:
            self.do(*begin)

    def _hold(self, begin: Sequence[str], tables: Sequence[str]) -> None:
        """Lock before the first query, so before the snapshot is taken: to an older one a truncated table is empty."""
        # A snapshot cannot be exported out of a subtransaction, so the savepoint goes; the locks stay.
        release = f"RELEASE SAVEPOINT {_SAVEPOINT}"
        try:
            lock = f"LOCK TABLE {', '.join(tables)} IN ACCESS SHARE MODE"
            self.do(*begin, f"SAVEPOINT {_SAVEPOINT}", lock, release)
        except dbapi.Error as problem:
            if problem.sqlstate != _WRONG_KIND:
                raise
            # Materialised views and foreign tables are locked only by reading them.
            self.recover()
            self.do(*(f"SELECT 1 FROM {table} LIMIT 0" for table in tables), release)

    def export(self) -> str:
        """The id under which others can import this transaction's snapshot; empty on a standby. Before any stream."""
        exported = "CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_export_snapshot() END"
        ((found,),) = self.rows(f"SELECT {exported}")
        return str(found)

    def stream(self, query: str, *, one_by_one: bool = False) -> Generator[pa.RecordBatch, None, None]:
        """The batches of a query as ADBC makes them, under a savepoint. Closing the iterator early drains it.

        ``one_by_one`` makes a batch of each row.
        """
        size = 1 if one_by_one else BATCH_BYTES
        self.do(f"SAVEPOINT {_SAVEPOINT}")
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(size)})
            cursor.execute(query)
            # The reader that cursor.fetch_record_batch() gives loses the SQLSTATE of an error in mid-stream.
            handle = cursor.fetch_arrow()
            reader = _reader.AdbcRecordBatchReader._import_from_c(handle.address)  # noqa: SLF001
            try:
                yield from reader
            finally:
                reader.close()

    def recover(self) -> None:
        """After a failed or interrupted query: back to before it, under the same snapshot."""
        self.do(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")

    def end(self) -> None:
        """End the transaction, whatever state it is in."""
        self.do("ROLLBACK")

    def interrupt(self) -> None:
        """Ask the server to cancel what runs. From any thread; blocks while the server cannot be reached.

        A request that fails is let go: the connection is ending already, and whoever waits has stopped waiting.
        """
        with suppress(dbapi.Error):
            self._connection.adbc_cancel()

    def close(self) -> None:
        """Disconnect; the server rolls back."""
        self._connection.close()
