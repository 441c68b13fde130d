"""Ops that deal a tensor out into several, and stitch several together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.indexed_slices import IndexedSlices
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import T


def _brackets(sizes: Sequence[int]) -> str:
    return "[" + ",".join(str(n) for n in sizes) + "]"


def dynamic_partition_shape(context: ShapeContext) -> list[TensorShape]:
    data, partitions = context.shapes
    if data.ndims is None or partitions.ndims is None:
        return [TensorShape(None)] * context.num_outputs
    TensorShape(data.as_list()[: partitions.ndims]).merge_with(partitions)
    rest = data.as_list()[partitions.ndims :]
    return [TensorShape([None, *rest])] * context.num_outputs


dynamic_partition_op = define_op(
    "DynamicPartition",
    ["data: T", "partitions: int32"],
    ["outputs: num_partitions * T"],
    ["num_partitions: int >= 1", T],
    dynamic_partition_shape,
)


@dynamic_partition_op.define
def dynamic_partition_reference(
    node: Any, data: np.ndarray, partitions: np.ndarray
) -> tuple[np.ndarray, ...]:
    count = node.attrs["num_partitions"]
    if data.shape[: partitions.ndim] != partitions.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            "data.shape must start with partitions.shape, got data.shape = "
            f"{_brackets(data.shape)}, partitions.shape = {_brackets(partitions.shape)}",
        )
    outside = np.argwhere((partitions < 0) | (partitions >= count))
    if len(outside):
        bad = tuple(int(i) for i in outside[0])
        place = _brackets(bad) if bad else ""
        raise errors.InvalidArgumentError(
            None, None, f"partitions{place} = {partitions[bad]} is not in [0, {count})"
        )
    return tuple(data[partitions == number] for number in range(count))


@dynamic_partition_op.grad
def dynamic_partition_grad(op: Any, *dys: Any) -> list[Any]:
    data, partitions = op.inputs
    array = ops.array
    shape = array.shape(partitions)
    places = array.reshape(array.range(ops.reduction.reduce_prod(shape)), shape)
    dealt = dynamic_partition(places, partitions, op.node_attrs["num_partitions"])
    return [array.reshape(dynamic_stitch(dealt, list(dys)), array.shape(data)), None]


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """The slices of `data` sorted into groups.

    Args:
      data: any type.
      partitions: int32, the number of the group of each slice; its shape is a prefix of data's.
      num_partitions: how many groups there are.
      name: the node's name.

    Returns:
      For each group its slices, in order.
    """
    tensors: list[Tensor] = dynamic_partition_op(
        data, partitions, num_partitions=num_partitions, name=name
    )
    return tensors


def dynamic_stitch_shape(context: ShapeContext) -> TensorShape:
    count = context.num_inputs // 2
    rest = TensorShape(None)
    length: int | None = 0
    for i in range(count):
        indices, data = context.shape(i), context.shape(count + i)
        value = context.constant(i)
        if value is None or length is None:
            length = None
        elif value.size:
            length = max(length, int(value.max()) + 1)
        if indices.ndims is not None and data.ndims is not None:
            TensorShape(data.as_list()[: indices.ndims]).merge_with(indices)
            rest = rest.merge_with(data.as_list()[indices.ndims :])
    return TensorShape([length]).concatenate(rest)


def _stitch_op(name: str) -> OpDef:
    return define_op(
        name,
        ["indices: N * int32", "data: N * T"],
        ["merged: T"],
        ["N: int >= 1", T],
        dynamic_stitch_shape,
    )


dynamic_stitch_op = _stitch_op("DynamicStitch")
parallel_dynamic_stitch_op = _stitch_op("ParallelDynamicStitch")


@dynamic_stitch_op.define
@parallel_dynamic_stitch_op.define
def dynamic_stitch_reference(node: Any, *arrays: np.ndarray) -> np.ndarray:
    count = len(arrays) // 2
    indices, data = arrays[:count], arrays[count:]
    rest = data[0].shape[indices[0].ndim :]
    for number, (places, values) in enumerate(zip(indices, data, strict=True)):
        if values.shape[: places.ndim] != places.shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"data[{number}].shape = {_brackets(values.shape)} does not start with "
                f"indices[{number}].shape = {_brackets(places.shape)}",
            )
        if values.shape[places.ndim :] != rest:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Need data[0].shape[{indices[0].ndim}:] = data[{number}].shape[{places.ndim}:], "
                f"got data[0].shape = {_brackets(data[0].shape)}, data[{number}].shape = "
                f"{_brackets(values.shape)}",
            )
        if places.size and places.min() < 0:
            raise errors.InvalidArgumentError(
                None, None, f"indices[{number}] is out of range: {int(places.min())} < 0"
            )
    length = max((int(places.max()) + 1 for places in indices if places.size), default=0)
    filling: Any = b"" if data[0].dtype == object else 0
    result = np.full((length, *rest), filling, data[0].dtype)
    for places, values in zip(indices, data, strict=True):
        result[places] = values[()]  # a string itself, not an array around it
    return result


@dynamic_stitch_op.grad
@parallel_dynamic_stitch_op.grad
def dynamic_stitch_grad(op: Any, dy: Any) -> list[Any]:
    count = op.node_attrs["N"]
    if isinstance(dy, IndexedSlices):
        rows: Any = ops.array.shape(op.outputs[0])
        dy = ops.reduction.unsorted_segment_sum(dy.values, dy.indices, rows[0])
    return [None] * count + [ops.array.gather(dy, places) for places in op.inputs[:count]]


def dynamic_stitch(indices: Sequence[Any], data: Sequence[Any], name: str | None = None) -> Tensor:
    """Puts slices together by their indices: `merged[indices[m][i, ...]] = data[m][i, ...]`.

    Args:
      indices: a list of int32 tensors; where an index occurs twice, the last one wins.
      data: as many tensors, each of a shape that begins with that of its indices.
      name: the node's name.

    Returns:
      A tensor as long as the largest index needs; rows that no index names are zero.
    """
    tensor: Tensor = dynamic_stitch_op(indices, data, name=name)
    return tensor


def parallel_dynamic_stitch(
    indices: Sequence[Any], data: Sequence[Any], name: str | None = None
) -> Tensor:
    """`dynamic_stitch`, without a promise which slice of equal indices wins."""
    tensor: Tensor = parallel_dynamic_stitch_op(indices, data, name=name)
    return tensor
