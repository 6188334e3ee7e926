"""Records as columns, before anything of them is decoded: what is taken out of the client's message objects at once.

The client makes an object for every record. Few of them live at a time: the more there are, the more often Python
searches them for cycles, which costs as much as making them.
"""

from collections.abc import Sequence

import pyarrow as pa

from connectors.kafka.record import Record

SCHEMA = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", pa.timestamp("ms", "UTC")),
        ("key", pa.large_binary()),
        ("value", pa.large_binary()),
    ]
)
_PARTITION, _OFFSET, _TIMESTAMP, _KEY, _VALUE = (field.type for field in SCHEMA)


def taken(partition: int, messages: Sequence[Record]) -> pa.RecordBatch:
    """At least one record of a partition, in order of offset, as a batch of ``SCHEMA``."""
    columns = [
        pa.repeat(pa.scalar(partition, _PARTITION), len(messages)),
        _offsets(messages),
        pa.array([at if kind else None for kind, at in [message.timestamp() for message in messages]], _TIMESTAMP),
        pa.array([message.key() for message in messages], _KEY),
        pa.array([message.value() for message in messages], _VALUE),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def _offsets(messages: Sequence[Record]) -> pa.Array:
    first, last = messages[0].offset(), messages[-1].offset()
    if last - first == len(messages) - 1:  # offsets only grow, so none is missing in between
        return pa.arange(first, last + 1)
    return pa.array([message.offset() for message in messages], _OFFSET)
