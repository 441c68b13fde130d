"""Reductions over segments whose ids come in any order."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import Dimension, TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .reduce import accumulator_type


def unsorted_segment_shape(context: ShapeContext) -> TensorShape:
    data, ids = context.shape(0), context.shape(1)
    context.with_rank(2, 0)
    if data.ndims is None or ids.ndims is None:
        return TensorShape(None)
    if ids.ndims > data.ndims:
        raise ValueError(f"Shape must be at least rank {ids.ndims} but is rank {data.ndims}")
    data[: ids.ndims].assert_is_compatible_with(ids)
    count = context.constant(2)
    if count is not None and count < 0:
        raise ValueError(
            f"Dimension size, given by scalar input 2, must be non-negative but is {count}"
        )
    segments = Dimension(None if count is None else int(count))
    return TensorShape([segments]).concatenate(data[ids.ndims :])


def _unsorted_op(name: str, types: str, indices: str = "{int32, int64}") -> OpDef:
    return define_op(
        name,
        ["data: T", "segment_ids: Tindices", "num_segments: Tnumsegments"],
        ["output: T"],
        [
            f"T: {types}",
            f"Tindices: {indices}",
            "Tnumsegments: {int32, int64} = DT_INT32",
        ],
        unsorted_segment_shape,
    )


unsorted_segment_sum_op = _unsorted_op("UnsortedSegmentSum", "numbertype", "{int16, int32, int64}")
unsorted_segment_prod_op = _unsorted_op("UnsortedSegmentProd", "numbertype")
unsorted_segment_max_op = _unsorted_op("UnsortedSegmentMax", "realnumbertype")
unsorted_segment_min_op = _unsorted_op("UnsortedSegmentMin", "realnumbertype")


# --- references -----------------------------------------------------------------------------------


def _rows(
    data: np.ndarray, ids: np.ndarray, segments: int
) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """The rows of data and their segments, without those of negative ids; the shape of a row."""
    if data.shape[: ids.ndim] != ids.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"data.shape = {list(data.shape)} does not start with segment_ids.shape = "
            f"{list(ids.shape)}",
        )
    flat = ids.reshape(-1)
    if (flat >= segments).any():
        first = int(np.argmax(flat >= segments))
        where = ",".join(str(i) for i in np.unravel_index(first, ids.shape))
        raise errors.InvalidArgumentError(
            None,
            None,
            f"segment_ids[{where}] = {flat[first]} is out of range [0, {segments})",
        )
    row_shape = data.shape[ids.ndim :]
    rows = data.reshape((flat.size, math.prod(row_shape)))
    if (flat < 0).any():
        rows, flat = rows[flat >= 0], flat[flat >= 0]
    return rows, flat, row_shape


def sum_rows(rows: np.ndarray, ids: np.ndarray, segments: int) -> np.ndarray:
    """The sum of the rows (of rank 2) of each segment."""
    wide = accumulator_type(rows.dtype)
    out = np.zeros((segments, rows.shape[1]), wide)
    reduce_rows(np.add, rows.astype(wide, copy=False), ids, out)
    return out.astype(rows.dtype, copy=False)


def reduce_rows(function: np.ufunc, rows: np.ndarray, ids: np.ndarray, out: np.ndarray) -> None:
    """Combines each row with its segment's in `out`.

    Element by element: NumPy's `ufunc.at` is fast for flat arrays only.
    """
    columns = rows.shape[1]
    places = ids
    if columns != 1:
        places = (ids.astype(np.int64)[:, None] * columns + np.arange(columns)).reshape(-1)
    function.at(out.reshape(-1), places, rows.reshape(-1))


def _reference(function: np.ufunc, initial: Callable[[np.dtype[Any]], Any]) -> Callable[..., Any]:
    def reference(node: Any, data: np.ndarray, ids: np.ndarray, count: np.ndarray) -> np.ndarray:
        segments = int(count)
        if segments < 0:
            raise errors.InvalidArgumentError(
                None, None, f"Input num_segments == {segments} must not be negative."
            )
        rows, flat, row_shape = _rows(data, ids, segments)
        out = np.full((segments, rows.shape[1]), initial(data.dtype), data.dtype)
        reduce_rows(function, rows, flat, out)
        return out.reshape((segments, *row_shape))

    return reference


@unsorted_segment_sum_op.define
def unsorted_segment_sum_reference(
    node: Any, data: np.ndarray, ids: np.ndarray, count: np.ndarray
) -> np.ndarray:
    segments = int(count)
    if segments < 0:
        raise errors.InvalidArgumentError(
            None, None, f"Input num_segments == {segments} must not be negative."
        )
    rows, flat, row_shape = _rows(data, ids, segments)
    return sum_rows(rows, flat, segments).reshape((segments, *row_shape))


def _one(dtype: np.dtype[Any]) -> int:
    return 1


def _lowest(dtype: np.dtype[Any]) -> Any:
    return dtypes.as_dtype(dtype).min


def _highest(dtype: np.dtype[Any]) -> Any:
    return dtypes.as_dtype(dtype).max


unsorted_segment_prod_op.define(_reference(np.multiply, _one))
unsorted_segment_max_op.define(_reference(np.maximum, _lowest))
unsorted_segment_min_op.define(_reference(np.minimum, _highest))


# --- gradients ------------------------------------------------------------------------------------


def gather_drop_negatives(params: Any, ids: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Each element's row of `params` (0 where its id is negative), the ids from 0 on, and which
    elements have one, shaped to be broadcast with the rows."""
    clipped = ops.elementwise.maximum(ids, ops.array.zeros_like(ids))
    gathered = ops.array.gather(params, clipped)
    positive = ops.elementwise.greater_equal(ids, ops.array.zeros_like(ids))
    missing = ops.array.rank(gathered) - ops.array.rank(positive)
    ones = ops.array.ones([missing], dtype=dtypes.int32)
    shape = ops.array.concat([ops.array.shape(positive), ones], 0)
    positive = ops.elementwise.logical_and(
        ops.array.reshape(positive, shape), ops.array.ones_like(gathered, dtype=dtypes.bool)
    )
    zeros = ops.array.zeros_like(gathered)
    return ops.elementwise.select(positive, gathered, zeros), clipped, positive


