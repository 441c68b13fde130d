"""Sizes of states and outputs: ints, TensorShapes or tensors, to which the batch's is added."""

from __future__ import annotations

from typing import Any

from ...core import ops
from ...core.base import dtypes, nest
from ...core.base.tensor_shape import TensorShape, as_shape
from ...core.graph.constant_value import constant_value
from ...core.graph.tensor import Tensor


def joined_shape(prefix: Any, suffix: Any) -> Tensor:
    """The shape of `prefix` and `suffix`, one after the other, as a tensor.

    Args:
      prefix: an int, TensorShape or int tensor of rank 0 or 1; mostly the size of the batch.
      suffix: the same.

    Raises:
      ValueError: one is of unknown size, or a tensor of higher rank.
    """
    parts = [_as_vector(prefix, "prefix"), _as_vector(suffix, "suffix")]
    if any(part is None for part in parts):
        raise ValueError(f"Provided a prefix or suffix of None: {prefix} and {suffix}")
    joined: Tensor = ops.array.concat(parts, 0)
    return joined


def joined_static_shape(prefix: Any, suffix: Any) -> TensorShape:
    """As `joined_shape`, as far as it is known while the graph is built."""
    return static_shape(prefix).concatenate(static_shape(suffix))


def static_shape(size: Any) -> TensorShape:
    """What is known of a size while the graph is built."""
    if not isinstance(size, Tensor):
        return as_shape(size)
    value = constant_value(size)
    if value is not None:
        return as_shape(value.tolist())
    if size.shape.ndims == 0:
        return TensorShape([None])
    length = size.shape[0].value if size.shape.ndims == 1 else None
    return TensorShape(None if length is None else [None] * length)


def _as_vector(size: Any, role: str) -> Tensor | None:
    if not isinstance(size, Tensor):
        shape = as_shape(size)
        if not shape.is_fully_defined():
            return None
        vector: Tensor = ops.array.constant(shape.as_list(), dtype=dtypes.int32)
        return vector
    if size.shape.ndims == 0:
        expanded: Tensor = ops.array.expand_dims(size, 0)
        return expanded
    if size.shape.ndims != 1:
        raise ValueError(f"{role} tensor must be either a scalar or vector, but saw tensor: {size}")
    return size


def zero_state_tensors(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros, nested as the sizes of a state are.

    Args:
      state_size: an int or TensorShape, or a nesting of them.
      batch_size: an int or int scalar.
      dtype: the type of all of them.
    """

    def zeros(size: Any) -> Tensor:
        made: Tensor = ops.array.zeros(joined_shape(batch_size, size), dtype=dtype)
        made.set_shape(joined_static_shape(batch_size, size))
        return made

    return nest.map_structure(zeros, state_size)
