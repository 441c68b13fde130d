"""Embedding lookup in one table or in several shards of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import colocate_with, name_scope
from ...graph.tensor import Tensor


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: float | None = None,
) -> Tensor:
    """The rows of an embedding table with the given numbers.

    Args:
      params: the table, or a list of shards of it, or a partitioned variable.
      ids: integers of any shape.
      partition_strategy: how ids are spread over shards: `"mod"` (id % shards) or `"div"`
        (contiguous ranges).
      name: the name scope.
      validate_indices: accepted; ids are always checked.
      max_norm: rows are scaled down to this L2 norm.

    Returns:
      A tensor of the shape `ids.shape + row.shape`.

    Raises:
      ValueError: no params, or an unknown strategy.
    """
    if params is None or (isinstance(params, list | tuple) and not params):
        raise ValueError("Need at least one param")
    shards = shards_of(params)
    with name_scope(name, "embedding_lookup", [*shards, ids]) as scope:
        ids = convert_to_tensor(ids, name="ids")
        shards = [p if hasattr(p, "op") else convert_to_tensor(p, name="params") for p in shards]
        if len(shards) == 1:
            with colocate_with(shards[0]):
                rows = ops.array.gather(shards[0], ids, name=scope)
                return _clipped(ops.array.identity(rows), ids, max_norm)
        return _from_shards(shards, ids, partition_strategy, max_norm, scope)


def shards_of(params: Any) -> list[Any]:
    """The tables of an argument that is one, a list of shards, or a partitioned variable."""
    if isinstance(params, list | tuple):
        return list(params)
    partitions = getattr(params, "_get_variable_list", None) or getattr(params, "_variables", None)
    return list(partitions() if callable(partitions) else partitions) if partitions else [params]


def _from_shards(
    shards: Sequence[Any], ids: Tensor, strategy: str, max_norm: float | None, scope: str
) -> Tensor:
    flat = ops.array.reshape(ids, [-1])
    positions = ops.array.range(ops.array.size(flat))
    owner, local = _placement(shards, flat, strategy)
    owner = ops.elementwise.cast(owner, dtypes.int32)
    local_ids = ops.array.dynamic_partition(local, owner, len(shards))
    places = ops.array.dynamic_partition(positions, owner, len(shards))
    found = []
    for shard, rows in zip(shards, local_ids, strict=True):
        with colocate_with(shard):
            found.append(_clipped(ops.array.gather(shard, rows), rows, max_norm))
    together = ops.array.dynamic_stitch(places, found)
    row_shape = ops.array.shape(shards[0])[1:]
    shape = ops.array.concat([ops.array.shape(ids), row_shape], 0)
    result: Tensor = ops.array.reshape(together, shape, name=scope)
    static = convert_to_tensor(shards[0]).shape[1:]
    result.set_shape(ids.shape.concatenate(static))
    return result


def _placement(shards: Sequence[Any], flat: Tensor, strategy: str) -> tuple[Tensor, Tensor]:
    """Which shard holds each id, and at which of its rows."""
    count = len(shards)
    if strategy == "mod":
        return flat % count, flat // count
    if strategy != "div":
        raise ValueError(f"Unrecognized partition strategy: {strategy}")
    sizes = [ops.array.shape(shard)[0] for shard in shards]
    total = ops.elementwise.cast(ops.elementwise.add_n(sizes), flat.dtype)
    least, extra = total // count, total % count
    owner = ops.elementwise.maximum(flat // (least + 1), (flat - extra) // least)
    local = ops.elementwise.select(owner < extra, flat % (least + 1), (flat - extra) % least)
    return owner, local


def _clipped(rows: Tensor, ids: Tensor, max_norm: float | None) -> Tensor:
    if max_norm is None:
        return rows
    ids_rank, rank = ids.shape.ndims, rows.shape.ndims
    if ids_rank is not None and rank is not None:
        axes: Any = list(range(ids_rank, rank))
    else:
        axes = ops.array.range(ops.array.rank(ids), ops.array.rank(rows))
    clipped: Tensor = ops.elementwise.clip_by_norm(rows, max_norm, axes=axes)
    return clipped
