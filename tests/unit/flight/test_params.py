import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from gateway.errors import ParametersInvalid, RequestMalformed, Unsupported
from gateway.flight import params


def read(*batches):
    return params.read_bound(batches[0].schema, batches)


def one(value, kind=None):
    return pa.record_batch({"1": pa.array([value], kind)})


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, pa.null()),
        (True, pa.bool_()),
        (-128, pa.int8()),
        (2**64 - 1, pa.uint64()),
        (float("inf"), pa.float64()),
        (Decimal(-99999999999999999999999999999999999999), pa.decimal128(38, 0)),
        ("", pa.utf8()),
        ("x", pa.large_utf8()),
        ("a longer text than twelve bytes", pa.string_view()),
        (b"\x00", pa.binary_view()),
        (b"abc", pa.binary(3)),
        (datetime.date(1, 1, 1), pa.date32()),
        (datetime.time(23, 59, 59, 999999), pa.time64("us")),
        (datetime.datetime(9999, 12, 31), pa.timestamp("us")),
        (datetime.timedelta(days=-1), pa.duration("us")),
    ],
)
def test_values_come_back(value, kind):
    assert params.values(read(one(value, kind))) == [value]


def test_nanoseconds_that_are_whole_microseconds_can_be_bound_and_others_not():
    assert params.values(read(one(1_000, pa.timestamp("ns")))) == [datetime.datetime(1970, 1, 1, 0, 0, 0, 1)]
    with pytest.raises(ParametersInvalid, match=r"parameter \$1 is outside the range"):
        read(one(1, pa.timestamp("ns")))


@pytest.mark.parametrize(
    "batch",
    [
        one(2**62, pa.timestamp("us")),
        one(2**31 - 1, pa.date32()),
        pa.record_batch({"1": pa.array([125], pa.int32()).cast(pa.decimal128(12, 0)).view(pa.decimal128(12, 400))}),
        one(0, pa.timestamp("us", tz="Nowhere/Atall")),
        one([1], pa.list_(pa.int64())),
        one({"a": 1}, pa.struct([("a", pa.int64())])),
        pa.record_batch({"1": pa.array(["a"]).dictionary_encode()}),
        one((1, 2, 3), pa.month_day_nano_interval()),
    ],
    ids=lambda batch: str(batch.schema.types[0]),
)
def test_what_cannot_be_bound_is_refused(batch):
    with pytest.raises(ParametersInvalid):
        read(batch)


def test_text_that_is_not_utf8_is_refused():
    text = pa.Array.from_buffers(pa.utf8(), 1, pa.array([b"\xff\xfe"]).buffers())
    with pytest.raises(ParametersInvalid, match="not valid Arrow data"):
        read(pa.RecordBatch.from_arrays([text], names=["1"]))


def one_of(code, offset, values=(7,)):
    """A union of a number and a text as flightsql-dbapi binds it; Arrow does not look at the two indices."""
    children = [pa.array(values, pa.int64()), pa.array(["ab"])]
    kind = pa.dense_union([pa.field("n", pa.int64()), pa.field("t", pa.utf8())])
    indices = [None, pa.array([code], pa.int8()).buffers()[1], pa.array([offset], pa.int32()).buffers()[1]]
    return pa.record_batch({"param_0": pa.UnionArray.from_buffers(kind, 1, indices, children=children)})


def test_a_value_inside_a_union_is_taken_out():
    assert params.values(read(one_of(0, 0))) == [7]
    assert params.values(read(one_of(0, 1, (7, 8)))) == [8]
    assert params.values(read(one_of(1, 0))) == ["ab"]
    assert params.values(read(one_of(0, 0, (None,)))) == [None]


@pytest.mark.parametrize(("code", "offset"), [(0, 1), (0, -1), (0, 1 << 30), (2, 0), (-3, 0)])
def test_a_union_that_points_outside_itself_is_refused(code, offset):
    with pytest.raises(ParametersInvalid, match="not valid Arrow data"):
        read(one_of(code, offset))


def test_other_unions_are_refused():
    code, offset, plain, nested = pa.array([0], pa.int8()), pa.array([0], pa.int32()), pa.array([1]), pa.array([[1]])
    for union in (
        pa.UnionArray.from_sparse(code, [plain, plain]),
        pa.UnionArray.from_dense(code, offset, [plain, nested]),
    ):
        with pytest.raises(ParametersInvalid, match="type that cannot be bound"):
            read(pa.record_batch({"1": union}))


def test_a_name_that_is_not_utf8_is_refused():
    sink = pa.BufferOutputStream()
    batch = pa.record_batch({"abcd": [1]})
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    reader = pa.ipc.open_stream(sink.getvalue().to_pybytes().replace(b"abcd", b"a\xffcd"))
    with pytest.raises(ParametersInvalid, match="not valid Arrow data"):
        params.read_bound(reader.schema, reader)


def test_none_one_and_many_rows():
    empty = pa.record_batch({"1": pa.array([], pa.int64())})
    nothing = pa.RecordBatch.from_arrays([], names=[])
    assert read(nothing) is None
    assert read(empty) is None
    assert params.values(read(empty, one(1), empty)) == [1]
    for batches in ((pa.record_batch({"1": [1, 2]}),), (one(1), one(2))):
        with pytest.raises(Unsupported, match="one row of parameters at a time"):
            read(*batches)


def test_caps():
    with pytest.raises(ParametersInvalid, match="at most 1000 parameters"):
        read(pa.record_batch({str(at): [1] for at in range(1_001)}))
    with pytest.raises(ParametersInvalid, match="larger than 1,048,576 bytes"):
        read(one("x" * (1 << 20) + "x"))


@pytest.mark.parametrize("kind", [pa.ArrowInvalid, OSError])
def test_an_unreadable_stream_is_malformed(kind):
    def broken():
        raise kind("secret detail")
        yield

    with pytest.raises(RequestMalformed) as caught:
        params.read_bound(pa.schema([("1", pa.int64())]), broken())
    assert "secret" not in str(caught.value)


def test_times_are_asked_for_in_milliseconds_because_jdbc_sends_nothing_else():
    kinds = ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME", "DATE"]
    told = params.parameter_schema(kinds, "common").types
    assert told == [pa.timestamp("ms"), pa.timestamp("ms", tz="UTC"), pa.time32("ms"), pa.date32()]
    assert params.parameter_schema(["TIMESTAMP"], "full").types == [pa.timestamp("us")]


def test_the_parameter_schema_names_parameters_by_number():
    schema = params.parameter_schema(["INTEGER", "UBIGINT", "STRUCT(a INTEGER)"], "common")
    assert schema == pa.schema([("$1", pa.int32()), ("$2", pa.decimal128(20, 0)), ("$3", pa.utf8())])
