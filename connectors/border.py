"""Nothing from a store reaches DuckDB unchecked: a wrong batch is memory corruption there, not an error."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connectors.call import Call
from connectors.errors import CallCancelled, HeadgateError, StoreDataCorrupt, StoreError, StoreSchemaMismatch
from connectors.spi import Stream

_DAY = 86_400_000_000  # microseconds


class Checked:
    """A stream in which every batch has exactly the declared schema and sound buffers.

    ``rows`` and ``bytes`` count what has passed so far. An end is only told when the store told it: after
    :meth:`close` or a cancelled call, going on raises :class:`connectors.errors.HeadgateError`.
    """

    def __init__(self, stream: Stream, schema: pa.Schema, call: Call, *, store: str, product: str = "") -> None:
        self.rows = 0
        self.bytes = 0
        self._stream = stream
        self._schema = schema
        self._call = call
        self._store = store
        self._product = product
        self._closed = False
        self._ended = False

    @property
    def schema(self) -> pa.Schema:
        """The declared schema, which every batch has."""
        return self._schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The batches; raises only :class:`connectors.errors.HeadgateError`, naming store and product."""
        try:
            for batch in self._stream:
                self._go_on()
                self._inspect(batch)
                self.rows += batch.num_rows
                self.bytes += batch.nbytes
                yield self._plain(batch)
            self._go_on()
            self._ended = True
        except Exception as problem:
            raise self._translated(problem) from problem

    def close(self) -> None:
        """Stop the store's work. Idempotent, from any thread."""
        self._closed = True
        self._stream.close()

    def _go_on(self) -> None:
        self._call.check()
        if self._closed and not self._ended:
            raise CallCancelled("The stream was closed before its end.")

    def _inspect(self, batch: pa.RecordBatch) -> None:
        if sentence := _difference(self._schema, batch.schema):
            hint = "Bring the contract and the table into line, or repair the connector."
            raise StoreSchemaMismatch(sentence, hint=hint)
        try:
            _validate(batch)
        except pa.ArrowInvalid as problem:
            raise StoreDataCorrupt("A batch from the store cannot be decoded.") from problem

    def _plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch under the declared schema object, so that nullability and metadata cannot differ."""
        return pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)

    def _translated(self, problem: Exception) -> HeadgateError:
        try:
            # What a library says after we stopped it is a consequence: the reason for stopping comes first.
            self._go_on()
        except HeadgateError as reason:
            problem = reason
        if isinstance(problem, HeadgateError):
            return problem.about(store=self._store, product=self._product)
        return StoreError("The store's answer broke off.", store=self._store, product=self._product)


def checked(stream: Stream, schema: pa.Schema, call: Call, *, store: str, product: str = "") -> Checked:
    """Put ``stream`` behind the border. ``schema`` is what was declared, ``store`` and ``product`` name it in errors.

    Raises while iterating: :class:`StoreSchemaMismatch`, :class:`StoreDataCorrupt`, and what the store raises.
    """
    return Checked(stream, schema, call, store=store, product=product)


def _difference(expected: pa.Schema, found: pa.Schema) -> str:
    if len(expected) != len(found):
        return f"The store sent {len(found)} columns where {len(expected)} were declared."
    for position, (want, have) in enumerate(zip(expected, found, strict=True), start=1):
        if want.name != have.name:
            return f"Column {position} was declared as {want.name!r}, the store sent {have.name!r}."
        if want.type != have.type:
            return f"The column {want.name!r} was declared as {want.type}, the store sent {have.type}."
    return ""


def _validate(batch: pa.RecordBatch) -> None:
    """Full validation, except that 24:00 is a time of day, as it is in DuckDB and Postgres."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        if not any(pa.types.is_time64(field.type) for field in batch.schema):
            raise
        for column in batch.columns:
            _validate_column(column)


def _validate_column(column: pa.Array) -> None:
    if column.type != pa.time64("us"):
        column.validate(full=True)
        return
    column.validate()
    span = pc.min_max(column.view(pa.int64())).as_py()
    if span["min"] is not None and not 0 <= span["min"] <= span["max"] <= _DAY:
        raise pa.ArrowInvalid("a time of day lies outside the day")
