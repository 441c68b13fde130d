"""How large variables are cut: functions from shape and type to the number of parts per axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..base import dtypes
from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape

Partitioner = Callable[..., Sequence[int]]


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """Cuts an axis into a fixed number of parts, or as many as it has elements.

    Args:
      num_shards: the number of parts.
      axis: the axis to cut.
    """

    def partitioner(shape: TensorShape, **_: Any) -> list[int]:
        partitions = [1] * len(shape)
        partitions[axis] = min(num_shards, _size(shape, axis))
        return partitions

    return partitioner


def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Partitioner:
    """Cuts an axis so that no part is larger than some number of bytes.

    Args:
      max_shard_bytes: the largest size of a part, if a single slice is not larger.
      axis: the axis to cut.
      bytes_per_string_element: an estimate of the size of strings.
      max_shards: the largest number of parts.

    Raises:
      ValueError: a bound is not positive.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: TensorShape, dtype: DType) -> list[int]:
        if not isinstance(shape, TensorShape):
            raise ValueError(f"shape is not a TensorShape: {shape}")
        if not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        if not isinstance(dtype, DType):
            raise ValueError(f"dtype is not a DType: {dtype}")
        count, size = shape.num_elements() or 0, _size(shape, axis)
        slice_bytes = count / size * _element_bytes(dtype, bytes_per_string_element)
        slices_per_shard = max(1, math.floor(max_shard_bytes / slice_bytes))
        shards = math.ceil(size / slices_per_shard)
        partitions = [1] * len(shape)
        partitions[axis] = min(max_shards, shards) if max_shards else shards
        return partitions

    return partitioner


def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Partitioner:
    """Cuts an axis into as many parts as there are `min_slice_size` bytes, up to a maximum.

    Args:
      max_partitions: the largest number of parts.
      axis: the axis to cut.
      min_slice_size: the smallest size of a part in bytes.
      bytes_per_string_element: an estimate of the size of strings.
    """

    def partitioner(shape: TensorShape, dtype: DType) -> list[int]:
        if axis >= len(shape):
            raise ValueError(
                f"Can not partition variable along axis {axis} when shape is only {shape}"
            )
        total = (shape.num_elements() or 0) * _element_bytes(dtype, bytes_per_string_element)
        partitions = [1] * len(shape)
        wanted = math.ceil(total / min_slice_size)
        partitions[axis] = max(1, min(_size(shape, axis), max_partitions, wanted))
        return partitions

    return partitioner


def _size(shape: TensorShape, axis: int) -> int:
    size = shape.as_list()[axis]
    assert size is not None, "partitioners get fully defined shapes"
    return size


def _element_bytes(dtype: DType, bytes_per_string: int) -> int:
    return bytes_per_string if dtype.base_dtype == dtypes.string else dtype.size


def checked_partitions(partitioner: Any, shape: TensorShape, dtype: DType) -> list[int]:
    """What a partitioner gives for a variable.

    Raises:
      ValueError: it cannot be applied, or what it gives is no cut along one axis.
    """
    if not callable(partitioner):
        raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {shape}."
        )
    if shape.ndims == 0:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    slicing = partitioner(shape=shape, dtype=dtype)
    if not isinstance(slicing, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {slicing}")
    if len(slicing) != shape.ndims:
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{slicing} vs. {shape}"
        )
    if any(count < 1 for count in slicing):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {slicing}")
    if sum(count > 1 for count in slicing) > 1:
        raise ValueError(
            f"Can only slice a variable along one dimension: shape: {shape}, partitioning: "
            f"{slicing}"
        )
    return list(slicing)


def slices(shape: Sequence[int], partitions: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """(offset, shape) of each part; the first parts take what is left over."""
    axis = next((i for i, count in enumerate(partitions) if count > 1), 0)
    least, excess = divmod(shape[axis], partitions[axis])
    offset = [0] * len(shape)
    result = []
    for index in range(partitions[axis]):
        part = list(shape)
        part[axis] = least + (index < excess)
        result.append((list(offset), part))
        offset[axis] += part[axis]
    return result
