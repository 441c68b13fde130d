"""Reductions composed of others: log-sum-exp, variance, standard deviation, counts."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...base import dtypes
from ...base.deprecation import deprecated_argument_lookup
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .reduce import reduce_max, reduce_mean, reduce_sum


def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """`log(sum(exp(x)))` across axes, without overflow: the maximum is taken out first.

    Args:
      input_tensor: floats.
      axis: the axes to reduce, an int or list; by default all.
      keepdims: whether reduced axes stay, with size 1.
      name: the node's name.
      reduction_indices: the former name of `axis`.
      keep_dims: the former name of `keepdims`.

    Returns:
      A tensor of the input's type.

    Raises:
      ValueError: an axis is out of range, or an argument is given under both of its names.
    """
    axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    elementwise = ops.elementwise
    with name_scope(name, "ReduceLogSumExp", [input_tensor]) as scope:
        largest = reduce_max(input_tensor, axis=axis, keepdims=True)
        finite = elementwise.is_finite(largest)
        largest = ops.array.stop_gradient(elementwise.select_v2_op(finite, largest, 0))
        scaled = elementwise.exp(elementwise.subtract(input_tensor, largest))
        result = elementwise.log(reduce_sum(scaled, axis=axis, keepdims=keepdims))
        if not keepdims:
            largest = ops.array.reshape(largest, ops.array.shape_internal(result, optimize=False))
        result = elementwise.add(result, largest, name=scope)
    if axis is None and not keepdims and not result.shape.is_fully_defined():
        result.set_shape(())
    return result


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The variance across axes (of the whole population: divided by n).

    Args:
      input_tensor: floats or complex numbers.
      axis: the axes to reduce, an int or list; by default all.
      keepdims: whether reduced axes stay, with size 1.
      name: the name of the scope.

    Returns:
      A tensor of the input's type; of its real type for complex numbers.

    Raises:
      TypeError: the input is of integers.
    """
    with name_scope(name or "reduce_variance"):
        x = convert_to_tensor(input_tensor)
        mean = reduce_mean(x, axis=axis, keepdims=True)
        if mean.dtype.is_integer:
            raise TypeError(
                f"Input must be either real or complex. Received integer type {mean.dtype!r}."
            )
        distance = x - mean
        if distance.dtype.is_complex:
            squares = ops.elementwise.real(ops.elementwise.conj(distance) * distance)
        else:
            squares = ops.elementwise.square(distance)
        return reduce_mean(squares, axis=axis, keepdims=keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The standard deviation across axes: the root of `reduce_variance`."""
    with name_scope(name or "reduce_std"):
        x = convert_to_tensor(input_tensor)
        variance = reduce_variance(x, axis=axis, keepdims=keepdims)
        root: Tensor = ops.elementwise.sqrt(variance)
        return root


def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """How many elements are not zero (or not the empty string), across axes.

    Args:
      input_tensor: numbers, bool or strings.
      axis: the axes to reduce, an int or list; by default all.
      keepdims: whether reduced axes stay, with size 1.
      dtype: the type of the counts.
      name: the name of the scope.
      reduction_indices: the former name of `axis`.
      keep_dims: the former name of `keepdims`.
      input: another name of `input_tensor`.

    Returns:
      A tensor of `dtype`.

    Raises:
      ValueError: an argument is given under both of its names.
    """
    keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    input_tensor = deprecated_argument_lookup("input", input, "input_tensor", input_tensor)
    axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(name, "count_nonzero", [input_tensor]):
        x = convert_to_tensor(input_tensor, name="input")
        if x.dtype.base_dtype == dtypes.bool:
            counted = x
        else:
            counted = ops.elementwise.not_equal(x, ops.array.zeros([], dtype=x.dtype.base_dtype))
        ones = ops.elementwise.cast(counted, dtypes.int64)
        total = reduce_sum(ones, axis=axis, keepdims=keepdims)
        result: Tensor = ops.elementwise.cast(total, dtype=dtype)
        return result
