"""Reductions over segments whose ids come sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .unsorted_segment import reduce_rows, sum_rows


def segment_shape(context: ShapeContext) -> TensorShape:
    data = context.shape(0).with_rank_at_least(1)
    context.with_rank(1, 1)
    return TensorShape([segment_count(context, 1)]).concatenate(data[1:])


def segment_count(context: ShapeContext, index: int) -> int | None:
    """The number of segments, if the ids are constant: in a run, for TF leaves it unknown."""
    ids = context.constant(index) if context.is_of_a_run else None
    if ids is None:
        return None
    return max(0, int(ids[-1]) + 1) if ids.size else 0


def _segment_op(name: str, types: str) -> OpDef:
    return define_op(
        name,
        ["data: T", "segment_ids: Tindices"],
        ["output: T"],
        [f"T: {types}", "Tindices: {int32, int64}"],
        segment_shape,
    )


segment_sum_op = _segment_op("SegmentSum", "numbertype")
segment_mean_op = _segment_op("SegmentMean", "numbertype")
segment_prod_op = _segment_op("SegmentProd", "numbertype")
segment_max_op = _segment_op("SegmentMax", "realnumbertype")
segment_min_op = _segment_op("SegmentMin", "realnumbertype")


# --- references -----------------------------------------------------------------------------------


def check_sorted(ids: np.ndarray) -> None:
    """Refuses ids that are negative or go down.

    Raises:
      InvalidArgumentError: in the words that TF finds going from the first segment to the last.
    """
    if not ids.size:
        return
    rows = int(ids[-1]) + 1
    if rows <= 0:
        raise errors.InvalidArgumentError(None, None, "segment ids must be >= 0")
    if ids[0] >= 0 and (ids[1:] >= ids[:-1]).all():
        return
    segments = ids[np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))].tolist()
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        if following is not None and segment > following:
            raise errors.InvalidArgumentError(None, None, "segment ids are not increasing")
        if not 0 <= segment < rows:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Segment id {segment} out of range [0, {rows}), possibly because 'segment_ids' "
                "input is not sorted.",
            )


def _rows(data: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, int]:
    if ids.ndim != 1:
        raise errors.InvalidArgumentError(None, None, "segment_ids should be a vector.")
    if data.ndim < 1 or data.shape[0] != ids.size:
        raise errors.InvalidArgumentError(
            None,
            None,
            "segment_ids should be the same size as dimension 0 of input.",
        )
    check_sorted(ids)
    count = int(ids[-1]) + 1 if ids.size else 0
    return data.reshape(ids.size, int(np.prod(data.shape[1:]))), count


def _reference(function: np.ufunc, initial: int | None) -> Callable[..., Any]:
    """A reference; where no initial value is neutral (None), empty segments are 0."""

    def reference(node: Any, data: np.ndarray, ids: np.ndarray) -> np.ndarray:
        rows, count = _rows(data, ids)
        out = np.full((count, rows.shape[1]), initial or 0, data.dtype)
        if initial is None:
            firsts = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))[: ids.size]
            out[ids[firsts]] = rows[firsts]
        reduce_rows(function, rows, ids, out)
        return out.reshape((count, *data.shape[1:]))

    return reference


segment_prod_op.define(_reference(np.multiply, 1))
segment_max_op.define(_reference(np.maximum, None))
segment_min_op.define(_reference(np.minimum, None))


@segment_sum_op.define
def segment_sum_reference(node: Any, data: np.ndarray, ids: np.ndarray) -> np.ndarray:
    rows, count = _rows(data, ids)
    return sum_rows(rows, ids, count).reshape((count, *data.shape[1:]))


@segment_mean_op.define
def segment_mean_reference(node: Any, data: np.ndarray, ids: np.ndarray) -> Any:
    rows, count = _rows(data, ids)
    sums = sum_rows(rows, ids, count)
    sizes = np.maximum(np.bincount(ids, minlength=count), 1)[:, None].astype(sums.dtype)
    means = np.trunc(sums / sizes) if data.dtype.kind in "iu" else sums / sizes
    return means.astype(data.dtype).reshape((count, *data.shape[1:]))


# --- gradients ------------------------------------------------------------------------------------


@segment_sum_op.grad
def segment_sum_grad(op: Any, dy: Any) -> list[Any]:
    return [ops.array.gather(dy, op.inputs[1]), None]


@segment_mean_op.grad
def segment_mean_grad(op: Any, dy: Any) -> list[Any]:
    data, ids = op.inputs
    rest = ops.array.ones(ops.array.expand_dims(ops.array.rank(data) - 1, 0), dtype=dtypes.int32)
    shape = ops.array.concat([ops.array.shape(ids), rest], 0)
    sizes = segment_sum_op(ops.array.ones(shape, dtype=dy.dtype.base_dtype), ids)
    return [ops.array.gather(ops.elementwise.divide(dy, sizes), ids), None]


@segment_max_op.grad
@segment_min_op.grad
def segment_extreme_grad(op: Any, dy: Any) -> list[Any]:
    """Elements that share their segment's extreme share its gradient."""
    data, ids = op.inputs
    chosen = ops.elementwise.equal(data, ops.array.gather(op.outputs[0], ids))
    counts = segment_sum_op(ops.elementwise.cast(chosen, dy.dtype.base_dtype), ids)
    shares = ops.array.gather(ops.elementwise.divide(dy, counts), ids)
    return [ops.elementwise.select(chosen, shares, ops.array.zeros_like(data)), None]


@segment_prod_op.grad
def segment_prod_grad(op: Any, dy: Any) -> list[Any]:
    """Divides the product by each element, and takes the product of the others where it is 0.

    A segment with two zeros or more has no gradient; with one, only that element has.
    """
    data, ids = op.inputs
    elementwise, array = ops.elementwise, ops.array
    is_zero = elementwise.equal(data, array.zeros([], dtype=data.dtype.base_dtype))
    zeros = segment_sum_op(elementwise.cast(is_zero, dtypes.int32), ids)
    dy = elementwise.select(elementwise.greater(zeros, 1), array.zeros_like(dy), dy)
    without_zeros = elementwise.select(is_zero, array.ones_like(data), data)
    others = array.gather(segment_prod_op(without_zeros, ids), ids)
    quotient = array.gather(op.outputs[0], ids) / without_zeros
    partial = elementwise.select(is_zero, others, quotient)
    return [array.gather(dy, ids) * partial, None]


# --- the public functions -------------------------------------------------------------------------


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The sum of the rows of each segment.

    Args:
      data: numbers.
      segment_ids: integers, one for each row of `data`, not negative and never going down.
      name: the node's name.

    Returns:
      `result[i]` is the sum of the rows with id i, 0 where there is none.
    """
    tensor: Tensor = segment_sum_op(data, segment_ids, name=name)
    return tensor


def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The mean of the rows of each segment, 0 for an empty one; see `segment_sum`."""
    tensor: Tensor = segment_mean_op(data, segment_ids, name=name)
    return tensor


def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The product of the rows of each segment, 1 for an empty one; see `segment_sum`."""
    tensor: Tensor = segment_prod_op(data, segment_ids, name=name)
    return tensor


def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The maximum of the rows of each segment, 0 for an empty one; see `segment_sum`."""
    tensor: Tensor = segment_max_op(data, segment_ids, name=name)
    return tensor


def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """The minimum of the rows of each segment, 0 for an empty one; see `segment_sum`."""
    tensor: Tensor = segment_min_op(data, segment_ids, name=name)
    return tensor
