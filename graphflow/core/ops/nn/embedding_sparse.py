"""Embeddings of rows of ids of different lengths, each row combined into one vector."""

from __future__ import annotations

import logging
from typing import Any

from ... import ops
from ...base import dtypes
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor, SparseTensorValue
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .embedding import embedding_lookup, shards_of

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
      A tensor of the shape [n] + row.shape; float32 where the table is float16 or bfloat16.

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
        if rows.dtype in (dtypes.float16, dtypes.bfloat16):
            rows = ops.elementwise.cast(rows, dtypes.float32)
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


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str | None = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Tensor:
    """`embedding_lookup_sparse` for ids that may be invalid and rows that may be empty.

    Ids below 0 are left out, and with the combiners that divide by weights (all but `"sum"`) so
    are ids whose weight is not positive.

    Args:
      embedding_weights: the table, or its shards, as `embedding_lookup` takes them.
      sparse_ids: a SparseTensor [d_0, ..., d_n] of integers; the last axis is combined.
      sparse_weights: a SparseTensor with the indices of `sparse_ids`, or None.
      combiner: as `embedding_lookup_sparse`.
      default_id: the id of rows that have none (left); None stands for an embedding of zeros.
      name: the name scope.
      partition_strategy: `"div"` or `"mod"`.
      max_norm: embeddings are scaled down to this L2 norm first.

    Returns:
      A tensor of the shape [d_0, ..., d_(n-1)] + row.shape.

    Raises:
      ValueError: there is no table, or its type is not that of the weights.
    """
    if embedding_weights is None or (
        isinstance(embedding_weights, list | tuple) and not embedding_weights
    ):
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    dtype = None if sparse_weights is None else sparse_weights.dtype
    tables = [convert_to_tensor(shard, dtype=dtype) for shard in shards_of(embedding_weights)]
    with name_scope(name, "embedding_lookup", [*tables, sparse_ids, sparse_weights]) as scope:
        ids = SparseTensor.from_value(sparse_ids)
        weights = None if sparse_weights is None else SparseTensor.from_value(sparse_weights).values
        shape = ops.elementwise.cast(ids.dense_shape, dtypes.int64)
        outer = shape[:-1]
        rows = _row_numbers(ids.indices, outer)
        rows, values, weights = _valid(rows, ids.values, weights, combiner)
        count = ops.reduction.reduce_prod(outer)
        rows, values, weights, is_empty = _filled(rows, values, weights, count, default_id or 0)
        result = embedding_lookup_sparse(
            tables,
            _of_rows(rows, values, count),
            None if weights is None else _of_rows(rows, weights, count),
            partition_strategy,
            combiner=combiner,
            max_norm=max_norm,
            name=None if default_id is None else scope,
        )
        if default_id is None:
            keep = ops.elementwise.logical_not(is_empty)
            ones = ops.array.ones_like(ops.array.shape(result)[1:])
            column = ops.array.reshape(keep, ops.array.concat([[-1], ones], 0))
            result = ops.elementwise.select_v2(
                column, result, ops.array.zeros_like(result), name=scope
            )
        return _in_shape(result, ids, outer)


def _row_numbers(indices: Tensor, outer: Tensor) -> Tensor:
    """The number of each entry's row when all axes but the last are one."""
    strides = ops.reduction.cumprod(outer, exclusive=True, reverse=True)
    numbers: Tensor = ops.reduction.reduce_sum(indices[:, :-1] * strides, 1)
    return numbers


def _valid(
    rows: Tensor, values: Tensor, weights: Tensor | None, combiner: str | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The entries that count."""
    keep = ops.elementwise.greater_equal(values, 0)
    if weights is not None and combiner != "sum":
        keep = ops.elementwise.logical_and(keep, ops.elementwise.greater(weights, 0))
    places = ops.array.reshape(ops.array.where(keep), [-1])
    gather = ops.array.gather
    kept = None if weights is None else gather(weights, places)
    return gather(rows, places), gather(values, places), kept


def _filled(
    rows: Tensor, values: Tensor, weights: Tensor | None, count: Tensor, default_id: int
) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """The entries with `default_id` (of weight one) put in each empty row, in order of rows.

    Returns:
      (rows, values, weights, which of the `count` rows were empty).
    """
    held = ops.reduction.unsorted_segment_sum(ops.array.ones_like(rows), rows, count)
    is_empty = ops.elementwise.equal(held, 0)
    empty = ops.array.reshape(ops.array.where(is_empty), [-1])
    together = ops.array.concat([rows, empty], 0)
    order = ops.array.argsort(together, stable=True)

    def merged(entries: Tensor, filling: Any) -> Tensor:
        fills = ops.array.fill(ops.array.shape(empty), ops.elementwise.cast(filling, entries.dtype))
        sorted_entries: Tensor = ops.array.gather(ops.array.concat([entries, fills], 0), order)
        return sorted_entries

    in_order = ops.array.gather(together, order)
    filled = None if weights is None else merged(weights, 1)
    return in_order, merged(values, default_id), filled, is_empty


def _of_rows(rows: Tensor, values: Tensor, count: Tensor) -> SparseTensor:
    """A sparse matrix [count, 1] with these entries: a row may have many."""
    indices = ops.array.stack([rows, ops.array.zeros_like(rows)], axis=1)
    return SparseTensor(indices, values, ops.array.stack([count, ops.array.ones_like(count)]))


def _in_shape(result: Tensor, ids: SparseTensor, outer: Tensor) -> Tensor:
    """The rows in the shape of all axes of the ids but the last."""
    row_shape = ops.elementwise.cast(ops.array.shape(result)[1:], dtypes.int64)
    shaped: Tensor = ops.array.reshape(result, ops.array.concat([outer, row_shape], 0))
    rank = ids.dense_shape.shape.as_list()[0] if ids.dense_shape.shape.ndims else None
    if rank is not None:
        static = TensorShape([None] * (rank - 1))
        shaped.set_shape(static.concatenate(result.shape[1:]))
    return shaped
