"""DecodeRaw, DecodePaddedRaw, DecodeCompressed, ParseTensor, SerializeTensor: bytes as tensors."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ...graph.tensor_proto import array_to_proto, make_ndarray
from ..shape_rules import same_as_input, scalar_shape, unknown
from .messages import as_strings

_RAW_TYPES = "half, float, double, int32, uint16, uint8, int16, int8, int64"


def decode_raw_shape(context: ShapeContext) -> TensorShape:
    return context.shape(0).concatenate(TensorShape([None]))


decode_raw_op = define_op(
    "DecodeRaw",
    inputs=["bytes: string"],
    outputs=["output: out_type"],
    attrs=[
        f"out_type: {{{_RAW_TYPES}, complex64, complex128, bool}}",
        "little_endian: bool = true",
    ],
    shape=decode_raw_shape,
)
decode_raw_op.no_grad()


@decode_raw_op.define
def decode_raw_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    dtype = _stored_type(node)
    lengths = {len(text) for text in texts.ravel()}
    if len(lengths) > 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            "DecodeRaw requires input strings to all be the same size, but there are sizes "
            f"{sorted(lengths)}",
        )
    length = lengths.pop() if lengths else 0
    if length % dtype.itemsize:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to DecodeRaw has length {length} that is not a multiple of {dtype.itemsize}, "
            f"the size of {node.attrs['out_type'].name}",
        )
    return _decoded(texts, dtype, length, node)


def _stored_type(node: Any) -> np.dtype[Any]:
    dtype = np.dtype(node.attrs["out_type"].as_numpy_dtype)
    return dtype.newbyteorder("<" if node.attrs["little_endian"] else ">")


def _decoded(texts: np.ndarray, dtype: np.dtype[Any], length: int, node: Any) -> np.ndarray:
    """Strings of one length, a multiple of the type's size, as rows of numbers."""
    data = np.frombuffer(b"".join(texts.ravel()), np.uint8)
    sizes = [*texts.shape, length // dtype.itemsize]
    if dtype.kind == "b":  # any byte but 0 is true
        return (data != 0).reshape(sizes)
    return data.view(dtype).astype(node.attrs["out_type"].as_numpy_dtype).reshape(sizes)


def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    name: str | None = None,
    bytes: Any = None,
) -> Tensor:
    """The bytes of strings as numbers.

    Args:
      input_bytes: strings of one length, of any shape.
      out_type: the type of the numbers.
      little_endian: whether the first byte of a number is its lowest.
      name: the node's name.
      bytes: the former name of `input_bytes`.

    Returns:
      A tensor with one more dimension than `input_bytes`: the numbers in each string.

    Raises:
      ValueError: there is no `out_type`. In a run, InvalidArgumentError: the strings differ in
        length, or hold no whole numbers.
    """
    given = deprecated_argument_lookup("input_bytes", input_bytes, "bytes", bytes)
    if out_type is None:
        raise ValueError("decode_raw() missing 1 positional argument: 'out_type'")
    tensor: Tensor = decode_raw_op(given, out_type=out_type, little_endian=little_endian, name=name)
    return tensor


def decode_padded_raw_shape(context: ShapeContext) -> TensorShape:
    context.with_rank(1, 0)
    length = context.constant(1)
    width = None if length is None else int(length) // context.attrs["out_type"].size
    return context.shape(0).concatenate(TensorShape([width]))


decode_padded_raw_op = define_op(
    "DecodePaddedRaw",
    inputs=["input_bytes: string", "fixed_length: int32"],
    outputs=["output: out_type"],
    attrs=[f"out_type: {{{_RAW_TYPES}}}", "little_endian: bool = true"],
    shape=decode_padded_raw_shape,
)
decode_padded_raw_op.no_grad()


