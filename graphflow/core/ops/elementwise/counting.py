"""Counting values into bins, and polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...base.errors import InvalidArgumentError
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_n_to_tensor, convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .arithmetic import maximum, minimum
from .cast import cast
from .clip import clip_by_value
from .division import truediv
from .rounding import floor

# --- whole numbers --------------------------------------------------------------------------------


def bincount_shape(context: ShapeContext) -> TensorShape:
    context.with_rank(1, 0)
    size = context.constant(1)
    if size is None:
        return TensorShape([None])
    if size < 0:
        raise ValueError(f"size ({size}) must be non-negative")
    return TensorShape([int(size)])


bincount_op = define_op(
    "Bincount",
    inputs=["arr: int32", "size: int32", "weights: T"],
    outputs=["bins: T"],
    attrs=["T: {int32, int64, float, double}"],
    shape=bincount_shape,
)
bincount_op.no_grad()


@bincount_op.define
def bincount_reference(
    node: Any, values: np.ndarray, size: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    if size < 0:
        raise InvalidArgumentError(None, None, f"size ({size}) must be non-negative")
    if (values < 0).any():
        raise InvalidArgumentError(None, None, "Input arr must be non-negative!")
    if weights.size and weights.size != values.size:
        raise ValueError(f"{values.size} values have {weights.size} weights")
    counted = values.reshape(-1) < size
    indices = values.reshape(-1)[counted]
    bins = np.zeros(int(size), weights.dtype)
    np.add.at(bins, indices, weights.reshape(-1)[counted] if weights.size else 1)
    return bins


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
) -> Tensor:
    """How often each whole number occurs.

    Args:
      arr: int32, none negative.
      weights: what each element counts, of the shape of `arr`; 1 when None.
      minlength: the length that the result has at least.
      maxlength: numbers from here on are not counted.
      dtype: the type of the counts, when there are no weights.

    Returns:
      A vector of length `max(arr) + 1`, of the type of `weights` or `dtype`.

    Raises (in a run):
      InvalidArgumentError: a number is negative.
    """
    with name_scope("bincount"):
        arr = convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
        is_nonempty = ops.reduction.reduce_prod(ops.array.shape(arr)) > 0
        size = cast(is_nonempty, dtypes.int32) * (ops.reduction.reduce_max(arr) + 1)
        if minlength is not None:
            minlength = convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32)
            size = maximum(minlength, size)
        if maxlength is not None:
            maxlength = convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32)
            size = minimum(maxlength, size)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            # Unlike Bincount, it has a gradient for the weights.
            sums: Tensor = ops.reduction.unsorted_segment_sum(weights, arr, size)
            return sums
        counts: Tensor = bincount_op(arr, size, ops.array.constant([], dtypes.as_dtype(dtype)))
        return counts


# --- real numbers ---------------------------------------------------------------------------------


def histogram_shape(context: ShapeContext) -> TensorShape:
    size = context.with_rank(1, 1).as_list()[0]
    if size not in (2, None):
        raise ValueError(f"Dimension must be 2 but is {size}")
    context.with_rank(2, 0)
    bins = context.constant(2)
    if bins is None:
        return TensorShape([None])
    if bins <= 0:
        raise ValueError(f"Requires nbins > 0: {bins}")
    return TensorShape([int(bins)])


histogram_fixed_width_op = define_op(
    "HistogramFixedWidth",
    inputs=["values: T", "value_range: T", "nbins: int32"],
    outputs=["out: dtype"],
    attrs=["T: {int32, int64, float, double}", "dtype: {int32, int64} = DT_INT32"],
    shape=histogram_shape,
)
histogram_fixed_width_op.no_grad()


@histogram_fixed_width_op.define
def histogram_fixed_width_reference(
    node: Any, values: np.ndarray, value_range: np.ndarray, bins: np.ndarray
) -> np.ndarray:
    low, high = value_range
    if bins <= 0:
        message = f"nbins should be a positive number, but got '{bins}'"
        raise InvalidArgumentError(None, None, message)
    if not low < high:
        message = "value_range should satisfy value_range[0] < value_range[1], but got"
        raise InvalidArgumentError(None, None, f"{message} '[{low}, {high}]'")
    step = float(high - low) / float(bins)
    above_low = (np.maximum(values.reshape(-1), low) - low).astype(np.float64)
    indices = np.minimum(above_low / step, int(bins) - 1).astype(np.int64)
    return np.bincount(indices, minlength=int(bins)).astype(node.output_dtypes[0].as_numpy_dtype)


def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """How many values fall into each of `nbins` bins of equal width.

    Args:
      values: a tensor of numbers.
      value_range: two numbers of the type of `values`; what lies outside counts in the outer bins.
      nbins: a scalar.
      dtype: the type of the counts.
      name: the node's name.

    Returns:
      A vector of length `nbins`.

    Raises (in a run):
      InvalidArgumentError: the range is empty, or `nbins` not positive.
    """
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        tensor: Tensor = histogram_fixed_width_op(
            values, value_range, nbins, dtype=dtype, name=scope
        )
        return tensor


def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """The index of the bin that each value falls into.

    Args:
      values: a tensor of numbers.
      value_range: two numbers of the type of `values`; what lies outside is in the outer bins.
      nbins: a scalar.
      dtype: unused, as in TF1: the indices are int32.
      name: the name scope of the nodes.

    Returns:
      int32, of the shape of `values`.
    """
    with name_scope(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        shape = ops.array.shape(values)
        values = ops.array.reshape(values, [-1])
        value_range = convert_to_tensor(value_range, name="value_range")
        nbins = convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
        count = cast(nbins, values.dtype)
        scaled = truediv(
            values - value_range[0], value_range[1] - value_range[0], name="scaled_values"
        )
        indices = floor(count * scaled, name="indices")
        bins = cast(clip_by_value(indices, 0, count - 1), dtypes.int32)
        result: Tensor = ops.array.reshape(bins, shape)
        return result


# --- polynomials ----------------------------------------------------------------------------------


def polyval(coeffs: Sequence[Any], x: Any, name: str | None = None) -> Tensor:
    """The value of a polynomial by Horner's rule.

    Args:
      coeffs: a list of tensors, that of the highest power first.
      x: a tensor.
      name: the name scope of the nodes.

    Returns:
      Zeros like `x` when there are no coefficients.
    """
    with name_scope(name, "polyval", [*coeffs, x]) as scope:
        x = convert_to_tensor(x, name="x")
        if len(coeffs) < 1:
            zeros: Tensor = ops.array.zeros_like(x, name=scope)
            return zeros
        first, *rest = convert_n_to_tensor(list(coeffs), name="coeff")
        value = first
        for coefficient in rest:
            value = coefficient + value * x
        return value
