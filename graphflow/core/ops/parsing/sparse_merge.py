"""sparse_merge: indices and values from several sparse tensors as one; SparseReorder sorts it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base import dtypes
from ...base.tensor_shape import TensorShape
from ...graph.indexed_slices import SparseTensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .. import array, elementwise


def sparse_reorder_shape(context: ShapeContext) -> list[TensorShape]:
    context.with_rank(2, 1)
    return [context.with_rank(0, 2), context.with_rank(1, 1)]


sparse_reorder_op = define_op(
    "SparseReorder",
    inputs=["input_indices: int64", "input_values: T", "input_shape: int64"],
    outputs=["output_indices: int64", "output_values: T"],
    attrs=["T: type"],
    shape=sparse_reorder_shape,
)


@sparse_reorder_op.define
def sparse_reorder_reference(
    node: Any, indices: np.ndarray, values: np.ndarray, shape: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort(indices.T[::-1]) if indices.shape[1] else np.arange(len(indices))
    return indices[order], values[order]


@sparse_reorder_op.grad
def sparse_reorder_grad(op: Any, unused_indices: Any, dy: Any) -> list[Any]:
    """Each value's gradient goes back to where the value came from."""
    count = array.shape(op.inputs[0])[0]
    numbers = array.range(elementwise.cast(count, dtypes.int64))
    _, places = sparse_reorder_op(op.inputs[0], numbers, op.inputs[2])
    return [None, array.gather(dy, array.invert_permutation(places)), None]


def sparse_merge(
    sp_ids: Any,
    sp_values: SparseTensor,
    vocab_size: Any,
    name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """A sparse tensor whose last indices are the values of others.

    Args:
      sp_ids: a SparseTensor of integers `[d0, ..., dn]`, or a list of them, with equal indices.
      sp_values: a SparseTensor with the values, of the same indices.
      vocab_size: the size of the new last dimension, or a list of sizes, one for each of `sp_ids`.
      name: a scope for the nodes, `SparseMerge` by default.
      already_sorted: whether the new indices are in order; if not, they are sorted.

    Returns:
      A SparseTensor `[d0, ..., d(n-1), vocab_size...]`.

    Raises:
      TypeError: `sp_ids` is neither a SparseTensor nor a list, or no list of sizes fits to it.
      ValueError: as many sizes as `sp_ids` are needed.
    """
    if isinstance(sp_ids, SparseTensor):
        sp_ids, vocab_size = [sp_ids], [vocab_size]
    for what, value in (("sp_ids", sp_ids), ("vocab_size", vocab_size)):
        if not isinstance(value, list | tuple):
            raise TypeError(f"{what} has to be a list. Found {type(value)}")
    if len(sp_ids) != len(vocab_size):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with name_scope(name, "SparseMerge", [*sp_ids, sp_values]):
        columns = [array.expand_dims(_as_int64(ids.values), axis=1) for ids in sp_ids]
        sizes = [elementwise.cast(size, dtypes.int64) for size in vocab_size]
        indices = array.concat([sp_ids[0].indices[:, :-1], *columns], 1)
        shape = array.concat([sp_ids[0].dense_shape[:-1], sizes], 0)
        if already_sorted:
            return SparseTensor(indices, sp_values.values, shape)
        indices, values = sparse_reorder_op(indices, sp_values.values, shape)
        return SparseTensor(indices, values, shape)


def _as_int64(ids: Tensor) -> Tensor:
    return ids if ids.dtype == dtypes.int64 else elementwise.cast(ids, dtypes.int64)
