"""Arrays as TensorProtos: the values of Const nodes in a GraphDef."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import dtypes
from ..base.tensor_shape import as_shape
from ..files.tensor_proto import list_field, listed_values
from .array_from_python import array_from_python

if TYPE_CHECKING:
    from ...protos.tensor_pb2 import TensorProto

# Types of which TF writes several elements as bytes (`tensor_content`), not as a list.
_AS_BYTES = frozenset(
    [
        dtypes.float16,
        dtypes.float32,
        dtypes.float64,
        dtypes.int8,
        dtypes.int16,
        dtypes.int32,
        dtypes.int64,
        dtypes.uint8,
        dtypes.uint16,
        dtypes.uint32,
        dtypes.uint64,
        dtypes.qint8,
        dtypes.qint16,
        dtypes.qint32,
        dtypes.quint8,
        dtypes.quint16,
    ]
)

# A few bytes of a damaged file must not ask for all memory: values stand for so many elements.
_LARGEST_OF_FEW_VALUES = 1 << 28


def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> TensorProto:
    """A TensorProto that holds a value.

    Args:
      values: a number, string, nested list of these, or an ndarray.
      dtype: the type; by default Python floats are float32, ints int32.
      shape: the shape; a single element stands for all.
      verify_shape: whether the value must have that shape already.
      allow_broadcast: whether a single element may stand for all although `verify_shape`.

    Returns:
      The TensorProto.

    Raises:
      TypeError: the value does not fit `dtype`, or does not have the shape.
      ValueError: it has more elements than the shape.
    """
    from ...protos.tensor_pb2 import TensorProto

    if isinstance(values, TensorProto):
        return values
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    array = array_from_python(values, wanted, None)
    dtype = wanted or dtypes.as_dtype(array.dtype)
    sizes: list[Any] = list(array.shape) if shape is None else as_shape(shape).as_list()
    one_for_all = array.size == 1 and allow_broadcast
    if verify_shape and list(array.shape) != sizes and not one_for_all:
        raise TypeError(f"Expected Tensor's shape: {tuple(sizes)}, got {array.shape}.")
    if array.size > (count := int(np.prod(sizes))):
        raise ValueError(
            f"Too many elements provided. Needed at most {count}, but received {array.size}"
        )
    return _to_proto(array, dtype, sizes)


def array_to_proto(array: np.ndarray, dtype: dtypes.DType) -> TensorProto:
    """The TensorProto of an array of that type."""
    return _to_proto(array, dtype, list(array.shape))


def _to_proto(array: np.ndarray, dtype: dtypes.DType, sizes: list[Any]) -> TensorProto:
    from ...protos.tensor_pb2 import TensorProto

    number: Any = dtype.as_datatype_enum
    proto = TensorProto(dtype=number, tensor_shape=as_shape(sizes).as_proto())
    count = int(np.prod(sizes))
    if dtype in _AS_BYTES and array.size == count and count > 1:
        proto.tensor_content = np.ascontiguousarray(array).tobytes()
    else:
        getattr(proto, list_field(dtype)).extend(_elements(array.ravel(), dtype))
    return proto


def _elements(flat: np.ndarray, dtype: dtypes.DType) -> list[Any]:
    """The numbers for the element list: bits of half floats, two for each complex one."""
    if dtype == dtypes.string:
        return [text.encode() if isinstance(text, str) else bytes(text) for text in flat]
    if dtype in (dtypes.float16, dtypes.bfloat16):
        flat = flat.view(np.uint16)
    elif dtype.is_complex:
        flat = flat.view(np.float32 if dtype == dtypes.complex64 else np.float64)
    elements: list[Any] = np.asarray(flat).tolist()
    return elements


def make_ndarray(tensor: Any) -> np.ndarray:
    """The value that a TensorProto holds.

    Args:
      tensor: a TensorProto, TF's or ours.

    Raises:
      TypeError: its type has no values (`resource`, `variant`).
      ValueError: it has more or fewer values than its shape tells.
    """
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    count = int(np.prod(shape, dtype=np.int64))
    dtype = dtypes.as_dtype(tensor.dtype)
    if dtype in (dtypes.resource, dtypes.variant):
        raise TypeError(f"Unsupported tensor type: {tensor.dtype}")
    if tensor.tensor_content:
        content = np.frombuffer(tensor.tensor_content, dtype=dtype.as_numpy_dtype)
        return content.copy().reshape(shape)
    values = listed_values(tensor, dtype)
    if len(values) < count > _LARGEST_OF_FEW_VALUES:
        raise ValueError(
            f"a TensorProto of shape {shape} has {len(values)} values for {count} elements: it is "
            "damaged, or too large to be filled up"
        )
    if not len(values):
        if dtype == dtypes.string:
            return np.full(shape, b"", dtype=object)
        return np.zeros(shape, dtype=dtype.as_numpy_dtype)
    if len(values) < count:  # the last one stands for the rest
        values = np.concatenate([values, np.repeat(values[-1:], count - len(values))])
    return values.reshape(shape)