@unsorted_segment_sum_op.grad
def unsorted_segment_sum_grad(op: Any, dy: Any) -> list[Any]:
    return [gather_drop_negatives(dy, op.inputs[1])[0], None, None]


@unsorted_segment_max_op.grad
@unsorted_segment_min_op.grad
def unsorted_segment_extreme_grad(op: Any, dy: Any) -> list[Any]:
    """Elements that share their segment's extreme share its gradient."""
    data, ids, segments = op.inputs
    extremes, clipped, positive = gather_drop_negatives(op.outputs[0], ids)
    chosen = ops.elementwise.logical_and(ops.elementwise.equal(data, extremes), positive)
    counts = unsorted_segment_sum_op(
        ops.elementwise.cast(chosen, dy.dtype.base_dtype), ids, segments
    )
    shares, _, _ = gather_drop_negatives(ops.elementwise.divide(dy, counts), clipped)
    return [ops.elementwise.select(chosen, shares, ops.array.zeros_like(shares)), None, None]


@unsorted_segment_prod_op.grad
def unsorted_segment_prod_grad(op: Any, dy: Any) -> list[Any]:
    """Divides the product by each element, and takes the product of the others where it is 0.

    A segment with two zeros or more has no gradient; with one, only that element has.
    """
    data, ids, segments = op.inputs
    elementwise, array = ops.elementwise, ops.array
    is_zero = elementwise.equal(data, 0)
    zeros = unsorted_segment_sum_op(elementwise.cast(is_zero, dtypes.int32), ids, segments)
    dy = elementwise.select(elementwise.greater(zeros, 1), array.zeros_like(dy), dy)
    without_zeros = elementwise.select(is_zero, array.ones_like(data), data)
    others = unsorted_segment_prod_op(without_zeros, ids, segments)
    clipped = elementwise.maximum(ids, array.zeros_like(ids))
    quotient = array.gather(op.outputs[0], clipped) / without_zeros
    partial = elementwise.select(is_zero, array.gather(others, clipped), quotient)
    gathered, _, _ = gather_drop_negatives(dy, ids)
    return [gathered * partial, None, None]


# --- the public functions -------------------------------------------------------------------------


def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The sum of the elements of each segment.

    Args:
      data: numbers.
      segment_ids: integers, shaped like the first axes of `data`; elements with negative ids are
        left out.
      num_segments: how many segments there are: the size of the result's first axis.
      name: the node's name.

    Returns:
      `result[i]` is the sum of `data` where the id is i, 0 for an empty segment.
    """
    tensor: Tensor = unsorted_segment_sum_op(data, segment_ids, num_segments, name=name)
    return tensor


def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The product of the elements of each segment, 1 for an empty one; see
    `unsorted_segment_sum`."""
    tensor: Tensor = unsorted_segment_prod_op(data, segment_ids, num_segments, name=name)
    return tensor


def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The largest element of each segment, the type's lowest number for an empty one; see
    `unsorted_segment_sum`."""
    tensor: Tensor = unsorted_segment_max_op(data, segment_ids, num_segments, name=name)
    return tensor


def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The smallest element of each segment, the type's highest number for an empty one; see
    `unsorted_segment_sum`."""
    tensor: Tensor = unsorted_segment_min_op(data, segment_ids, num_segments, name=name)
    return tensor


def _count(data: Tensor, ids: Tensor, num_segments: Any) -> Tensor:
    """How many elements each segment has, at least 1, shaped to be broadcast with its rows."""
    segments = convert_to_tensor(num_segments)
    ones = ops.array.ones(ops.array.shape_internal(ids), dtype=data.dtype.base_dtype)
    counts = unsorted_segment_sum_op(ones, ids, segments)
    missing = ops.array.rank(data) - ops.array.rank(ids)
    rest = ops.array.ones([missing], dtype=segments.dtype.base_dtype)
    shape = ops.array.concat([ops.array.expand_dims(segments, 0), rest], axis=0)
    return ops.elementwise.maximum(ops.array.reshape(counts, shape), 1)


def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The mean of the elements of each segment, 0 for an empty one; see `unsorted_segment_sum`."""
    with name_scope(name, "UnsortedSegmentMean"):
        data, segment_ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        counts = _count(data, segment_ids, num_segments)
        return unsorted_segment_sum(data, segment_ids, num_segments) / counts


def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """The sum of the elements of each segment divided by the root of their number; see
    `unsorted_segment_sum`."""
    with name_scope(name, "UnsortedSegmentSqrtN"):
        data, segment_ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        counts = _count(data, segment_ids, num_segments)
        summed = unsorted_segment_sum(data, segment_ids, num_segments)
        return ops.elementwise.truediv(summed, ops.elementwise.sqrt(counts))
