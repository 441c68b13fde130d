"""Sums over segments of rows chosen by index: embeddings' lookups, combined in one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import Dimension, TensorShape
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .segment import check_sorted, segment_count
from .unsorted_segment import sum_rows


def sparse_segment_shape(context: ShapeContext) -> TensorShape:
    data = context.shape(0).with_rank_at_least(1)
    context.with_rank(1, 1).merge_with(context.with_rank(2, 1))
    return TensorShape([segment_count(context, 2)]).concatenate(data[1:])


def sparse_segment_with_count_shape(context: ShapeContext) -> TensorShape:
    return _with_rows(context, sparse_segment_shape(context))


def _with_rows(context: ShapeContext, shape: TensorShape) -> TensorShape:
    context.with_rank(3, 0)
    rows = context.constant(3)
    if rows is not None and rows < 0:
        raise ValueError(f"Cannot specify a negative value for num_segments: {int(rows)}")
    return TensorShape([Dimension(None if rows is None else int(rows))]).concatenate(shape[1:])


_INDICES = "Tidx: {int32, int64} = DT_INT32"
_SEGMENTS = "Tsegmentids: {int32, int64} = DT_INT32"
_INPUTS = ["data: T", "indices: Tidx", "segment_ids: Tsegmentids"]
_FLOATS = "{bfloat16, half, float, double}"


def _ops(name: str, types: str) -> tuple[OpDef, OpDef]:
    """The op without and with a number of segments."""
    attrs = [f"T: {types}", _INDICES, _SEGMENTS, "sparse_gradient: bool = false"]
    plain = define_op(name, _INPUTS, ["output: T"], attrs, sparse_segment_shape)
    counted = define_op(
        name + "WithNumSegments",
        [*_INPUTS, "num_segments: Tnumsegments"],
        ["output: T"],
        [*attrs, "Tnumsegments: {int32, int64} = DT_INT32"],
        sparse_segment_with_count_shape,
    )
    return plain, counted


sparse_segment_sum_op, sparse_segment_sum_with_num_segments_op = _ops(
    "SparseSegmentSum", "realnumbertype"
)
sparse_segment_mean_op, sparse_segment_mean_with_num_segments_op = _ops(
    "SparseSegmentMean", _FLOATS
)
sparse_segment_sqrt_n_op, sparse_segment_sqrt_n_with_num_segments_op = _ops(
    "SparseSegmentSqrtN", _FLOATS
)


# --- references -----------------------------------------------------------------------------------

Scale = Callable[[np.ndarray], np.ndarray]  # what a segment of n rows is multiplied with


def _unscaled(sizes: np.ndarray) -> np.ndarray:
    return np.ones_like(sizes)


def _by_size(sizes: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / np.maximum(sizes, 1))


def _by_root(sizes: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / np.sqrt(np.maximum(sizes, 1)))


def _check_sizes(indices: np.ndarray, ids: np.ndarray) -> None:
    if indices.shape != ids.shape:
        raise errors.InvalidArgumentError(
            None, None, "segment_ids and indices should have same size."
        )


def _first_outside(values: np.ndarray, size: int) -> int | None:
    """The position of the first value that is not in [0, size)."""
    outside = (values < 0) | (values >= size)
    return int(np.argmax(outside)) if outside.any() else None


def _check(data_rows: int, indices: np.ndarray, ids: np.ndarray) -> None:
    _check_sizes(indices, ids)
    first = _first_outside(indices, data_rows)
    if first is not None:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Bad: indices[{first}] == {indices[first]} out of range [0, {data_rows})",
        )
    check_sorted(ids)


def _reference(scale: Scale) -> Callable[..., Any]:
    def reference(
        node: Any,
        data: np.ndarray,
        indices: np.ndarray,
        ids: np.ndarray,
        count: np.ndarray | None = None,
    ) -> np.ndarray:
        _check(data.shape[0], indices, ids)
        segments = int(ids[-1]) + 1 if ids.size else 0
        if count is not None:
            if segments > int(count):
                raise errors.InvalidArgumentError(
                    None, None, f"segment ids must be < num_segments: {segments - 1} >= {count}"
                )
            segments = int(count)
        rows = data.reshape(data.shape[0], int(np.prod(data.shape[1:])))[indices]
        sums = sum_rows(rows, ids, segments)
        if scale is not _unscaled:
            factors = scale(np.bincount(ids, minlength=segments))
            sums = sums * factors[:, None].astype(sums.dtype)
        return sums.reshape((segments, *data.shape[1:]))

    return reference


for _op in (sparse_segment_sum_op, sparse_segment_sum_with_num_segments_op):
    _op.define(_reference(_unscaled))
for _op in (sparse_segment_mean_op, sparse_segment_mean_with_num_segments_op):
    _op.define(_reference(_by_size))
for _op in (sparse_segment_sqrt_n_op, sparse_segment_sqrt_n_with_num_segments_op):
    _op.define(_reference(_by_root))


# --- gradients ------------------------------------------------------------------------------------


def _check_grad(segments: int, rows: int, indices: np.ndarray, ids: np.ndarray) -> None:
    if ids[-1] >= segments:
        raise errors.InvalidArgumentError(None, None, "Invalid number of segments")
    first = _first_outside(ids, segments)
    if first is not None:
        raise errors.InvalidArgumentError(
            None, None, f"Segment id {ids[first]} out of range [0, {segments})."
        )
    first = _first_outside(indices, rows)
    if first is not None:
        raise errors.InvalidArgumentError(
            None, None, f"Index {indices[first]} out of range [0, {rows})."
        )


def _grad_op(name: str, scale: Scale) -> OpDef:
    """Each index gets the scaled gradient of its segment, added up over its occurrences."""
    op_def = define_op(
        name,
        ["grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "output_dim0: int32"],
        ["output: T"],
        [f"T: {_FLOATS}", _INDICES, _SEGMENTS],
        sparse_segment_grad_shape,
    )

    def reference(
        node: Any, dy: np.ndarray, indices: np.ndarray, ids: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        _check_sizes(indices, ids)
        if ids.size and int(rows):
            _check_grad(dy.shape[0], int(rows), indices, ids)
        elif ids.size:
            return np.zeros((0, *dy.shape[1:]), dy.dtype)
        flat = dy.reshape(dy.shape[0], int(np.prod(dy.shape[1:])))
        factors = scale(np.bincount(ids, minlength=dy.shape[0])).astype(dy.dtype)
        spread = (flat * factors[:, None])[ids]
        return sum_rows(spread, indices, int(rows)).reshape((int(rows), *dy.shape[1:]))

    op_def.define(reference)
    return op_def


def sparse_segment_grad_shape(context: ShapeContext) -> TensorShape:
    return _with_rows(context, sparse_segment_shape(context))


sparse_segment_sum_grad_op = _grad_op("SparseSegmentSumGrad", _unscaled)
sparse_segment_mean_grad_op = _grad_op("SparseSegmentMeanGrad", _by_size)
sparse_segment_sqrt_n_grad_op = _grad_op("SparseSegmentSqrtNGrad", _by_root)


def _register(grad_op: OpDef, *op_defs: OpDef) -> None:
    def gradient(op: Any, dy: Any) -> list[Any]:
        data, indices, ids = op.inputs[:3]
        rows = ops.array.shape(data)[0]
        nothing = [None] * (len(op.inputs) - 1)
        return [grad_op(dy, indices, ids, rows), *nothing]

    for op_def in op_defs:
        op_def.grad(gradient)


_register(
    sparse_segment_sum_grad_op, sparse_segment_sum_op, sparse_segment_sum_with_num_segments_op
)
_register(
    sparse_segment_mean_grad_op, sparse_segment_mean_op, sparse_segment_mean_with_num_segments_op
)
_register(
    sparse_segment_sqrt_n_grad_op,
    sparse_segment_sqrt_n_op,
    sparse_segment_sqrt_n_with_num_segments_op,
)


# --- the public functions -------------------------------------------------------------------------


def _choose(
    plain: OpDef, counted: OpDef, data: Any, indices: Any, ids: Any, name: Any, count: Any
) -> Tensor:
    tensor: Tensor
    if count is None:
        tensor = plain(data, indices, ids, name=name)
    else:
        tensor = counted(data, indices, ids, count, name=name)
    return tensor


def sparse_segment_sum(
    data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None
) -> Tensor:
    """The sum of the chosen rows of each segment, `segment_sum(gather(data, indices), ids)`.

    Args:
      data: real numbers.
      indices: integers, the rows to take.
      segment_ids: the segment of each, not negative and never going down.
      name: the node's name.
      num_segments: the size of the result's first axis, by default the last id + 1.

    Returns:
      `result[i]` is the sum of the rows with id i, 0 where there is none.
    """
    return _choose(
        sparse_segment_sum_op,
        sparse_segment_sum_with_num_segments_op,
        data,
        indices,
        segment_ids,
        name,
        num_segments,
    )


def sparse_segment_mean(
    data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None
) -> Tensor:
    """The mean of the chosen rows of each segment; see `sparse_segment_sum`."""
    return _choose(
        sparse_segment_mean_op,
        sparse_segment_mean_with_num_segments_op,
        data,
        indices,
        segment_ids,
        name,
        num_segments,
    )


def sparse_segment_sqrt_n(
    data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None
) -> Tensor:
    """The sum of the chosen rows of each segment over the root of their number; see
    `sparse_segment_sum`."""
    return _choose(
        sparse_segment_sqrt_n_op,
        sparse_segment_sqrt_n_with_num_segments_op,
        data,
        indices,
        segment_ids,
        name,
        num_segments,
    )
