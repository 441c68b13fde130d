"""The element lists of a TensorProto: `float_val`, `int_val`, ..., one for each group of types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..base import dtypes

if TYPE_CHECKING:
    from ...protos.tensor_pb2 import TensorProto

# Type -> the list, and what its numbers are. Two numbers make a complex one; half_val has the bits.
_LISTS: dict[dtypes.DType, tuple[str, Any]] = {
    dtypes.float32: ("float_val", np.float32),
    dtypes.float64: ("double_val", np.float64),
    dtypes.float16: ("half_val", np.uint16),
    dtypes.bfloat16: ("half_val", np.uint16),
    dtypes.complex64: ("scomplex_val", np.float32),
    dtypes.complex128: ("dcomplex_val", np.float64),
    dtypes.bool: ("bool_val", np.bool_),
    dtypes.string: ("string_val", np.object_),
    dtypes.int8: ("int_val", np.int8),
    dtypes.int16: ("int_val", np.int16),
    dtypes.int32: ("int_val", np.int32),
    dtypes.int64: ("int64_val", np.int64),
    dtypes.uint8: ("int_val", np.uint8),
    dtypes.uint16: ("int_val", np.uint16),
    dtypes.uint32: ("uint32_val", np.uint32),
    dtypes.uint64: ("uint64_val", np.uint64),
    dtypes.qint8: ("int_val", np.int8),
    dtypes.qint16: ("int_val", np.int16),
    dtypes.qint32: ("int_val", np.int32),
    dtypes.quint8: ("int_val", np.uint8),
    dtypes.quint16: ("int_val", np.uint16),
}


def list_field(dtype: dtypes.DType) -> str:
    """The name of the list that holds elements of `dtype`."""
    return _LISTS[dtype][0]


def listed_values(proto: TensorProto, dtype: dtypes.DType) -> npt.NDArray[Any]:
    """The elements that stand in the list for `dtype`.

    Args:
      proto: its own dtype, shape and `tensor_content` are not looked at.
      dtype: any type but `resource` and `variant`.

    Returns:
      An array of rank 1, of objects for strings.
    """
    field, stored_as = _LISTS[dtype]
    return np.array(getattr(proto, field), stored_as).view(dtype.as_numpy_dtype)
