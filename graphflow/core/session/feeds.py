"""Feeds: from a feed_dict to checked arrays, one per fed tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..base import dtypes
from ..graph.array_from_python import array_from_python
from ..graph.graph import Graph
from ..graph.indexed_slices import IndexedSlices, SparseTensor
from ..graph.operation import Operation
from ..graph.tensor import Tensor


def read_feeds(graph: Graph, feed_dict: Any) -> dict[Tensor, Any]:
    """The arrays that a `feed_dict` feeds.

    Args:
      graph: the session's graph.
      feed_dict: from tensors (or their names, or SparseTensors, or nestings of these) to values.

    Raises:
      TypeError: a key is no tensor, or a value is one or has the wrong type.
      ValueError: a value has a shape that its tensor cannot have, or the tensor may not be fed.
    """
    feeds: dict[Tensor, Any] = {}
    if not isinstance(feed_dict, Mapping):
        raise TypeError(f"feed_dict must be a dictionary, got {feed_dict!r}")
    for key, value in feed_dict.items():
        for part, part_value in _parts(key, value):
            tensor = as_fed_tensor(graph, part)
            feeds[tensor] = feed_array(tensor, part_value)
    return feeds


def _parts(key: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """A composite key with its value, as pairs of single ones."""
    if isinstance(key, SparseTensor):
        parts: list[Any] = [key.indices, key.values, key.dense_shape]
        yield from _pairs(key, parts, value, "SparseTensorValue(indices, values, dense_shape)")
    elif isinstance(key, IndexedSlices):
        parts = [p for p in (key.values, key.indices, key.dense_shape) if p is not None]
        given = [p for p in value if p is not None] if isinstance(value, tuple | list) else value
        yield from _pairs(key, parts, given, "IndexedSlicesValue(values, indices, dense_shape)")
    elif isinstance(key, tuple | list):
        for sub_key, sub_value in _pairs(key, key, value, "a value for each tensor of the key"):
            yield from _parts(sub_key, sub_value)
    else:
        yield key, value


def _pairs(key: Any, parts: Sequence[Any], value: Any, wanted: str) -> Iterator[tuple[Any, Any]]:
    try:
        values = list(value)
    except TypeError:
        raise TypeError(f"Cannot feed {_shown(value)} for {key!r}: expected {wanted}") from None
    if len(values) != len(parts):
        raise ValueError(
            f"Cannot feed {_shown(value)} for {key!r}: it has {len(values)} elements where "
            f"{len(parts)} are expected, {wanted}"
        )
    return zip(parts, values, strict=True)


def as_fed_tensor(graph: Graph, key: Any) -> Tensor:
    """The tensor a feed's key means.

    Raises:
      TypeError: it means none.
      ValueError: it may not be fed.
    """
    try:
        tensor = graph.as_graph_element(key, allow_operation=False)
    except (TypeError, ValueError, KeyError) as e:
        if isinstance(key, Operation):
            reason = f"{key.name!r} is an Operation: feed one of its outputs"
        else:
            reason = str(e.args[0])
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {reason}") from None
    if not graph.is_feedable(tensor):
        raise ValueError(f"Tensor {tensor.name} may not be fed.")
    assert isinstance(tensor, Tensor)
    return tensor


def feed_array(tensor: Tensor, value: Any) -> Any:
    """A fed value as the array its tensor takes; an array of the right type is not copied."""
    if isinstance(value, Tensor):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
            f"Python scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the "
            f"tensor object was {value!r} which was passed to the feed with key {tensor!r}."
        )
    dtype = tensor.dtype.base_dtype
    if dtype in (dtypes.resource, dtypes.variant):
        return value
    array = _typed(tensor, dtype, value)
    if not tensor.shape.is_compatible_with(array.shape):
        raise ValueError(
            f"Cannot feed value of shape {array.shape} for Tensor {tensor.name!r}, which has shape "
            f"{str(tensor.shape)!r} (made at {tensor.op.user_frame}: {tensor.op.user_frame.line})"
        )
    return array


def _typed(tensor: Tensor, dtype: dtypes.DType, value: Any) -> np.ndarray:
    numpy_type = dtype.as_numpy_dtype
    if isinstance(value, np.ndarray) and value.dtype == numpy_type and dtype != dtypes.string:
        return value
    try:
        if dtype == dtypes.string:
            return array_from_python(np.asarray(value, dtype=object), dtype)
        array = np.asarray(value, dtype=numpy_type)
    except (TypeError, ValueError, OverflowError) as e:
        if isinstance(value, int):
            raise _does_not_hold(tensor, value) from None
        raise type(e)(
            f"Cannot feed {_shown(value)} for Tensor {tensor.name!r} of type {dtype.name}: {e} "
            f"(made at {tensor.op.user_frame}: {tensor.op.user_frame.line})"
        ) from None
    if isinstance(value, int) and not isinstance(value, bool) and array != value:
        raise _does_not_hold(tensor, value)
    return array


def _does_not_hold(tensor: Tensor, value: int) -> TypeError:
    frame, dtype = tensor.op.user_frame, tensor.dtype.base_dtype
    hint = "Try explicitly setting the type of the feed tensor to a larger type (e.g. int64)."
    if dtype == dtypes.string:
        hint = "Expected a string: str or bytes."
    return TypeError(
        f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type "
        f"{dtype.as_numpy_dtype}. {hint} It is {tensor.name!r}, made at {frame}: {frame.line}"
    )


def _shown(value: Any) -> str:
    """A value in a message, not all of it if it is long."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
