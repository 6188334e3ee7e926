"""The messages that the transport itself reads, in a pool of their own: descriptors, tickets, actions, data."""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

_KINDS = descriptor_pb2.FieldDescriptorProto
_FIELDS = {
    "Descriptor": {1: _KINDS.TYPE_INT32, 2: _KINDS.TYPE_BYTES},
    "Ticket": {1: _KINDS.TYPE_BYTES},
    "Action": {1: _KINDS.TYPE_STRING, 2: _KINDS.TYPE_BYTES},
    "Data": {1: _KINDS.TYPE_BYTES, 2: _KINDS.TYPE_BYTES, 3: _KINDS.TYPE_BYTES, 1000: _KINDS.TYPE_BYTES},
    "Handshake": {1: _KINDS.TYPE_UINT64, 2: _KINDS.TYPE_BYTES},
}
Values = dict[int, Any]


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="envelopes.proto", package="fuzz", syntax="proto3")
    for name, kinds in _FIELDS.items():
        made = file.message_type.add(name=name)
        for number, kind in kinds.items():
            made.field.add(name=f"f{number}", number=number, type=kind, label=_KINDS.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"fuzz.{name}")) for name in _FIELDS}


_CLASSES = _classes()


def packed(name: str, values: Values) -> bytes:
    """The bytes of an envelope with these values by number."""
    return bytes(_CLASSES[name](**{f"f{number}": value for number, value in values.items()}).SerializeToString())


def opened(name: str, data: bytes) -> Values | None:
    """The values of an envelope by number, or None where the bytes are none."""
    try:
        message = _CLASSES[name].FromString(data)
    except DecodeError:
        return None
    return {number: getattr(message, f"f{number}") for number in _FIELDS[name]}