@decode_padded_raw_op.define
def decode_padded_raw_reference(
    node: Any, texts: np.ndarray, fixed_length: np.ndarray
) -> np.ndarray:
    dtype, length = _stored_type(node), int(fixed_length)
    if length <= 0 or length % dtype.itemsize:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"fixed_length ({length}) must be a positive multiple of {dtype.itemsize}, the size "
            f"of {node.attrs['out_type'].name}",
        )
    cut = as_strings([text[:length].ljust(length, b"\0") for text in texts.ravel()])
    return _decoded(cut.reshape(texts.shape), dtype, length, node)


decode_compressed_op = define_op(
    "DecodeCompressed",
    inputs=["bytes: string"],
    outputs=["output: string"],
    attrs=["compression_type: string = ''"],
    shape=same_as_input,
)
decode_compressed_op.no_grad()

_WINDOW_BITS = {"ZLIB": zlib.MAX_WBITS, "GZIP": zlib.MAX_WBITS + 16}


@decode_compressed_op.define
def decode_compressed_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    kind = node.attrs["compression_type"]
    if not kind:
        return texts
    if kind not in _WINDOW_BITS:
        raise errors.InvalidArgumentError(None, None, f"No compression of type {kind!r}")
    try:
        output = as_strings([zlib.decompress(text, _WINDOW_BITS[kind]) for text in texts.ravel()])
    except zlib.error as error:
        raise errors.DataLossError(None, None, f"No {kind} data: {error}") from None
    return output.reshape(texts.shape)


def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> Tensor:
    """Strings without their compression.

    Args:
      bytes: strings of any shape.
      compression_type: `""`, `"ZLIB"` or `"GZIP"`.
      name: the node's name.

    Returns:
      Strings of the same shape.

    Raises:
      InvalidArgumentError: in a run; there is no such compression.
      DataLossError: in a run; a string is not compressed so.
    """
    tensor: Tensor = decode_compressed_op(bytes, compression_type=compression_type, name=name)
    return tensor


parse_tensor_op = define_op(
    "ParseTensor",
    inputs=["serialized: string"],
    outputs=["output: out_type"],
    attrs=["out_type: type"],
    shape=unknown,
)
parse_tensor_op.no_grad()


@parse_tensor_op.define
def parse_tensor_reference(node: Any, serialized: np.ndarray) -> np.ndarray:
    from google.protobuf.message import DecodeError

    from ....protos.tensor_pb2 import TensorProto

    item: Any = serialized[()]
    try:
        proto = TensorProto.FromString(item)
        stored = dtypes.as_dtype(proto.dtype)
        value: np.ndarray = make_ndarray(proto)
    except (DecodeError, TypeError, ValueError) as error:
        raise errors.InvalidArgumentError(
            None, None, f"Could not parse serialized tensor proto of {len(item)} bytes: {error}"
        ) from None
    if stored != node.attrs["out_type"]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Type mismatch between parsed tensor ({stored.name}) and dtype "
            f"({node.attrs['out_type'].name})",
        )
    return value


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Tensor:
    """The tensor in a serialized TensorProto.

    Args:
      serialized: a string, a scalar.
      out_type: the tensor's type.
      name: the node's name.

    Returns:
      A tensor of unknown shape.

    Raises:
      InvalidArgumentError: in a run; the string is no TensorProto, or one of another type.
    """
    tensor: Tensor = parse_tensor_op(serialized, out_type=out_type, name=name)
    return tensor


serialize_tensor_op = define_op(
    "SerializeTensor",
    inputs=["tensor: T"],
    outputs=["serialized: string"],
    attrs=["T: type"],
    shape=scalar_shape,
)
serialize_tensor_op.no_grad()


@serialize_tensor_op.define
def serialize_tensor_reference(node: Any, value: np.ndarray) -> np.ndarray:
    proto = array_to_proto(value, node.attrs["T"])
    return np.array(proto.SerializeToString(), dtype=object)


def serialize_tensor(tensor: Any, name: str | None = None) -> Tensor:
    """A tensor as a serialized TensorProto.

    Args:
      tensor: the tensor.
      name: the node's name.

    Returns:
      A string, a scalar, which `parse_tensor` reads.
    """
    serialized: Tensor = serialize_tensor_op(tensor, name=name)
    return serialized
