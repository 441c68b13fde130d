"""Sums, differences, products, extremes, and sums of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import TensorShape, as_shape
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..gradient_helpers import sum_to_shape_of
from ..scalar_math import Scalar
from ..shape_rules import merged_shape
from .complex_numbers import conj
from .signatures import FLOATS_COMPLEX, NUMBERS, REALS, SIGNED, binary_op, by_function, unary_op
from .sparse_values import on_sparse_values

# --- sums -----------------------------------------------------------------------------------------

add_op = binary_op(
    "Add",
    "{bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128, "
    "string}",
)
add_v2_op = binary_op("AddV2", NUMBERS)
add_op.define(by_function(np.add))
add_v2_op.define(by_function(np.add))


@add_op.scalar
@add_v2_op.scalar
def add_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x + y


@add_op.grad
@add_v2_op.grad
def add_grad(op: Any, dz: Any) -> list[Any]:
    return sum_to_shape_of((dz, dz), *op.inputs)


def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x + y`, broadcasting; strings are joined.

    Args:
      x: a number type or string.
      y: the same type.
      name: the node's name.

    Returns:
      A tensor of their type.
    """
    with name_scope(name, "Add", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
        return _add(x, y, name=scope)


def _add(x: Tensor, y: Any, name: str) -> Tensor:
    op_def = add_op if x.dtype.base_dtype == dtypes.string else add_v2_op
    tensor: Tensor = op_def(x, y, name=name)
    return tensor


sub_op = binary_op("Sub", NUMBERS)
sub_op.define(by_function(np.subtract))


@sub_op.scalar
def sub_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x - y


@sub_op.grad
def sub_grad(op: Any, dz: Any) -> list[Any]:
    return sum_to_shape_of((dz, -dz), *op.inputs)


def subtract(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x - y`, broadcasting."""
    tensor: Tensor = sub_op(x, y, name=name)
    return tensor


neg_op = unary_op("Neg", SIGNED)
neg_op.define(by_function(np.negative))


@neg_op.scalar
def neg_scalar(x: Scalar) -> Scalar:
    return -x


@neg_op.grad
def neg_grad(op: Any, dy: Any) -> Any:
    return -dy


@on_sparse_values("Neg")
def negative(x: Any, name: str | None = None) -> Any:
    """`-x`, of a Tensor or SparseTensor."""
    return neg_op(x, name=name)


# --- products -------------------------------------------------------------------------------------

mul_op = binary_op("Mul", NUMBERS)
mul_op.define(by_function(np.multiply))


@mul_op.scalar
def mul_scalar(x: Scalar, y: Scalar) -> Scalar:
    return x * y


@mul_op.grad
def mul_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    return sum_to_shape_of((mul_op(dz, conj(y)), mul_op(conj(x), dz)), x, y)


def multiply(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x * y`, broadcasting."""
    tensor: Tensor = mul_op(x, y, name=name)
    return tensor


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """A tensor, or all values of IndexedSlices, times a scalar.

    Args:
      scalar: of rank 0, converted to the type of `x`.
      x: Tensor or IndexedSlices.
      name: the node's name.

    Returns:
      The same kind as `x`.

    Raises:
      ValueError: `scalar` is not statically known to be of rank 0.
    """
    factor = convert_to_tensor(scalar, dtype=x.dtype.base_dtype, name="scalar")
    if factor.shape.ndims != 0:
        raise ValueError(f"Only scalar multiply works, got shape {factor.shape}")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(mul_op(factor, x.values, name=name), x.indices, x.dense_shape)
    return mul_op(factor, x, name=name)


mul_no_nan_op = binary_op("MulNoNan", FLOATS_COMPLEX)


@mul_no_nan_op.define
def mul_no_nan_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    return np.where(y == 0, np.zeros((), x.dtype), x * y)


@mul_no_nan_op.scalar
def mul_no_nan_scalar(x: Scalar, y: Scalar) -> Scalar:
    return sm.where(y == 0, 0, x * y)


@mul_no_nan_op.grad
def mul_no_nan_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    return sum_to_shape_of((mul_no_nan_op(dz, conj(y)), mul_no_nan_op(conj(x), dz)), x, y)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x * y`, and 0 wherever `y` is 0, even if `x` is infinite or NaN."""
    with name_scope(name, "multiply_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        tensor: Tensor = mul_no_nan_op(x, y, name=scope)
        return tensor


square_op = unary_op("Square", NUMBERS)
square_op.define(by_function(np.square))


@square_op.scalar
def square_scalar(x: Scalar) -> Scalar:
    return x * x


@square_op.grad
def square_grad(op: Any, dy: Any) -> Any:
    x = op.inputs[0]
    two = ops.array.constant(2, dtype=x.dtype.base_dtype)
    return dy * (two * conj(x))


@on_sparse_values("Square")
def square(x: Any, name: str | None = None) -> Any:
    """`x * x`, of a Tensor or SparseTensor."""
    return square_op(x, name=name)


squared_difference_op = binary_op(
    "SquaredDifference", "{bfloat16, half, float, double, int32, int64, complex64, complex128}"
)


@squared_difference_op.define
def squared_difference_reference(node: Any, x: np.ndarray, y: np.ndarray) -> Any:
    difference = x - y
    return difference * np.conjugate(difference) if difference.dtype.kind == "c" else difference**2


@squared_difference_op.scalar
def squared_difference_scalar(x: Scalar, y: Scalar) -> Scalar:
    return (x - y) * (x - y)


@squared_difference_op.grad
def squared_difference_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    two = ops.array.constant(2, dtype=x.dtype.base_dtype)
    dx = (two * dz) * (x - y)
    return sum_to_shape_of((dx, -dx), x, y)


def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`(x - y) * conj(x - y)`, broadcasting."""
    tensor: Tensor = squared_difference_op(x, y, name=name)
    return tensor


# --- extremes -------------------------------------------------------------------------------------

maximum_op = binary_op("Maximum", REALS)
minimum_op = binary_op("Minimum", REALS)
maximum_op.define(by_function(np.maximum))
minimum_op.define(by_function(np.minimum))


@maximum_op.scalar
def maximum_scalar(x: Scalar, y: Scalar) -> Scalar:
    return sm.maximum(x, y)


@minimum_op.scalar
def minimum_scalar(x: Scalar, y: Scalar) -> Scalar:
    return sm.minimum(x, y)


@maximum_op.grad
def maximum_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    return _gradient_to_chosen(ops.elementwise.greater_equal(x, y), dz, x, y)


@minimum_op.grad
def minimum_grad(op: Any, dz: Any) -> list[Any]:
    x, y = op.inputs
    return _gradient_to_chosen(ops.elementwise.less_equal(x, y), dz, x, y)


def _gradient_to_chosen(x_is_chosen: Tensor, dz: Any, x: Tensor, y: Tensor) -> list[Any]:
    zeros = ops.array.zeros_like(dz)
    dx = ops.elementwise.select_op(x_is_chosen, dz, zeros)
    dy = ops.elementwise.select_op(x_is_chosen, zeros, dz)
    return sum_to_shape_of((dx, dy), x, y)


def maximum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The greater of `x` and `y`, broadcasting; NaN where either is."""
    tensor: Tensor = maximum_op(x, y, name=name)
    return tensor


def minimum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The smaller of `x` and `y`, broadcasting; NaN where either is."""
    tensor: Tensor = minimum_op(x, y, name=name)
    return tensor


# --- sums of many ---------------------------------------------------------------------------------


def add_n_shape(context: ShapeContext) -> TensorShape:
    shape = context.shapes[-1]
    for index in reversed(range(context.num_inputs - 1)):
        try:
            shape = merged_shape(context.shape(index), shape)
        except ValueError as error:
            raise ValueError(f"{error}\n\tFrom merging shape {index} with other shapes.") from None
    return shape


add_n_op = define_op(
    "AddN",
    inputs=["inputs: N * T"],
    outputs=["sum: T"],
    attrs=["N: int >= 1", "T: {numbertype, variant}"],
    shape=add_n_shape,
)


@add_n_op.define
def add_n_reference(node: Any, *arrays: Any) -> Any:
    if any(array.shape != arrays[0].shape for array in arrays):
        shapes = ", ".join(str(list(array.shape)) for array in arrays)
        raise ValueError(
            f"Inputs to operation {node.name} of type AddN must have the same size "
            f"and shape. Input shapes: {shapes}"
        )
    if len(arrays) == 1:
        return arrays[0]
    total = arrays[0] + arrays[1]
    if isinstance(total, np.ndarray):
        for array in arrays[2:]:
            total += array
        return total
    for array in arrays[2:]:  # NumPy scalars and TensorLists
        total = total + array
    return total


@add_n_op.scalar
def add_n_scalar(x: Scalar, *others: Scalar) -> Scalar:
    for other in others:
        x = x + other
    return x


@add_n_op.grad
def add_n_grad(op: Any, dy: Any) -> list[Any]:
    return [dy] * len(op.inputs)


def add_n(inputs: Sequence[Any], name: str | None = None) -> Tensor:
    """The sum of tensors of one type and shape.

    Args:
      inputs: a list of Tensors or IndexedSlices; a single one is returned as it is.
      name: the node's name.

    Raises:
      ValueError: `inputs` is no list, or empty, or types or shapes differ.
    """
    tensors = _as_tensors(inputs)
    if len(tensors) == 1:
        return ops.array.identity(tensors[0], name=name) if name else tensors[0]
    total: Tensor = add_n_op(tensors, name=name)
    return total


def _as_tensors(inputs: Any) -> list[Tensor]:
    message = (
        "inputs must be a list of at least one Tensor/IndexedSlices with the same dtype and shape"
    )
    if not inputs or not isinstance(inputs, list | tuple):
        raise ValueError(message)
    values = [convert_to_tensor_or_indexed_slices(value) for value in inputs]
    if not all(isinstance(value, Tensor | IndexedSlices) for value in values):
        raise ValueError(message)
    return [convert_to_tensor(value) for value in values]


def _accumulated_shape(context: ShapeContext) -> TensorShape:
    shape: TensorShape = context.attrs["shape"]
    return merged_shape(shape, add_n_shape(context))


accumulate_n_v2_op = define_op(
    "AccumulateNV2",
    inputs=["inputs: N * T"],
    outputs=["sum: T"],
    attrs=["N: int >= 1", "T: numbertype", "shape: shape"],
    shape=_accumulated_shape,
)
accumulate_n_v2_op.define(add_n_reference)
accumulate_n_v2_op.scalar(add_n_scalar)
accumulate_n_v2_op.grad(add_n_grad)


def accumulate_n(
    inputs: Sequence[Any], shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Tensor:
    """The sum of tensors of one type and shape, as `tf.add_n`.

    Args:
      inputs: a list of Tensors.
      shape: their shape, for what the tensors do not tell.
      tensor_dtype: their type, which must be that of the tensors.
      name: the node's name.

    Raises:
      ValueError: `inputs` is no list or empty, or types or shapes differ.
      TypeError: `tensor_dtype` is another type.
    """
    message = "inputs must be a list of at least one Tensor with the same dtype and shape"
    if not inputs or not isinstance(inputs, list | tuple):
        raise ValueError(message)
    values = [convert_to_tensor_or_indexed_slices(value) for value in inputs]
    tensors = [value for value in values if isinstance(value, Tensor)]
    dtype = values[0].dtype.base_dtype
    if len(tensors) < len(values) or any(t.dtype.base_dtype != dtype for t in tensors):
        raise ValueError(message)
    known = as_shape(shape)
    for tensor in tensors:
        known = known.merge_with(tensor.shape)
    wanted = dtype if tensor_dtype is None else dtypes.as_dtype(tensor_dtype)
    if wanted != dtype:
        raise TypeError(f"tensor_dtype is {wanted.name}, but input is of type {dtype.name}")
    if len(tensors) == 1:
        return ops.array.identity(tensors[0], name=name) if name else tensors[0]
    total: Tensor = accumulate_n_v2_op(tensors, name=name, shape=known)
    return total
