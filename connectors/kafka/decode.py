"""JSON records into Arrow, many at a time, strictly: what does not fit the contract is an error, never a guess.

A record without a value (a tombstone) is no event and is left out. A missing key is NULL. Text is never taken for a
number nor a number for text; decimals are read from their digits and never pass through a double. A key that is
not UTF-8 shows as ``\\x`` and hexadecimal digits.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from connectors.errors import StoreDataCorrupt
from connectors.kafka.columns import json_type, segment_schema
from connectors.spi import Column
from connectors.types import Family

_UNFIT = "does not fit the contract"
_WHITESPACE = " \t\r\n"
_TIME = r"^\d\d:\d\d:\d\d(\.\d{1,6})?$"
_UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


class _Misfit(Exception):
    """Some of the values do not fit; the message is a clause that may be shown."""


class Decoder:
    """Decodes records of one topic into tables of ``schema``."""

    def __init__(self, topic: str, columns: Sequence[Column]) -> None:
        self._topic = topic
        self._columns = tuple(columns)
        self.schema = segment_schema(self._columns)

    def decode(self, records: pa.Table) -> pa.Table:
        """One row per record (of :data:`raw.SCHEMA`) with a value. StoreDataCorrupt names the first misfit's place."""
        values = records.column("value")
        if values.null_count:
            records = records.filter(values.is_valid())
        if not records.num_rows:
            return self.schema.empty_table()
        records = records.combine_chunks()
        values = records.column("value").chunk(0)
        try:
            body = _parse(values, self._columns)
        except _Misfit as misfit:
            raise self._poison(records, values) from misfit
        return pa.table([*body, *_extras(records)], schema=self.schema)

    def _poison(self, records: pa.Table, values: pa.Array) -> StoreDataCorrupt:
        first = _first_misfit(lambda count: _fits(values.slice(0, count), self._columns), len(values)) - 1
        why = _reason(values.slice(first, 1), self._columns)
        partition, offset = (records.column(name)[first].as_py() for name in ("partition", "offset"))
        place = f"the topic {self._topic!r}, partition {partition}, offset {offset}"
        return StoreDataCorrupt(
            f"The record in {place}, {why}.",
            hint="The producer has to mend it, or the contract has to allow it.",
        )


def _parse(values: pa.Array, columns: Sequence[Column]) -> list[pa.Array]:
    """The declared columns of all values (binary, none of them NULL); raises :class:`_Misfit`."""
    # pyarrow's parser sees one text of many objects. Each value that begins and ends as an object holds at least
    # one whole object, or breaks the text; so as many rows as values means exactly one each. A bare null at the
    # beginning, which crashes that parser, cannot get there either.
    if not _are_objects(values):
        values = pc.ascii_trim(values.view(pa.large_utf8()), _WHITESPACE).view(values.type)
        if not _are_objects(values):
            raise _Misfit("is not a JSON object")
    text = _lines(values)
    schema = pa.schema([pa.field(column.physical, json_type(column.type)) for column in columns])
    try:
        # One block for all: blocks are cut at newlines, and JSON may have those between its tokens.
        table = arrow_json.read_json(
            pa.BufferReader(text),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=text.size + 1),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        table.validate(full=True)  # the parser lets bytes through that are not UTF-8
        if table.num_rows != len(values):
            raise _Misfit("is not one JSON object")
        return [_finished(table.column(i).combine_chunks(), column) for i, column in enumerate(columns)]
    except pa.ArrowException as error:
        raise _Misfit(_UNFIT) from error


def _are_objects(values: pa.Array) -> bool:
    """Whether each value begins and ends like an object."""
    return _all(pc.starts_with(values, b"{")) and _all(pc.ends_with(values, b"}"))


def _lines(values: pa.Array) -> pa.Buffer:
    """All values in one text, a newline between two."""
    together = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    return pc.binary_join(together, pa.scalar(b"\n", values.type))[0].as_buffer()


def _finished(array: pa.Array, column: Column) -> pa.Array:
    """A parsed column in its final type, checked for what the parser does not know."""
    if not column.nullable and array.null_count:
        raise _Misfit(f"lacks the required column {column.name!r}")
    if column.family is Family.UUID and not _all(pc.match_substring_regex(array, _UUID)):
        raise _Misfit(f"has no UUID in the column {column.name!r}")
    if column.family in (Family.REAL, Family.DOUBLE) and not _all(pc.is_finite(array)):
        raise _Misfit(f"has no finite number in the column {column.name!r}")
    if column.family is Family.TIME:
        return _times(array)
    wanted = segment_schema((column,)).field(0).type
    return array if array.type == wanted else array.cast(wanted)


def _times(array: pa.Array) -> pa.Array:
    """Arrow casts times of day only without fractions, so they take the way through a day."""
    if not _all(pc.match_substring_regex(array, _TIME)):
        raise pa.ArrowInvalid("not a time of day")
    return pc.binary_join_element_wise("1970-01-01", array, "T").cast(pa.timestamp("us")).cast(pa.time64("us"))


def _all(flags: pa.Array) -> bool:
    return pc.all(flags).as_py() is not False


def _extras(records: pa.Table) -> list[pa.Array]:
    columns = (records.column(name).chunk(0) for name in ("partition", "offset", "timestamp"))
    casts = [column.cast(field.type) for column, field in zip(columns, segment_schema(()), strict=False)]
    return [*casts, _keys(records.column("key").chunk(0))]


def _keys(raw: pa.Array) -> pa.Array:
    text = segment_schema(()).field("_key").type
    try:
        return raw.cast(text)
    except pa.ArrowInvalid:
        return pa.array([_shown(key) for key in raw.to_pylist()], text)


def _shown(key: bytes | None) -> str | None:
    if key is None:
        return None
    try:
        return key.decode()
    except UnicodeDecodeError:
        return "\\x" + key.hex()


def _fits(values: pa.Array, columns: Sequence[Column]) -> bool:
    try:
        _parse(values, columns)
    except _Misfit:
        return False
    return True


def _first_misfit(fits: Callable[[int], bool], count: int) -> int:
    """The smallest number of leading values that do not fit, knowing that all ``count`` do not."""
    good, bad = 0, count
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return bad


def _reason(value: pa.Array, columns: Sequence[Column]) -> str:
    """What is wrong with one value, in words that repeat nothing of it."""
    for column in columns:
        try:
            _parse(value, [column])
        except _Misfit as misfit:
            told = str(misfit)
            if told != _UNFIT:
                return told
            return f"has no {column.type} in the column {column.name!r}" if _is_json(value) else "is not valid JSON"
    return _UNFIT


def _is_json(value: pa.Array) -> bool:
    """Whether a value parses when no column is wanted of it (no producer names a key like this one)."""
    return _fits(value, [Column("\0headgate", "VARCHAR")])
