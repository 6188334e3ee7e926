"""The locked DuckDB: one per gateway, a cursor per query, no way out but the pinned filesystem.

The settings here are the second wall; the first is the allow-list of :mod:`gateway.sql`. Neither is enough alone.
"""

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from connectors.files import CACHE_SETTINGS, ROOT, PinnedFiles
from connectors.spi import Column
from gateway.duckdb_errors import translated
from gateway.errors import Draining, SqlNotAllowed
from gateway.planner.fold import Folded
from gateway.planner.plan import Output

_REMEMBERED = 10_000
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})

Relations = Mapping[str, Sequence[Column]]


@dataclass(frozen=True)
class Limits:
    """What the engine may use. Sizes as DuckDB writes them (``2GB``); ``spill`` is where private folders are
    made; ``threads`` 0 means one per core."""

    memory: str = "2GB"
    threads: int = 0
    spill: Path | None = None
    spill_size: str = "10GB"


class Database:
    """A locked in-memory DuckDB. Thread-safe: each use has a cursor of its own."""

    def __init__(self, limits: Limits, files: PinnedFiles) -> None:
        self._spill = tempfile.mkdtemp(prefix="headgate-spill-", dir=limits.spill)
        connection = duckdb.connect(":memory:")
        connection.register_filesystem(files.filesystem())
        for name, value in self._settings(limits).items():
            # GLOBAL: a plain SET of some settings holds for this connection and not for its cursors.
            connection.execute(f"SET GLOBAL {name} = {_literal(value)}")
        self._connection: duckdb.DuckDBPyConnection | None = connection
        self._arrow_types: dict[str, pa.DataType] = {}
        self._expression_types: dict[Hashable, str] = {}
        self._folded: dict[str, Folded | None] = {}
        self._shapes: dict[str, Sequence[Column]] = {}
        self._shaping = threading.Lock()
        self._readers: list[duckdb.DuckDBPyConnection] = []

    def _settings(self, limits: Limits) -> dict[str, Any]:
        """In this order: directories can only be allowed while access is open, and the lock comes last."""
        return {
            "TimeZone": "UTC",
            "memory_limit": limits.memory,
            "threads": limits.threads or os.cpu_count() or 1,
            "temp_directory": self._spill,
            "max_temp_directory_size": limits.spill_size,
            "max_expression_depth": 500,
            "allow_community_extensions": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
            **CACHE_SETTINGS,
            "allowed_directories": [ROOT],
            "enable_external_access": False,
            "lock_configuration": True,
        }

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own to the same locked instance: its temporary names are seen by nobody else."""
        cursor = self._open().cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            raise Draining("The gateway is shutting down.", hint="Ask again in a moment.")
        return self._connection

    def describe(self, text: str, relations: Relations, *, kept: bool = False) -> tuple[Output, ...]:
        """Names and types of what ``text`` answers, over empty stand-ins for ``relations``. Runs nothing.

        ``kept`` says that the same relations will be asked about again, so that their stand-ins are worth keeping.

        Raises :class:`gateway.errors.SqlInvalid` when names or types do not fit.
        """
        stand_ins = [
            f"{quoted(name)} AS (SELECT {_nulls(columns)} WHERE FALSE)"
            for name, columns in relations.items()
            if not (kept and self._stands(name, columns))
        ]
        with self.cursor() as cursor, translated():
            statements = cursor.extract_statements(_with(stand_ins, text))
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise SqlNotAllowed("Only a single SELECT statement can be answered.")
            # A SELECT becomes a relation, which is bound and no more: DESCRIBE would plan and run a query of its own.
            relation = cursor.sql(statements[0])
            return tuple(Output(name, str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True))

    def _stands(self, name: str, columns: Sequence[Column]) -> bool:
        """Whether an empty table of that name has these columns; it is made when the name is new."""
        with self._shaping:
            if name not in self._shapes and len(self._shapes) < _REMEMBERED:
                with self.cursor() as cursor, translated():
                    cursor.execute(f"CREATE TABLE {quoted(name)} AS SELECT {_nulls(columns)} WHERE FALSE")
                self._shapes[name] = columns
            known = self._shapes.get(name)
            return known is columns or (known is not None and _shape(known) == _shape(columns))

    def type_of(self, key: Hashable, text: Callable[[], str], types: tuple[str, ...]) -> str:
        """The DuckDB type of an expression over columns x0, x1 … of these types, asked once for each key.

        Raises ValueError for what DuckDB rejects.
        """
        if key not in self._expression_types:
            if len(self._expression_types) >= _REMEMBERED:
                self._expression_types.clear()
            self._expression_types[key] = self._ask_type(text(), types)
        return self._expression_types[key]

    def _ask_type(self, text: str, types: tuple[str, ...]) -> str:
        columns = ", ".join(f"CAST(NULL AS {name}) AS x{number}" for number, name in enumerate(types)) or "NULL AS x0"
        with self.cursor() as cursor:
            try:
                row = cursor.execute(f"DESCRIBE SELECT {text} FROM (SELECT {columns})").fetchone()
            except duckdb.Error as problem:
                raise ValueError("DuckDB does not accept the expression") from problem
        return str(row[1]) if row else ""

    def fold(self, texts: Sequence[str], *, kept: bool) -> list[Folded | None]:
        """What DuckDB makes of constant expressions, all in one transaction so that clocks agree.

        None for each of them when one raises: the query itself then tells why. ``kept`` answers are asked once.
        """
        if kept and all(text in self._folded for text in texts):
            return [self._folded[text] for text in texts]
        outputs = ", ".join(f"typeof({text}), CAST({text} AS VARCHAR)" for text in texts)
        with self.cursor() as cursor:
            try:
                row = cursor.execute(f"SELECT {outputs}").fetchone() or ()
            except duckdb.Error:
                return [None] * len(texts)
        found: list[Folded | None] = [Folded(kind, text) for kind, text in zip(row[::2], row[1::2], strict=True)]
        if kept and len(self._folded) < _REMEMBERED:
            self._folded.update(zip(texts, found, strict=True))
        return found

    def schema(self, outputs: Sequence[Output]) -> pa.Schema:
        """The Arrow schema in which DuckDB hands out these columns."""
        return pa.schema([pa.field(output.name, self._arrow_type(output.type)) for output in outputs])

    def _arrow_type(self, type_name: str) -> pa.DataType:
        """What DuckDB itself says, asked once for each type."""
        if type_name not in self._arrow_types:
            with self.cursor() as cursor, translated():
                reader = cursor.sql(f"SELECT CAST(NULL AS {type_name})").to_arrow_reader(1)
                self._arrow_types[type_name] = reader.schema.types[0]
                reader.close()
        return self._arrow_types[type_name]

    def admit(self, text: str, relations: Collection[str]) -> None:
        """The third gate: DuckDB's own parser must see one SELECT over exactly the relations that were meant.

        Raises :class:`gateway.errors.SqlNotAllowed` otherwise. Nothing is run that was not admitted.
        """
        tree = json.loads(self._serialized(text))
        if tree.get("error") or len(tree["statements"]) != 1:
            raise SqlNotAllowed("This form of statement cannot be checked.", hint="Write it as a plain SELECT.")
        defined = set(_ctes(tree))
        for table in _of_type(tree, "BASE_TABLE"):
            elsewhere = table["catalog_name"] or table["schema_name"]
            if elsewhere or table["table_name"] not in {*relations, *defined}:
                raise SqlNotAllowed("The query reads a relation that is not a dataset.")
        for node in _of_type(tree, "TABLE_FUNCTION"):
            if node["function"]["function_name"].lower() not in _TABLE_FUNCTIONS:
                raise SqlNotAllowed("The query reads from a function that is not allowed.")

    def _serialized(self, text: str) -> str:
        """DuckDB's own reading of a statement. It is asked by statements prepared before, which takes half as long."""
        idle = self._readers
        reader = idle.pop() if idle else self._prepared()
        with translated():
            row = reader.execute(f"EXECUTE reading({_literal(text)})").fetchone()
        idle.append(reader)
        return str(row[0]) if row else "{}"

    def _prepared(self) -> duckdb.DuckDBPyConnection:
        reader = self._open().cursor()
        reader.execute("PREPARE reading AS SELECT json_serialize_sql($1::VARCHAR)")
        return reader

    def close(self) -> None:
        """Close the instance and remove its spill folder. Idempotent."""
        # Let go of it too: a transport may hold the service until the interpreter ends, where DuckDB would complain.
        connection, self._connection = self._connection, None
        while self._readers:
            self._readers.pop().close()
        if connection is not None:
            connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)


def _with(stand_ins: Sequence[str], text: str) -> str:
    """``text`` with more CTEs in front; as the printer writes it, it begins with its own WITH if it has one."""
    own = next((word for word in ("WITH RECURSIVE ", "WITH ") if text.startswith(word)), "")
    if not stand_ins:
        return text
    return f"{own or 'WITH '}{', '.join(stand_ins)}{', ' if own else ' '}{text.removeprefix(own)}"


def _shape(columns: Sequence[Column]) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in columns]


def _nulls(columns: Sequence[Column]) -> str:
    return ", ".join(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in columns)


def quoted(name: str) -> str:
    """An identifier as DuckDB reads it back unchanged."""
    return '"' + name.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a serialised statement, without recursion: statements may be deep."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _of_type(tree: Any, kind: str) -> Iterator[dict[str, Any]]:
    return (node for node in _nodes(tree) if node.get("type") == kind)


def _ctes(tree: Any) -> Iterator[str]:
    for node in _nodes(tree):
        for entry in (node.get("cte_map") or {}).get("map") or ():
            yield entry["key"]
