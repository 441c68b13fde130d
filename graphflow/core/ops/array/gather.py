"""Ops that take elements by their positions: Gather, GatherNd."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...base.tensor_shape import TensorShape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import IndexedSlices
from ...graph.op_def import define_op
from ...graph.scopes import colocate_with, name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor

# --- Gather ---------------------------------------------------------------------------------------


def gather_v1_shape(context: ShapeContext) -> TensorShape:
    return _gathered(context.shape(0), context.shape(1), 0, 0)


gather_op = define_op(
    "Gather",
    ["params: Tparams", "indices: Tindices"],
    ["output: Tparams"],
    ["validate_indices: bool = true", "Tparams: type", "Tindices: {int32, int64}"],
    gather_v1_shape,
)


@gather_op.define
def gather_v1_reference(node: Any, params: np.ndarray, indices: np.ndarray) -> np.ndarray:
    _check_indices(indices, params.shape[0])
    return np.take(params, indices, axis=0)


@gather_op.grad
def gather_v1_grad(op: Any, dy: Any) -> list[Any]:
    return [_row_slices(op.inputs[0], op.inputs[1], dy), None]


def gather_v2_shape(context: ShapeContext) -> TensorShape:
    params, indices, axis = context.shape(0), context.shape(1), context.constant(2)
    context.with_rank(2, 0)
    if axis is None and params.ndims is not None and indices.ndims is not None:
        batch = _batch_dims(context.attrs["batch_dims"], indices.ndims)
        return TensorShape([None] * (params.ndims + indices.ndims - 1 - batch))
    if axis is None:
        return TensorShape(None)
    return _gathered(params, indices, int(axis), context.attrs["batch_dims"])


def _batch_dims(batch_dims: int, indices_rank: int) -> int:
    return batch_dims + indices_rank if batch_dims < 0 else batch_dims


def _gathered(params: TensorShape, indices: TensorShape, axis: int, batch: int) -> TensorShape:
    least = axis + 1 if axis >= 0 else -axis
    if params.ndims is not None and params.ndims < least:
        raise ValueError(f"Shape must be at least rank {least} but is rank {params.ndims}")
    if params.ndims is None or indices.ndims is None:
        return TensorShape(None)
    axis %= params.ndims
    batch = _batch_dims(batch, indices.ndims)
    if not 0 <= batch <= min(indices.ndims, axis):
        raise ValueError(
            f"batch_dims = {batch} must be at most rank(indices) = {indices.ndims} and axis = "
            f"{axis}"
        )
    sizes, positions = params.as_list(), indices.as_list()
    common = TensorShape(sizes[:batch]).merge_with(positions[:batch]).as_list()
    return TensorShape([*common, *sizes[batch:axis], *positions[batch:], *sizes[axis + 1 :]])


gather_v2_op = define_op(
    "GatherV2",
    ["params: Tparams", "indices: Tindices", "axis: Taxis"],
    ["output: Tparams"],
    [
        "batch_dims: int = 0",
        "Tparams: type",
        "Tindices: {int32, int64}",
        "Taxis: {int32, int64}",
    ],
    gather_v2_shape,
)


def _check_indices(indices: np.ndarray, limit: int) -> None:
    if indices.size and not 0 <= indices.min() <= indices.max() < limit:
        bad = tuple(int(i) for i in np.argwhere((indices < 0) | (indices >= limit))[0])
        place = f"[{','.join(str(i) for i in bad)}]" if bad else ""
        raise errors.InvalidArgumentError(
            None, None, f"indices{place} = {indices[bad]} is not in [0, {limit})"
        )


@gather_v2_op.define
def gather_v2_reference(
    node: Any, params: np.ndarray, indices: np.ndarray, axis: np.ndarray
) -> np.ndarray:
    if axis.ndim:
        raise errors.InvalidArgumentError(None, None, "axis must be scalar")
    if not -params.ndim <= axis < params.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected axis in the range [{-params.ndim}, {params.ndim}), but got {int(axis)}",
        )
    where = int(axis) % params.ndim
    batch = _batch_dims(node.attrs["batch_dims"], indices.ndim)
    _check_indices(indices, params.shape[where])
    if batch == 0:
        return np.take(params, indices, axis=where)
    if not 0 <= batch <= min(indices.ndim, where) or (
        params.shape[:batch] != indices.shape[:batch]
    ):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"the first {batch} dimensions of params {list(params.shape)} and indices "
            f"{list(indices.shape)} must be equal",
        )
    return _gather_batches(params, indices, where, batch)


def _gather_batches(params: np.ndarray, indices: np.ndarray, axis: int, batch: int) -> np.ndarray:
    """As [batches, outer, n, inner] and [batches, m]."""
    sizes = params.shape
    batches = int(np.prod(sizes[:batch], dtype=np.int64))
    outer = int(np.prod(sizes[batch:axis], dtype=np.int64))
    inner = int(np.prod(sizes[axis + 1 :], dtype=np.int64))
    count = int(np.prod(indices.shape[batch:], dtype=np.int64))
    blocks = params.reshape(batches, outer, sizes[axis], inner)
    positions = indices.reshape(batches, 1, count, 1)
    taken = np.take_along_axis(blocks, positions, axis=2)
    return taken.reshape(
        sizes[:batch] + sizes[batch:axis] + indices.shape[batch:] + sizes[axis + 1 :]
    )


@gather_v2_op.grad
def gather_v2_grad(op: Any, dy: Any) -> list[Any]:
    params, indices, axis = op.inputs
    batch = op.node_attrs["batch_dims"]
    if constant_value(axis) == 0 and batch == 0:
        return [_row_slices(params, indices, dy), None, None]
    return [_dense_gather_grad(params, indices, axis, batch, dy), None, None]


def _row_slices(params: Tensor, indices: Tensor, dy: Any) -> IndexedSlices:
    """The gradient of rows taken: those rows, however many there are."""
    with colocate_with(params):
        shape: Any = ops.array.shape(params, out_type=dtypes.int64)
        shape = ops.elementwise.cast(shape, dtypes.int32)
    count = ops.array.expand_dims(ops.array.size(indices), 0)
    values = ops.array.reshape(dy, ops.array.concat([count, shape[1:]], 0))
    return IndexedSlices(values, ops.array.reshape(indices, count), shape)


def _dense_gather_grad(params: Tensor, indices: Tensor, axis: Any, batch: int, dy: Any) -> Tensor:
    """Sums the gradient into the places it was taken from, batch by batch.

    The gathered axis is moved to the front, all batches are put behind each other in it, and one
    segment sum adds up the rows.
    """
    if batch < 0:
        if indices.shape.ndims is None:
            raise ValueError("negative batch_dims need indices of known rank")
        batch += indices.shape.ndims
    array = ops.array
    shape: Any = array.shape(params)
    axis = axis % array.rank(params)
    batch_shape, outer, inner = shape[:batch], shape[batch:axis], shape[axis + 1 :]
    batches = ops.reduction.reduce_prod(batch_shape)
    # [batches, outer, m, inner] -> [batches * m, outer, inner]
    outer_size, inner_size = (ops.reduction.reduce_prod(s) for s in (outer, inner))
    grouped = array.reshape(dy, array.stack([batches, outer_size, -1, inner_size]))
    rows = array.reshape(
        array.transpose(grouped, [0, 2, 1, 3]), array.stack([-1, outer_size, inner_size])
    )
    length: Any = ops.elementwise.cast(shape[axis], indices.dtype)
    starts: Any = array.range(ops.elementwise.cast(batches, indices.dtype)) * length
    positions = array.reshape(indices, array.stack([batches, -1])) + array.expand_dims(starts, 1)
    summed = ops.reduction.unsorted_segment_sum(
        rows, array.reshape(positions, [-1]), batches * shape[axis]
    )
    parted = array.reshape(summed, array.stack([batches, shape[axis], outer_size, inner_size]))
    return array.reshape(array.transpose(parted, [0, 2, 1, 3]), shape)


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """The slices of `params` at `indices` along one dimension.

    Args:
      params: any type, rank 1 or more.
      indices: int32 or int64, any shape.
      validate_indices: ignored; indices are always checked, as in TF on the CPU.
      name: the node's name.
      axis: the dimension; `batch_dims` by default.
      batch_dims: how many leading dimensions `params` and `indices` share.

    Returns:
      A tensor of shape `params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis+1:]`.
      Its gradient along axis 0 is an IndexedSlices.
    """
    if axis is None:
        axis = batch_dims
    tensor: Tensor
    if hasattr(params, "sparse_read") and constant_value(axis) == 0:
        tensor = params.sparse_read(indices, name=name)  # a resource variable: those rows only
    else:
        tensor = gather_v2_op(params, indices, axis, batch_dims=batch_dims, name=name)
    return tensor


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """`gather` along the last dimension of `indices`, all dimensions before it being shared.

    Args:
      params: [b..., n, ...].
      indices: [b..., m].
      name: the name scope.

    Raises:
      ValueError: the rank of `indices` is unknown.
    """
    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.shape.ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        batch = indices.shape.ndims - 1
        return gather(params, indices, axis=batch, batch_dims=batch)


# --- GatherNd -------------------------------------------------------------------------------------


def gather_nd_shape(context: ShapeContext) -> TensorShape:
    params, indices = context.shape(0), context.shape(1)
    if indices.ndims == 0:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if params.ndims is None or indices.ndims is None:
        return TensorShape(None)
    depth = indices.as_list()[-1]
    if depth is None:
        return TensorShape(None)
    if depth > params.ndims:
        raise ValueError(
            "indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"{indices} and params shape: {params}"
        )
    return TensorShape([*indices.as_list()[:-1], *params.as_list()[depth:]])


gather_nd_op = define_op(
    "GatherNd",
    ["params: Tparams", "indices: Tindices"],
    ["output: Tparams"],
    ["Tparams: type", "Tindices: {int32, int64}"],
    gather_nd_shape,
)


@gather_nd_op.define
def gather_nd_reference(node: Any, params: np.ndarray, indices: np.ndarray) -> np.ndarray:
    if params.ndim < 1:
        raise errors.InvalidArgumentError(None, None, "params must be at least a vector")
    if indices.ndim < 1:
        raise errors.InvalidArgumentError(None, None, "indices must be at least a vector")
    depth = indices.shape[-1]
    if depth > params.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            "index innermost dimension length must be <= params rank; saw: "
            f"{depth} vs. {params.ndim}",
        )
    count = indices.size // depth if depth else int(np.prod(indices.shape[:-1]))
    if count and 0 in params.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Requested more than 0 entries, but params is empty.  Params shape: "
            f"[{','.join(str(n) for n in params.shape)}]",
        )
    limits = np.array(params.shape[:depth])
    outside = np.argwhere(((indices < 0) | (indices >= limits)).any(axis=-1))
    if len(outside):
        bad = tuple(int(i) for i in outside[0])
        place = f"[{','.join(str(i) for i in bad)}]" if bad else ""
        raise errors.InvalidArgumentError(
            None,
            None,
            f"indices{place} = [{', '.join(str(i) for i in indices[bad])}] does not index into "
            f"param shape [{','.join(str(n) for n in params.shape)}]",
        )
    if depth == 0:
        return np.broadcast_to(params, indices.shape[:-1] + params.shape)
    taken: np.ndarray = params[tuple(np.moveaxis(indices, -1, 0))]
    return taken


@gather_nd_op.grad
def gather_nd_grad(op: Any, dy: Any) -> list[Any]:
    params, indices = op.inputs
    shape = ops.array.shape(params, out_type=indices.dtype)
    if indices.shape.ndims == 2 and indices.shape.as_list()[-1] == 1:
        return [IndexedSlices(dy, ops.array.squeeze(indices, axis=-1), shape), None]
    return [ops.array.scatter_nd(indices, dy, shape), None]


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: Any = 0) -> Tensor:
    """The elements or slices of `params` at the places that rows of `indices` name.

    Args:
      params: any type.
      indices: int32 or int64 [..., k]: each row is a position in the first k dimensions after the
        batch dimensions.
      name: the node's name.
      batch_dims: how many leading dimensions `params` and `indices` share.

    Returns:
      A tensor of shape `indices.shape[:-1] + params.shape[batch_dims + k:]`.

    Raises:
      ValueError: batch_dims is negative or not below the ranks.
    """
    known = constant_value(batch_dims)
    if known is not None:
        batch_dims = int(known.reshape(()))
    if batch_dims == 0:
        if hasattr(params, "gather_nd"):  # a resource variable: those parts only
            tensor: Tensor = params.gather_nd(indices, name=name)
        else:
            tensor = gather_nd_op(params, indices, name=name)
        return tensor
    return _batch_gather_nd(params, indices, batch_dims, name)


def _batch_gather_nd(params: Any, indices: Any, batch: Any, name: str | None) -> Tensor:
    """Puts the number of the batch in front of every position, and gathers."""
    with name_scope(name, "BatchGatherND", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if not isinstance(batch, int):
            raise TypeError(f"batch_dims must be an int; got {batch!r}")
        if batch < 0:
            raise ValueError("tf.gather_nd does not allow negative batch_dims.")
        for what, rank in (("indices", indices.shape.ndims), ("params", params.shape.ndims)):
            if rank is not None and batch >= rank:
                raise ValueError(f"batch_dims = {batch} must be less than rank({what}) = {rank}")
        array = ops.array
        shape: Any = array.shape(indices, out_type=indices.dtype)
        places = shape[:-1]
        grids = []
        for axis in builtins.range(batch):
            numbers = array.range(shape[axis])
            column = array.one_hot(
                axis, array.size(places), shape[axis], array.ones([], shape.dtype)
            )
            grids.append(array.broadcast_to(array.reshape(numbers, column), places))
        full = array.concat([array.stack(grids, axis=-1), indices], axis=-1)
        result: Tensor = gather_nd_op(params, full)
        if params.shape.ndims is not None and indices.shape.ndims is not None:
            depth = indices.shape.as_list()[-1]
            if depth is not None:
                result.set_shape(
                    [*indices.shape.as_list()[:-1], *params.shape.as_list()[batch + depth :]]
                )
        return result
