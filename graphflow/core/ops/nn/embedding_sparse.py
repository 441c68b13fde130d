"""Embeddings of rows of ids of different lengths, each row combined into one vector."""

from __future__ import annotations

import logging
from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.indexed_slices import SparseTensor, SparseTensorValue
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .embedding import embedding_lookup

_COMBINERS = ("mean", "sqrtn", "sum")


def embedding_lookup_sparse(
    params: Any,
    sp_ids: SparseTensor,
    sp_weights: SparseTensor | None,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: float | None = None,
) -> Tensor:
    """The combined embeddings of the ids in each row of a sparse matrix.

    Args:
      params: the table, or its shards, as `embedding_lookup` takes them.
      sp_ids: a SparseTensor [n, m] of integers; no row before the last may be empty.
      sp_weights: a SparseTensor with the indices of `sp_ids`, or None for weights of one.
      partition_strategy: `"mod"` or `"div"`.
      name: the name scope.
      combiner: `"sum"` of the weighted rows; `"mean"` (the default), their sum over the sum of
        the weights; or `"sqrtn"`, over the root of the sum of the squared weights.
      max_norm: embeddings are scaled down to this L2 norm first.

    Returns:
      A tensor of the shape [n] + row.shape.

    Raises:
      TypeError: ids or weights are no SparseTensor.
      ValueError: an unknown combiner.
    """
    if combiner is None:
        logging.getLogger("graphflow").warning('The default combiner is "mean".')
        combiner = "mean"
    if combiner not in _COMBINERS:
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    ids = _sparse(sp_ids, "sp_ids")
    inputs = [*(params if isinstance(params, list | tuple) else [params]), ids.values]
    weights = None
    if sp_weights is not None:
        weights = _sparse(sp_weights, "sp_weights")
        ids.values.shape.assert_is_compatible_with(weights.values.shape)
        ids.indices.shape.assert_is_compatible_with(weights.indices.shape)
        ids.dense_shape.shape.assert_is_compatible_with(weights.dense_shape.shape)
    with name_scope(name, "embedding_lookup_sparse", inputs) as scope:
        segments = ops.elementwise.cast(ids.indices[:, 0], dtypes.int32)
        unique, positions = ops.array.unique(ids.values)
        rows = embedding_lookup(params, unique, partition_strategy, max_norm=max_norm)
        if weights is None:
            combine = {
                "sum": ops.reduction.sparse_segment_sum,
                "mean": ops.reduction.sparse_segment_mean,
                "sqrtn": ops.reduction.sparse_segment_sqrt_n,
            }[combiner]
            combined: Tensor = combine(rows, positions, segments, name=scope)
            return combined
        return _weighted(
            ops.array.gather(rows, positions), weights.values, segments, combiner, scope
        )


def _sparse(value: Any, name: str) -> SparseTensor:
    if not isinstance(value, SparseTensor | SparseTensorValue):
        raise TypeError(f"{name} must be SparseTensor")
    return SparseTensor.from_value(value)


def _weighted(rows: Tensor, weights: Tensor, segments: Tensor, combiner: str, scope: str) -> Tensor:
    """The sum of the rows of each segment, times their weights, over the combiner's norm."""
    if weights.dtype != rows.dtype:
        weights = ops.elementwise.cast(weights, rows.dtype)
    ones = ops.array.fill(ops.array.expand_dims(ops.array.rank(rows) - 1, 0), 1)
    shape = ops.array.concat([ops.array.shape(weights), ones], 0)
    static = rows.shape
    columns = ops.array.reshape(weights, shape)
    if static.ndims is not None:
        columns.set_shape(weights.shape.concatenate([1] * (static.ndims - 1)))
    scaled = rows * columns
    if combiner == "sum":
        total: Tensor = ops.reduction.segment_sum(scaled, segments, name=scope)
        return total
    total = ops.reduction.segment_sum(scaled, segments)
    if combiner == "mean":
        norm = ops.reduction.segment_sum(columns, segments)
    else:
        squares = ops.reduction.segment_sum(columns * columns, segments)
        norm = ops.elementwise.sqrt(squares)
    result: Tensor = ops.elementwise.divide(total, norm, name=scope)
    return result
