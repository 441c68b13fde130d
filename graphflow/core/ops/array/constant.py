"""Const: a value written into the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import dtypes
from ...base.tensor_shape import Dimension, TensorShape, as_shape
from ...graph.array_from_python import array_from_python
from ...graph.conversion import register_tensor_conversion_function
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.stacks import get_default_graph
from ...graph.tensor import Tensor


def const_shape(context: ShapeContext) -> TensorShape:
    return TensorShape(context.attrs["value"].shape)


const_op = define_op(
    "Const", outputs=["output: dtype"], attrs=["value: tensor", "dtype: type"], shape=const_shape
)
const_op.no_grad()


@const_op.define
def const_reference(node: Any) -> np.ndarray:
    value: np.ndarray = node.attrs["value"]
    return value


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """A tensor with a fixed value.

    Args:
      value: a number, string, nested list, or ndarray.
      dtype: the type; by default Python floats are float32, ints int32.
      shape: the shape; a value with fewer elements is filled up with its last one.
      name: the node's name.
      verify_shape: whether a value of another shape is an error instead.

    Raises:
      TypeError: the value does not fit `dtype`.
      ValueError: it has more elements than `shape`, or another shape with `verify_shape`.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    sizes = None if shape is None else as_shape(shape).as_list()
    array = array_from_python(value, wanted, None if verify_shape else sizes)
    if verify_shape and sizes is not None and list(array.shape) != sizes:
        raise TypeError(f"Expected Tensor's shape: {tuple(sizes)}, got {array.shape}.")
    return _const(array, wanted or dtypes.as_dtype(array.dtype), name)


def _const(array: np.ndarray, dtype: dtypes.DType, name: str | None) -> Tensor:
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    attrs = {"value": array, "dtype": dtype}
    return get_default_graph()._add_node(const_op, [], attrs, name or "Const").outputs[0]


def _constant_conversion(
    value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    return constant(value, dtype=dtype, name=name or "Const")


def _shape_conversion(
    value: TensorShape, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
    sizes = [size for size in value.as_list() if size is not None]
    if dtype is None:
        dtype = dtypes.int64 if any(size >= 2**31 for size in sizes) else dtypes.int32
    elif dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype {dtype.name}")
    elif dtype == dtypes.int32 and any(size >= 2**31 for size in sizes):
        raise ValueError(
            f"Cannot convert a TensorShape to dtype int32; a dimension is too large ({max(sizes)})"
        )
    return constant(np.array(sizes, dtype=dtype.as_numpy_dtype), name=name or "shape_as_tensor")


def _dimension_conversion(
    value: Dimension, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    if value.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    if dtype not in (None, dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a Dimension to dtype {dtype.name}")
    return constant(value.value, dtype=dtype or dtypes.int32, name=name or "shape_as_tensor")


register_tensor_conversion_function(TensorShape, _shape_conversion, 100)
register_tensor_conversion_function(Dimension, _dimension_conversion, 100)
register_tensor_conversion_function(
    (int, float, complex, bool, str, bytes, np.ndarray, np.generic, list, tuple),
    _constant_conversion,
    100,
)
register_tensor_conversion_function(object, _constant_conversion, 200)
