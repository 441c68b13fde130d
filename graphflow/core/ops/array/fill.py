"""Arrays of one repeated value: Fill, ZerosLike, OnesLike, zeros, ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_list import TensorList
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..scalar_math import Scalar
from ..shape_rules import same_as_input
from .constant import constant
from .reshape import reshape
from .shapes import shape_internal
from .signatures import T, index_attr


def fill_shape(context: ShapeContext) -> TensorShape:
    context.with_rank(0, 1)
    context.with_rank(1, 0)
    value = context.constant(0)
    if value is not None and value.size and value.min() < 0:
        raise ValueError(f"Fill dimensions must be >= 0, got {value.tolist()}")
    return context.constant_shape(0)


fill_op = define_op(
    "Fill",
    ["dims: index_type", "value: T"],
    ["output: T"],
    [T, index_attr("index_type")],
    fill_shape,
)


@fill_op.define
def fill_reference(node: Any, dims: np.ndarray, value: np.ndarray) -> np.ndarray:
    if dims.ndim != 1:
        raise errors.InvalidArgumentError(
            None, None, f"dims must be a vector, got shape {list(dims.shape)}"
        )
    if value.ndim:
        raise errors.InvalidArgumentError(
            None, None, f"value must be a scalar, got shape {list(value.shape)}"
        )
    if dims.size and dims.min() < 0:
        bad = int(dims.argmin())
        raise errors.InvalidArgumentError(
            None, None, f"Dimension {bad} must be >= 0, got {dims[bad]}"
        )
    result = np.empty(tuple(dims.tolist()), dtype=value.dtype)
    result[...] = value
    return result


@fill_op.grad
def fill_grad(op: Any, dy: Any) -> list[Any]:
    return [None, ops.reduction.reduce_sum(dy)]


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """A tensor of shape `dims`, every element `value`.

    Args:
      dims: int32 or int64 vector.
      value: a scalar.
      name: the node's name.
    """
    tensor: Tensor = fill_op(dims, value, name=name)
    return tensor


zeros_like_op = define_op("ZerosLike", ["x: T"], ["y: T"], [T], same_as_input)
zeros_like_op.no_grad()


@zeros_like_op.define
def zeros_like_reference(node: Any, x: Any) -> Any:
    if isinstance(x, TensorList):
        return x.zeros()
    return _full(x.shape, node.output_dtypes[0], 0)


@zeros_like_op.scalar
def zeros_like_scalar(x: Scalar) -> Scalar:
    return 0


ones_like_op = define_op(
    "OnesLike",
    ["x: T"],
    ["y: T"],
    [
        "T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, uint64, "
        "int64, complex64, complex128, bool}"
    ],
    same_as_input,
)
ones_like_op.no_grad()


@ones_like_op.define
def ones_like_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.ones(x.shape, x.dtype)


@ones_like_op.scalar
def ones_like_scalar(x: Scalar) -> Scalar:
    return 1


def _full(shape: tuple[int, ...], dtype: dtypes.DType, value: int) -> np.ndarray:
    filling: Any = b"" if dtype == dtypes.string else value
    return np.full(shape, filling, dtype=dtype.as_numpy_dtype)


def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Zeros (False, empty strings) in the shape of `tensor`.

    Args:
      tensor: a tensor or what can be converted to one.
      dtype: the type; that of `tensor` by default.
      name: the node's name.
      optimize: whether the result is a constant when the shape is known.
    """
    with name_scope(name, "zeros_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        wanted = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        is_special = wanted in (dtypes.variant, dtypes.resource)
        if optimize and tensor.shape.is_fully_defined() and not is_special:
            return zeros(tensor.shape, wanted, name=scope)
        if wanted != tensor.dtype.base_dtype and not is_special:
            return zeros(shape_internal(tensor, optimize=optimize), wanted, name=scope)
        like: Tensor = zeros_like_op(tensor, name=scope)
        return like


def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Ones (True) in the shape of `tensor`.

    Args:
      tensor: a tensor or what can be converted to one.
      dtype: the type; that of `tensor` by default.
      name: the node's name.
      optimize: whether the shape may be a constant.
    """
    with name_scope(name, "ones_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        if optimize and tensor.shape.is_fully_defined():
            with name_scope("Shape"):
                shape = convert_to_tensor(tensor.shape)
        else:
            shape = shape_internal(tensor, optimize=optimize)
        wanted = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        result = ones(shape, wanted, name=scope)
        result.set_shape(tensor.shape)
        return result


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Zeros (False, empty strings).

    Args:
      shape: a list of ints, a TensorShape, or an int32 or int64 tensor.
      dtype: the type.
      name: the node's name.
    """
    return _repeated(shape, dtypes.as_dtype(dtype).base_dtype, name, "zeros", 0)


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Ones (True), of any type but string.

    Args:
      shape: a list of ints, a TensorShape, or an int32 or int64 tensor.
      dtype: the type.
      name: the node's name.
    """
    return _repeated(shape, dtypes.as_dtype(dtype).base_dtype, name, "ones", 1)


_SMALL = 1000  # up to here TF writes the elements into the graph


def _repeated(shape: Any, dtype: dtypes.DType, name: str | None, kind: str, one: int) -> Tensor:
    value: Any = one
    if dtype == dtypes.bool:
        value = bool(one)
    elif dtype == dtypes.string and not one:
        value = ""
    with name_scope(name, kind, [shape]) as scope:
        if not isinstance(shape, Tensor):
            small = _constant_if_small(value, shape, dtype, scope)
            if small is not None:
                return small
            shape = _as_shape_tensor(shape)
        if shape.shape.ndims != 1:
            shape = reshape(shape, [-1])  # a scalar stands for a vector's length
        return fill(shape, constant(value, dtype, name="Const"), name=scope)


def _constant_if_small(value: Any, shape: Any, dtype: dtypes.DType, scope: str) -> Tensor | None:
    try:
        sizes: Any = shape.as_list() if isinstance(shape, TensorShape) else shape
        if np.prod(sizes) < _SMALL:
            return constant(value, shape=shape, dtype=dtype, name=scope)
    except (TypeError, ValueError, NotImplementedError):
        pass  # a list that holds tensors, or a shape that is not fully defined
    return None


def _as_shape_tensor(shape: Any) -> Tensor:
    """The shape as int32, or as int64 when a size needs it."""
    try:
        return convert_to_tensor(shape, dtype=dtypes.int32)
    except (TypeError, ValueError, OverflowError):
        return convert_to_tensor(shape, dtype=dtypes.int64)
